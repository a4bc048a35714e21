// The service blasty.v1.Server.
#pragma once

#include <string>

#include "blasty/v1/server.grpc.pb.h"
#include "engine/engine.h"
#include "rpc/task_group.h"

namespace blasty::rpc {

// Thread-safe. Engine and executor must outlive it.
class ServerService final : public v1::Server::WithCallbackMethod_GetInfo<v1::Server::Service> {
  public:
    struct Options {
        std::string version;
        uint64_t message_bytes_max;
    };
    ServerService(engine::Engine& engine, TaskGroup& admin, Options options)
        : engine_(engine), admin_(admin), options_(std::move(options)) {}

    grpc::ServerUnaryReactor* GetInfo(grpc::CallbackServerContext*, const v1::GetInfoRequest*,
                                      v1::ServerInfo*) override;

  private:
    engine::Engine& engine_;
    TaskGroup& admin_;
    const Options options_;
};

// Resident memory of this process, 0 when the system does not tell.
uint64_t ResidentBytes();

}  // namespace blasty::rpc
