// Fetching: what is ready, one subscription after another.
#include <algorithm>
#include <optional>
#include <utility>

#include "live/coalesce.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live::internal {
namespace {

// Of one subscription before the next one's turn.
constexpr size_t kTurnBytes = 64 << 10;

void CountRows(const EventBatch& batch, std::optional<int64_t>* rows) {
    if (batch.snapshot && !*rows) *rows = 0;
    for (const Event& event : batch.events) {
        if (event.kind == EventKind::kReset) *rows = 0;
        if (!*rows) return;
        if (event.kind == EventKind::kRow || event.kind == EventKind::kEnter) ++**rows;
        if (event.kind == EventKind::kLeave) --**rows;
    }
}

}  // namespace

void SessionCore::Fetch(size_t bytes_max, std::vector<Session::Fetched>* out) {
    std::vector<StartPtr> fallbacks;
    bool left = false;
    {
        MutexLock lock(mutex_);
        size_t bytes = 0;
        while (!ready_.empty() && bytes < bytes_max) {
            const SubscriptionPtr subscription = std::move(ready_.front());
            ready_.pop_front();
            if (!subscription->ready) continue;
            subscription->ready = false;
            const size_t from = out->size();
            Taken taken = TakeFrom(subscription, std::min(kTurnBytes, bytes_max - bytes), out);
            for (size_t i = from; i < out->size(); ++i) bytes += (*out)[i].batch->bytes;
            if (taken.more) MakeReady(subscription);
            if (taken.fallback) fallbacks.push_back(std::move(taken.fallback));
        }
        left = !ready_.empty();
        armed_ = true;
    }
    for (StartPtr& start : fallbacks) core_.inbox.Post(Attach{std::move(start)});
    if (left && core_.notifier)
        core_.notifier->Post([self = shared_from_this()] { self->WakeIfArmed(); });
}

SessionCore::Taken SessionCore::TakeFrom(const SubscriptionPtr& subscription, size_t bytes_max,
                                         std::vector<Session::Fetched>* out) {
    size_t bytes = 0;
    if (!TakeOwn(subscription, bytes_max, &bytes, out)) return {.more = true, .fallback = nullptr};
    if (subscription->starting || !subscription->feed || subscription->waiting) return {};
    if (bytes >= bytes_max) return {.more = true, .fallback = nullptr};
    if (!DueNow(subscription)) return {};
    return TakeFeed(subscription, bytes_max - bytes, out);
}

bool SessionCore::TakeOwn(const SubscriptionPtr& subscription, size_t bytes_max, size_t* bytes,
                          std::vector<Session::Fetched>* out) {
    while (!subscription->own.empty()) {
        if (*bytes >= bytes_max) return false;
        EventBatchPtr batch = std::move(subscription->own.front());
        subscription->own.pop_front();
        *bytes += batch->bytes;
        core_.counters.own_bytes.fetch_sub(batch->bytes);
        Give(subscription, std::move(batch), out);
    }
    return true;
}

SessionCore::Taken SessionCore::TakeFeed(const SubscriptionPtr& subscription, size_t bytes_max,
                                         std::vector<Session::Fetched>* out) {
    std::vector<EventBatchPtr> batches;
    const bool coalesce = subscription->options.interval_us > 0;
    const Window::Taken taken = subscription->feed->window.Take(
        &subscription->reader, coalesce ? SIZE_MAX : bytes_max, &subscription, &batches);
    if (taken == Window::Taken::kBehind) {
        core_.counters.fallbacks.fetch_add(1);
        auto start = std::make_unique<Start>();
        start->subscription = subscription;
        start->generation = ++subscription->generation;
        start->token =
            subscription->middle.value_or(ResumeToken{subscription->taken, subscription->taken, 0});
        subscription->middle.reset();
        subscription->skip = 0;
        start->feed = std::move(subscription->feed);
        subscription->starting = true;
        return {.more = false, .fallback = std::move(start)};
    }
    subscription->waiting = taken == Window::Taken::kCaughtUp;
    if (coalesce && !batches.empty()) batches = {Coalesce(batches)};
    for (EventBatchPtr& batch : batches) {
        if (subscription->ended.load()) break;
        Give(subscription, std::move(batch), out);
    }
    return {.more = taken == Window::Taken::kSome && !subscription->ended.load(),
            .fallback = nullptr};
}

void SessionCore::Give(const SubscriptionPtr& subscription, EventBatchPtr batch,
                       std::vector<Session::Fetched>* out) {
    const size_t skip = std::exchange(subscription->skip, 0);
    subscription->middle.reset();
    subscription->taken = std::max(subscription->taken, batch->sequence);
    if (skip >= batch->events.size()) return;
    subscription->told = batch->sequence;
    core_.counters.events.fetch_add(batch->events.size() - skip, std::memory_order_relaxed);
    if (subscription->options.interval_us > 0)
        subscription->due_us = core_.clock.MonotonicMicros() + subscription->options.interval_us;
    const bool error = batch->events.back().kind == EventKind::kError;
    const uint64_t rows_max = subscription->options.rows_max;
    if (rows_max > 0) CountRows(*batch, &subscription->rows);
    out->push_back({subscription->id, std::move(batch), skip});
    if (error) {
        subscriptions_.erase(subscription->id);
        core_.counters.subscriptions.fetch_sub(1);
    } else if (subscription->rows && *subscription->rows > static_cast<int64_t>(rows_max)) {
        const Status over = RowsOverLimit(rows_max);
        EndLocked(subscription, MarkBatch(EventKind::kError, Sequence(), ReasonOf(over),
                                          std::string(MessageOf(over))));
    }
}

}  // namespace blasty::live::internal
