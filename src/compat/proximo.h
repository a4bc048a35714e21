// Proximo's two services over our topics and inboxes, so that its clients work unchanged. Facts of
// the protocol and our differences on purpose: docs/proximo.md.
#pragma once

#include <memory>

#include "engine/engine.h"
#include "exec/executor.h"

namespace grpc {
class Service;
}

namespace blasty::compat {

// Owns what the services share. `services()` go to rpc::RpcServerOptions::extra_services. Engine
// and executor must outlive it. `blocking` runs what may wait for the disk.
class Proximo {
  public:
    Proximo(engine::Engine& engine, exec::Executor& blocking);
    ~Proximo();
    grpc::Service* source();
    grpc::Service* sink();
    // Ends every stream; call before RpcServer::Stop.
    void Stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::compat
