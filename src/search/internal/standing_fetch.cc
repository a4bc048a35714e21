// Fetching: what is ready, one subscription after another.
#include <algorithm>
#include <utility>

#include "live/coalesce.h"
#include "search/internal/standing_follower.h"
#include "search/internal/standing_session.h"

namespace blasty::search::standing {
namespace {

// Of one subscription before the next one's turn.
constexpr size_t kTurnBytes = 64 << 10;

}  // namespace

void SessionCore::Fetch(size_t bytes_max, std::vector<live::Session::Fetched>* out) {
    std::vector<SubscriptionPtr> restarts;
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
            const bool more = TakeFrom(subscription, std::min(kTurnBytes, bytes_max - bytes), out);
            for (size_t i = from; i < out->size(); ++i) bytes += (*out)[i].batch->bytes;
            if (more) MakeReady(subscription);
        }
        left = !ready_.empty();
        armed_ = true;
        restarts.swap(restarts_);
    }
    for (const SubscriptionPtr& subscription : restarts) {
        FollowerPtr follower;
        {
            MutexLock lock(mutex_);
            follower = subscription->follower;
        }
        if (follower != nullptr) follower->Attach({.subscription = subscription});
    }
    // Not from here: `wake` may be about to fetch.
    if (left) core_->Post([self = shared_from_this()] { self->WakeIfArmed(); });
}

bool SessionCore::TakeFrom(const SubscriptionPtr& subscription, size_t bytes_max,
                           std::vector<live::Session::Fetched>* out) {
    size_t bytes = 0;
    while (!subscription->queue.empty()) {
        if (bytes >= bytes_max) return true;
        const bool merge = subscription->queue.front().live && subscription->interval_us() > 0;
        // Its interval is not over: MakeReady starts a timer.
        if (merge && core_->clock.MonotonicMicros() < subscription->due_us) return true;
        Queued next = TakeFront(*subscription);
        if (merge) {
            std::vector<live::EventBatchPtr> batches = {next.batch};
            while (!subscription->queue.empty() && subscription->queue.front().live)
                batches.push_back(TakeFront(*subscription).batch);
            next.batch = live::Coalesce(batches);
            subscription->due_us = core_->clock.MonotonicMicros() + subscription->interval_us();
        }
        bytes += next.batch->bytes;
        Give(subscription, std::move(next), out);
    }
    if (subscription->state == Subscription::State::kLagging) {
        subscription->state = Subscription::State::kStarting;
        restarts_.push_back(subscription);
    }
    return false;
}

Queued SessionCore::TakeFront(Subscription& subscription) {
    Queued front = std::move(subscription.queue.front());
    subscription.queue.pop_front();
    core_->counters.buffered_bytes.fetch_sub(front.batch->bytes);
    if (front.live) subscription.live_bytes -= front.batch->bytes;
    return front;
}

void SessionCore::Give(const SubscriptionPtr& subscription, Queued queued,
                       std::vector<live::Session::Fetched>* out) {
    const auto& events = queued.batch->events;
    if (queued.skip >= events.size()) return;
    core_->counters.events.fetch_add(events.size() - queued.skip, std::memory_order_relaxed);
    const bool error = events.back().kind == live::EventKind::kError;
    out->push_back({subscription->id, std::move(queued.batch), queued.skip});
    if (!error) return;
    subscriptions_.erase(subscription->id);
    core_->counters.subscriptions.fetch_sub(1);
}

}  // namespace blasty::search::standing
