#include "live/internal/session_impl.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::live::internal {
namespace {

int64_t IntervalOf(const SubscribeOptions& options) {
    int64_t interval = std::max<int64_t>(0, options.coalesce_us);
    if (options.batches_per_second_max > 0)
        interval = std::max<int64_t>(interval, 1'000'000 / options.batches_per_second_max);
    return interval;
}

size_t BufferOf(const SubscribeOptions& options, const LiveOptions& limits) {
    if (options.buffer_bytes_max == 0) return limits.buffer_bytes_max;
    return std::min(options.buffer_bytes_max, limits.buffer_bytes_max);
}

bool IsReset(const EventBatch& batch) {
    return batch.events.size() == 1 && batch.events.front().kind == EventKind::kReset;
}

EventBatchPtr ErrorBatch(const Status& status) {
    return MarkBatch(EventKind::kError, Sequence(), ReasonOf(status),
                     std::string(MessageOf(status)));
}

}  // namespace

Status SessionCore::Subscribe(uint64_t id, const SubscribeOptions& options) {
    const int64_t interval = IntervalOf(options);
    // Coalescing tells by the old values that nothing changed in the end.
    const SubscriptionOptions kept{options.old_values || interval > 0, options.progress,
                                   options.rows_max, BufferOf(options, core_.options), interval};
    auto subscription = std::make_shared<Subscription>(id, kept, shared_from_this());
    auto start = std::make_unique<Start>();
    start->subscription = subscription;
    start->generation = 1;
    start->query = options.query;
    start->at_least = options.at_least;
    Status refused = core_.health();
    if (refused.ok() && !options.resume.empty()) {
        auto token = ParseToken(options.resume);
        refused = token.status();
        if (token.ok()) {
            start->token = *token;
            // A progress at the token itself says that nothing happened meanwhile.
            if (token->taken == 0 && token->sequence.value() > 0)
                subscription->told = Sequence(token->sequence.value() - 1);
        }
    }
    {
        MutexLock lock(mutex_);
        if (closed_ || subscriptions_.contains(id))
            return MakeError(StatusCode::kAlreadyExists, "ID_IN_USE",
                             StrCat("subscription ", id,
                                    " is in use on this stream; end it first or choose another"));
        subscriptions_.emplace(id, subscription);
        subscription->generation = 1;
        subscription->starting = true;
    }
    if (core_.counters.subscriptions.fetch_add(1) >= core_.options.subscriptions_max &&
        refused.ok())
        refused = MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                            StrCat("there are ", core_.options.subscriptions_max,
                                   " subscriptions, as many as may be; end some"));
    if (refused.ok())
        core_.starts.Push(std::move(start));
    else
        End(subscription, ErrorBatch(refused));
    return OkStatus();
}

void SessionCore::Unsubscribe(uint64_t id) {
    MutexLock lock(mutex_);
    const auto it = subscriptions_.find(id);
    if (it == subscriptions_.end()) return;
    const SubscriptionPtr subscription = it->second;
    Forget(subscription);
}

void SessionCore::Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    std::vector<SubscriptionPtr> all;
    for (const auto& [id, subscription] : subscriptions_) all.push_back(subscription);
    for (const SubscriptionPtr& subscription : all) Forget(subscription);
    ready_.clear();
    while (waking_ > 0) woken_.Wait(mutex_);
}

void SessionCore::Forget(const SubscriptionPtr& subscription) {
    subscriptions_.erase(subscription->id);
    DropOwn(*subscription);
    subscription->ready = false;
    subscription->starting = true;
    subscription->feed.reset();
    ++subscription->generation;
    core_.counters.subscriptions.fetch_sub(1);
    if (!subscription->ended.exchange(true)) core_.inbox.Post(Detach{subscription});
}

void SessionCore::DropOwn(Subscription& subscription) {
    size_t bytes = 0;
    for (const EventBatchPtr& batch : subscription.own) bytes += batch->bytes;
    subscription.own.clear();
    subscription.skip = 0;
    subscription.middle.reset();
    core_.counters.own_bytes.fetch_sub(bytes);
}

void SessionCore::MakeReady(const SubscriptionPtr& subscription) {
    if (subscription->ready || closed_) return;
    subscription->ready = true;
    ready_.push_back(subscription);
}

