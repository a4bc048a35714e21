// grpc.health.v1: SERVING means that the log can commit now, asked about each second.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "engine/engine.h"
#include "exec/executor.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/stream_set.h"

namespace blasty::rpc {

class HealthWatch;

// Thread-safe. `streams` must outlive it.
class HealthService final : public grpc::health::v1::Health::CallbackService {
  public:
    explicit HealthService(StreamSet& streams) : streams_(streams) {}

    grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                    const grpc::health::v1::HealthCheckRequest* request,
                                    grpc::health::v1::HealthCheckResponse* response) override;
    grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
        grpc::CallbackServerContext* context,
        const grpc::health::v1::HealthCheckRequest* request) override;

    // Of all services. NOT_SERVING until first told.
    void Set(bool serving);

  private:
    friend class HealthWatch;
    grpc::health::v1::HealthCheckResponse::ServingStatus Current();
    // False: there are too many.
    bool Add(std::shared_ptr<HealthWatch> watch);
    void Remove(const HealthWatch* watch);

    StreamSet& streams_;
    Mutex mutex_;
    bool serving_ ABSL_GUARDED_BY(mutex_) = false;
    std::vector<std::shared_ptr<HealthWatch>> watches_ ABSL_GUARDED_BY(mutex_);
};

// Keeps a HealthService true. Thread-safe. Arguments must outlive Stop; the executor may hold a
// task that does nothing any more.
class HealthReporter {
  public:
    HealthReporter(engine::Engine& engine, exec::Executor& executor, HealthService& service);
    // Stops.
    ~HealthReporter();
    // NOT_SERVING for good.
    void Stop();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace blasty::rpc
