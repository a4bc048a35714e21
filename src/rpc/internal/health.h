// Keeps grpc.health.v1 true: SERVING means that the log can commit now, asked about each second.
#pragma once

#include <grpcpp/health_check_service_interface.h>

#include <memory>

#include "engine/engine.h"
#include "exec/executor.h"

namespace blasty::rpc {

// Thread-safe. Arguments must outlive Stop; the executor may hold a task that does nothing any
// more.
class HealthReporter {
  public:
    HealthReporter(engine::Engine& engine, exec::Executor& executor,
                   grpc::HealthCheckServiceInterface& service);
    // Stops.
    ~HealthReporter();
    // NOT_SERVING for good.
    void Stop();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace blasty::rpc
