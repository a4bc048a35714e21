#include "client/live.h"

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "blasty/v1/live.grpc.pb.h"
#include "client/internal/live_impl.h"

namespace blasty::client {

LiveClient::LiveClient(Client& client, LiveClientOptions options)
    : impl_(std::make_shared<Impl>(client.core(), std::move(options))) {}

LiveClient::~LiveClient() { impl_->Close(); }

uint64_t LiveClient::Subscribe(v1::Subscribe request, LiveCallback callback) {
    auto subscription = std::make_shared<Impl::Subscription>();
    subscription->received = request.resume();
    subscription->handed_out = request.resume();
    subscription->request = std::move(request);
    subscription->callback = std::move(callback);
    return impl_->Begin(std::move(subscription));
}

void LiveClient::Unsubscribe(uint64_t subscription) {
    MutexLock lock(impl_->mutex);
    if (impl_->subscriptions.erase(subscription) == 0) return;
    size_t dropped = 0;
    std::erase_if(impl_->incoming, [&](const Impl::Incoming& incoming) {
        if (incoming.batch.subscription != subscription) return false;
        dropped += incoming.bytes;
        return true;
    });
    impl_->incoming_bytes -= dropped;
    v1::SubscribeRequest request;
    request.mutable_unsubscribe()->set_subscription(subscription);
    impl_->Send(request);
    impl_->ResumeReading();
    impl_->changed.SignalAll();
}

Result<NextResult> LiveClient::Next(LiveBatch* batch, int64_t timeout_us) {
    const int64_t until = SystemClock().MonotonicMicros() + timeout_us;
    Impl& impl = *impl_;
    MutexLock lock(impl.mutex);
    while (true) {
        if (impl.cancelled) {
            return MakeError(StatusCode::kCancelled, "CANCELLED", "the client was cancelled");
        }
        if (!impl.incoming.empty()) break;
        if (impl.ended) return impl.end_status;
        if (impl.NothingLeft()) return NextResult::kEnd;
        const int64_t left = until - SystemClock().MonotonicMicros();
        if (left <= 0) return NextResult::kTimeout;
        impl.changed.WaitFor(impl.mutex, left);
    }
    Impl::Incoming first = std::move(impl.incoming.front());
    impl.incoming.pop_front();
    impl.incoming_bytes -= first.bytes;
    for (const v1::Event& event : first.batch.events) {
        if (!event.token().empty()) first.subscription->handed_out = event.token();
    }
    *batch = std::move(first.batch);
    if (Impl::HoldsError(*batch)) impl.subscriptions.erase(batch->subscription);
    impl.ResumeReading();
    return NextResult::kBatch;
}

std::string LiveClient::token(uint64_t subscription) const {
    MutexLock lock(impl_->mutex);
    const auto found = impl_->subscriptions.find(subscription);
    return found == impl_->subscriptions.end() ? "" : found->second->handed_out;
}

Status LiveClient::status() const {
    MutexLock lock(impl_->mutex);
    return impl_->ended ? impl_->end_status : OkStatus();
}

void LiveClient::Cancel() {
    MutexLock lock(impl_->mutex);
    impl_->cancelled = true;
    impl_->changed.SignalAll();
}

Result<v1::ExplainResponse> LiveClient::Explain(const v1::Statement& query) {
    internal::Core& core = *impl_->core;
    core.ConnectNow(true);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::microseconds(core.options.call_timeout_us));
    v1::ExplainRequest request;
    *request.mutable_query() = query;
    v1::ExplainResponse response;
    const auto stub = v1::Live::NewStub(core.channel);
    const grpc::Status status = stub->Explain(&context, request, &response);
    if (!status.ok()) return internal::FromGrpc(status, context, core.options.server);
    return response;
}

}  // namespace blasty::client
