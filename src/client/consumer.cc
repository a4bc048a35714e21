#include "client/consumer.h"

#include <algorithm>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "client/internal/consumer_impl.h"

namespace blasty::client {
namespace {

Status Cancelled() {
    return MakeError(StatusCode::kCancelled, "CANCELLED", "the consumer was cancelled");
}

std::shared_ptr<const std::string> Encode(const v1::ConsumeRequest& request) {
    return std::make_shared<std::string>(request.SerializeAsString());
}

}  // namespace

Consumer::Consumer(Client& client, ConsumerOptions options)
    : impl_(std::make_shared<Impl>(client.core(), std::move(options))) {
    impl_->core->ConnectNow(true);
    impl_->Connect();
}

Consumer::~Consumer() { impl_->Close(); }

Result<NextResult> Consumer::Next(ConsumedBatch* batch, int64_t timeout_us) {
    Impl& impl = *impl_;
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(impl.mutex);
    for (;;) {
        if (impl.cancelled) return Cancelled();
        const bool readable = !impl.ended || impl.end_status.ok() || !impl.member();
        if (!impl.incoming.empty() && readable) {
            impl.HandOut(batch);
            if (!batch->messages.empty()) return NextResult::kBatch;
            continue;
        }
        if (impl.ended) {
            if (impl.end_status.ok()) return NextResult::kEnd;
            return impl.end_status;
        }
        const int64_t left = end - SystemClock().MonotonicMicros();
        if (left <= 0) return NextResult::kTimeout;
        impl.changed.WaitFor(impl.mutex, left);
    }
}

void Consumer::Cancel() {
    MutexLock lock(impl_->mutex);
    impl_->cancelled = true;
    impl_->changed.SignalAll();
}

void Consumer::Ack(std::span<const uint64_t> sequences) {
    MutexLock lock(impl_->mutex);
    impl_->acks.Ack(sequences);
    impl_->Pump();
}

void Consumer::Nack(uint64_t sequence, int64_t delay_us) {
    v1::ConsumeRequest request;
    request.mutable_nack()->set_sequence(sequence);
    request.mutable_nack()->set_delay_us(delay_us);
    MutexLock lock(impl_->mutex);
    impl_->outgoing.push_back(Encode(request));
    impl_->Pump();
}

void Consumer::Extend(uint64_t sequence) {
    v1::ConsumeRequest request;
    request.mutable_extend()->set_sequence(sequence);
    MutexLock lock(impl_->mutex);
    impl_->outgoing.push_back(Encode(request));
    impl_->Pump();
}

Status Consumer::FlushAcks(int64_t timeout_us) {
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(impl_->mutex);
    while (!impl_->acks.idle() || (impl_->writing && impl_->usable)) {
        if (impl_->ended) return impl_->end_status;
        const int64_t left = end - SystemClock().MonotonicMicros();
        if (left <= 0) {
            return MakeError(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                             StrCat("acks are not confirmed by ", impl_->core->options.server));
        }
        impl_->changed.WaitFor(impl_->mutex, std::min<int64_t>(left, 50'000));
    }
    if (const uint64_t uncertain = impl_->acks.TakeUncertain(); uncertain > 0) {
        return MakeError(StatusCode::kUnavailable, "ACK_UNCERTAIN",
                         StrCat("the connection was lost before ", uncertain,
                                " acks were confirmed; their messages may come again"));
    }
    return OkStatus();
}

uint64_t Consumer::position() const {
    MutexLock lock(impl_->mutex);
    return impl_->position;
}

bool Consumer::inbox_created() const {
    MutexLock lock(impl_->mutex);
    return impl_->created;
}

Status Consumer::WaitStarted(int64_t timeout_us) {
    const int64_t end = SystemClock().MonotonicMicros() + timeout_us;
    MutexLock lock(impl_->mutex);
    while (!impl_->started) {
        if (impl_->ended && !impl_->end_status.ok()) return impl_->end_status;
        if (impl_->ended) return OkStatus();
        const int64_t left = end - SystemClock().MonotonicMicros();
        if (left <= 0) {
            return MakeError(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                             StrCat("no answer from ", impl_->core->options.server, " in time"));
        }
        impl_->changed.WaitFor(impl_->mutex, left);
    }
    return OkStatus();
}

}  // namespace blasty::client
