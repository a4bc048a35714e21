#include "rpc/internal/health.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "blasty/v1/live.grpc.pb.h"
#include "blasty/v1/search.grpc.pb.h"
#include "blasty/v1/server.grpc.pb.h"
#include "blasty/v1/sql.grpc.pb.h"
#include "blasty/v1/topics.grpc.pb.h"
#include "rpc/internal/limits.h"
#include "rpc/writing_call.h"

namespace blasty::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

constexpr int64_t kPollUs = 1'000'000;

bool IsKnown(std::string_view service) {
    static constexpr const char* kServices[] = {"",
                                                v1::Topics::service_full_name(),
                                                v1::Sql::service_full_name(),
                                                v1::Live::service_full_name(),
                                                v1::Search::service_full_name(),
                                                v1::Server::service_full_name(),
                                                "proximo.MessageSource",
                                                "proximo.MessageSink"};
    return std::ranges::find(kServices, service) != std::end(kServices);
}

}  // namespace

// One Watch call.
class HealthWatch final : public WriteStream<HealthCheckResponse> {
  public:
    HealthWatch(grpc::CallbackServerContext& context, HealthService& service, bool known)
        : WritingCall(context, service.streams_), service_(service), known_(known) {}

    // Tells the status, when it is not known to the client. While a write is in flight: after it.
    void Send() {
        MutexLock lock(mutex_);
        // Read here, so that no older status comes behind a newer one.
        const auto status = known_ ? service_.Current() : HealthCheckResponse::SERVICE_UNKNOWN;
        if (told_ == status) return;
        HealthCheckResponse response;
        response.set_status(status);
        if (Write(std::move(response))) told_ = status;
    }
    void OnStop() override { End(ServerStopping()); }

  private:
    void OnBegin() override {
        if (service_.Add(std::static_pointer_cast<HealthWatch>(shared_from_this()))) return Send();
        End(MakeError(
            StatusCode::kResourceExhausted, "LIMIT_REACHED",
            StrCat(kHealthWatchesMax,
                   " calls watch the health already; end some, or ask with Check now and then")));
    }
    void OnWritten() override { Send(); }
    void OnEnd() override { service_.Remove(this); }

    HealthService& service_;
    const bool known_;
    Mutex mutex_;
    std::optional<HealthCheckResponse::ServingStatus> told_ ABSL_GUARDED_BY(mutex_);
};

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (IsKnown(request->service())) {
        response->set_status(Current());
        reactor->Finish(grpc::Status::OK);
    } else {
        reactor->Finish(ToGrpc(
            MakeError(StatusCode::kNotFound, "SERVICE_NOT_FOUND",
                      StrCat("there is no service '", Printable(request->service(), 200),
                             "'; reflection lists them, an empty name stands for the server")),
            *context));
    }
    return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
    return std::make_shared<HealthWatch>(*context, *this, IsKnown(request->service()))->Begin();
}

HealthCheckResponse::ServingStatus HealthService::Current() {
    MutexLock lock(mutex_);
    return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::Set(bool serving) {
    std::vector<std::shared_ptr<HealthWatch>> watches;
    {
        MutexLock lock(mutex_);
        if (serving_ == serving) return;
        serving_ = serving;
        watches = watches_;
    }
    for (const auto& watch : watches) watch->Send();
}

bool HealthService::Add(std::shared_ptr<HealthWatch> watch) {
    MutexLock lock(mutex_);
    if (watches_.size() >= kHealthWatchesMax) return false;
    watches_.push_back(std::move(watch));
    return true;
}

void HealthService::Remove(const HealthWatch* watch) {
    std::shared_ptr<HealthWatch> last;  // destroyed after the lock
    MutexLock lock(mutex_);
    const auto found = std::ranges::find(watches_, watch, &std::shared_ptr<HealthWatch>::get);
    if (found == watches_.end()) return;
    last.swap(*found);
    watches_.erase(found);
}

struct HealthReporter::State : std::enable_shared_from_this<HealthReporter::State> {
    State(engine::Engine& the_engine, exec::Executor& the_executor, HealthService& the_service)
        : engine(the_engine), executor(the_executor), service(the_service) {}

    void Poll() {
        {
            MutexLock lock(mutex);
            if (stopped) return;
            service.Set(engine.health().ok());
        }
        executor.PostAfter(kPollUs, [weak = weak_from_this()] {
            if (const auto state = weak.lock()) state->Poll();
        });
    }

    engine::Engine& engine;
    exec::Executor& executor;
    HealthService& service;
    Mutex mutex;  // held while the engine is asked: Stop waits for that
    bool stopped ABSL_GUARDED_BY(mutex) = false;
};

HealthReporter::HealthReporter(engine::Engine& engine, exec::Executor& executor,
                               HealthService& service)
    : state_(std::make_shared<State>(engine, executor, service)) {
    state_->Poll();
}

HealthReporter::~HealthReporter() { Stop(); }

void HealthReporter::Stop() {
    MutexLock lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
    state_->service.Set(false);
}

}  // namespace blasty::rpc
