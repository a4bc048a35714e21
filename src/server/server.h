// A whole server in this process: engine, pools and listeners, started and stopped in order.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "engine/engine.h"
#include "server/config.h"

namespace blasty::server {

inline constexpr std::string_view kVersion = "0.1.0";

class Server {
  public:
    // Errors of config.h, engine::Engine::Open and rpc::RpcServer::Start. DATA_DIRECTORY_IN_USE
    // names the process that has it, when known.
    static Result<std::unique_ptr<Server>> Start(const ServeOptions& options);
    // Stops.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const;
    // Where clients connect: "127.0.0.1:6868".
    const std::string& address() const;
    // Absolute.
    const std::string& data_directory() const;
    engine::Engine& engine();
    // Ends calls, makes everything durable, closes. Idempotent.
    void Stop();

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::server
