// The gRPC edge: blasty.v1 on one port with health and reflection, and services of other protocols
// beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"
#include "exec/executor.h"

namespace grpc {
class Service;
}

namespace blasty::rpc {

struct RpcServerOptions {
    std::string listen = "127.0.0.1:6868";  // port 0: any free one
    uint64_t message_bytes_max = topics::kMessageBytesDefault;
    int send_shards = 0;   // threads that feed consume streams; 0: one per core, at most 8
    int read_threads = 4;  // run SELECTs: as many as tables::TablesOptions::readers
    // A query that waits for its client holds a connection of the pool, a backup holds disk space:
    // they are ended after so long without a byte taken (QUERY_IDLE, BACKUP_STALLED).
    int64_t client_idle_us = 30'000'000;
    std::string version = "0.1.0";
    std::vector<grpc::Service*> extra_services;  // must outlive the server (see src/compat)
};

// Thread-safe. Engine, executor and services must outlive it.
class RpcServer {
  public:
    // ADDRESS_IN_USE (ALREADY_EXISTS), INVALID_ADDRESS (INVALID_ARGUMENT). `admin` runs what may
    // block.
    static Result<std::unique_ptr<RpcServer>> Start(engine::Engine& engine, exec::Executor& admin,
                                                    const RpcServerOptions& options);
    ~RpcServer();
    RpcServer(const RpcServer&) = delete;
    RpcServer& operator=(const RpcServer&) = delete;

    int port() const;
    // Health becomes NOT_SERVING, no new calls, streams end with UNAVAILABLE / SERVER_STOPPING,
    // what is still running after `grace` is cancelled. Returns when all calls are done.
    void Stop(std::chrono::milliseconds grace);

  private:
    struct Impl;
    explicit RpcServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::rpc
