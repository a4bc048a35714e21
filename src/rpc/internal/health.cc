#include "rpc/internal/health.h"

#include <optional>

#include "base/mutex.h"

namespace blasty::rpc {
namespace {

constexpr int64_t kPollUs = 1'000'000;
constexpr const char* kServices[] = {"", "blasty.v1.Topics", "blasty.v1.Server",
                                     "proximo.MessageSource", "proximo.MessageSink"};

}  // namespace

struct HealthReporter::State : std::enable_shared_from_this<HealthReporter::State> {
    State(engine::Engine& the_engine, exec::Executor& the_executor,
          grpc::HealthCheckServiceInterface& the_service)
        : engine(the_engine), executor(the_executor), service(the_service) {}

    void Poll() {
        {
            MutexLock lock(mutex);
            if (stopped) return;
            const bool healthy = engine.health().ok();
            if (told != healthy) {
                told = healthy;
                for (const char* name : kServices) service.SetServingStatus(name, healthy);
            }
        }
        executor.PostAfter(kPollUs, [weak = weak_from_this()] {
            if (const auto state = weak.lock()) state->Poll();
        });
    }

    engine::Engine& engine;
    exec::Executor& executor;
    grpc::HealthCheckServiceInterface& service;
    Mutex mutex;  // held while the engine is asked: Stop waits for that
    bool stopped ABSL_GUARDED_BY(mutex) = false;
    std::optional<bool> told ABSL_GUARDED_BY(mutex);
};

HealthReporter::HealthReporter(engine::Engine& engine, exec::Executor& executor,
                               grpc::HealthCheckServiceInterface& service)
    : state_(std::make_shared<State>(engine, executor, service)) {
    state_->Poll();
}

HealthReporter::~HealthReporter() { Stop(); }

void HealthReporter::Stop() {
    MutexLock lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
    state_->service.Shutdown();
}

}  // namespace blasty::rpc