bool SessionCore::DueNow(const SubscriptionPtr& subscription) {
    if (subscription->options.interval_us == 0 || !subscription->own.empty()) return true;
    if (core_.clock.MonotonicMicros() >= subscription->due_us) return true;
    core_.timers.Add(subscription->due_us, subscription);
    core_.inbox.Poke();
    return false;
}

void SessionCore::WakeIfArmed() {
    {
        MutexLock lock(mutex_);
        if (!armed_ || closed_ || ready_.empty()) return;
        armed_ = false;
        ++waking_;
    }
    wake_();
    MutexLock lock(mutex_);
    if (--waking_ == 0) woken_.SignalAll();
}

void SessionCore::Published(const SubscriptionPtr& subscription, Sequence base) {
    {
        MutexLock lock(mutex_);
        if (!subscription->waiting || subscription->ended.load()) return;
        subscription->waiting = false;
        subscription->taken = std::max(subscription->taken, base);
        if (!DueNow(subscription)) return;
        MakeReady(subscription);
    }
    WakeIfArmed();
}

void SessionCore::Due(const SubscriptionPtr& subscription) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load()) return;
        MakeReady(subscription);
    }
    WakeIfArmed();
}

void SessionCore::Deliver(const SubscriptionPtr& subscription, uint64_t generation, Onward onward) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load() || subscription->generation != generation) return;
        // A reset may still be there: it comes first.
        size_t bytes = 0;
        for (EventBatchPtr& batch : onward.batches) {
            bytes += batch->bytes;
            subscription->own.push_back(std::move(batch));
        }
        core_.counters.own_bytes.fetch_add(bytes);
        subscription->skip = onward.skip;
        subscription->middle = onward.middle;
        subscription->feed = std::move(onward.feed);
        subscription->reader = onward.reader;
        subscription->taken = onward.from;
        subscription->starting = false;
        subscription->waiting = false;
        MakeReady(subscription);
    }
    WakeIfArmed();
}

StartPtr SessionCore::Restart(const SubscriptionPtr& subscription, const EventBatchPtr& reset) {
    auto start = std::make_unique<Start>();
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load()) return nullptr;
        DropOwn(*subscription);
        core_.counters.own_bytes.fetch_add(reset->bytes);
        subscription->own.push_back(reset);
        subscription->feed.reset();
        subscription->starting = true;
        subscription->waiting = false;
        start->subscription = subscription;
        start->generation = ++subscription->generation;
        MakeReady(subscription);
    }
    WakeIfArmed();
    return start;
}

void SessionCore::End(const SubscriptionPtr& subscription, const EventBatchPtr& error) {
    {
        MutexLock lock(mutex_);
        EndLocked(subscription, error);
    }
    WakeIfArmed();
}

void SessionCore::EndLocked(const SubscriptionPtr& subscription, const EventBatchPtr& error) {
    if (subscription->ended.exchange(true)) return;
    // A reset before it is still told: what the client holds is void.
    while (subscription->own.size() > 1 ||
           (!subscription->own.empty() && !IsReset(*subscription->own.front()))) {
        core_.counters.own_bytes.fetch_sub(subscription->own.back()->bytes);
        subscription->own.pop_back();
    }
    subscription->skip = 0;
    core_.counters.own_bytes.fetch_add(error->bytes);
    subscription->own.push_back(error);
    subscription->feed.reset();
    subscription->starting = true;
    subscription->waiting = false;
    ++subscription->generation;
    core_.inbox.Post(Detach{subscription});
    MakeReady(subscription);
}

void SessionCore::Progress(const SubscriptionPtr& subscription, Sequence at) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load() || subscription->ready || !subscription->waiting) return;
        if (at <= subscription->told || !subscription->feed->window.CaughtUp(subscription->reader))
            return;
        if (!DueNow(subscription)) return;
        subscription->own.push_back(MarkBatch(EventKind::kProgress, at));
        core_.counters.own_bytes.fetch_add(subscription->own.back()->bytes);
        MakeReady(subscription);
    }
    WakeIfArmed();
}

}  // namespace blasty::live::internal
