#include "search/internal/standing_session.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "live/coalesce.h"
#include "search/internal/standing_answer.h"
#include "search/internal/standing_follower.h"

namespace blasty::search::standing {

using live::EventBatchPtr;
using live::EventKind;
using State = Subscription::State;

Status SessionCore::Subscribe(uint64_t id, const LiveRequest& request) {
    const auto subscription = std::make_shared<Subscription>(
        id, std::make_shared<const LiveRequest>(request), shared_from_this());
    Status refused = CheckRequest(request);
    if (refused.ok() && !request.resume.empty()) {
        auto token = live::ParseToken(request.resume);
        refused = token.status();
        if (token.ok()) subscription->token = *token;
    }
    {
        MutexLock lock(mutex_);
        if (closed_ || subscriptions_.contains(id)) {
            return MakeError(StatusCode::kAlreadyExists, "ID_IN_USE",
                             StrCat("subscription ", id,
                                    " is in use on this stream; end it first or choose another"));
        }
        subscriptions_.emplace(id, subscription);
    }
    const uint64_t most = core_->options.subscriptions_max;
    if (core_->counters.subscriptions.fetch_add(1) >= most && refused.ok()) {
        refused =
            MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                      StrCat("there are ", most, " live searches, as many as may be; end some"));
    }
    if (refused.ok()) {
        core_->Post([self = shared_from_this(), subscription] { self->StartOne(subscription); });
    } else {
        End(subscription, refused);
    }
    return OkStatus();
}

void SessionCore::StartOne(const SubscriptionPtr& subscription) {
    if (subscription->ended.load()) return;
    const std::string& name = subscription->request->search.index;
    const auto index = core_->searches.Find(name);
    if (!index.ok()) return End(subscription, index.status());
    const FollowerPtr follower = core_->Acquire((*index)->name(), *index);
    if (follower == nullptr) return;
    if (!Join(subscription, follower)) return core_->Release(follower);
    std::optional<live::ResumeToken> token;
    {
        MutexLock lock(mutex_);
        token = subscription->token;
    }
    follower->Attach({.subscription = subscription,
                      .token = token,
                      .fresh = subscription->request->search.fresh});
}

bool SessionCore::Join(const SubscriptionPtr& subscription,
                       const std::shared_ptr<Follower>& follower) {
    MutexLock lock(mutex_);
    if (subscription->ended.load()) return false;
    subscription->follower = follower;
    return true;
}

uint64_t SessionCore::Collect(const SubscriptionPtr& subscription) {
    MutexLock lock(mutex_);
    if (subscription->ended.load()) return 0;
    subscription->state = State::kCollecting;
    subscription->pending.clear();
    subscription->overflow = false;
    subscription->live_bytes = 0;
    return subscription->generation;
}

void SessionCore::Publish(const SubscriptionPtr& subscription, const EventBatchPtr& batch) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load()) return;
        if (subscription->state == State::kCollecting) {
            subscription->live_bytes += batch->bytes;
            subscription->overflow |= subscription->live_bytes > BufferOf(*subscription);
            if (subscription->overflow)
                subscription->pending.clear();
            else
                subscription->pending.push_back(batch);
            return;
        }
        if (subscription->state != State::kLive) return;
        PushLive(subscription, batch);
    }
    WakeIfArmed();
}

void SessionCore::Deliver(const SubscriptionPtr& subscription, uint64_t generation,
                          const std::deque<EventBatchPtr>& batches, uint32_t skip, Sequence after) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load() || subscription->generation != generation ||
            subscription->state != State::kCollecting)
            return;
        subscription->state = State::kLive;
        subscription->live_bytes = 0;
        for (size_t i = 0; i < batches.size(); ++i)
            Push(*subscription, {.batch = batches[i], .live = false, .skip = i == 0 ? skip : 0});
        const std::vector<EventBatchPtr> pending = std::exchange(subscription->pending, {});
        for (const EventBatchPtr& batch : pending) {
            if (batch->sequence > after && subscription->state == State::kLive)
                PushLive(subscription, batch);
        }
        if (std::exchange(subscription->overflow, false)) Lag(subscription);
        MakeReady(subscription);
    }
    WakeIfArmed();
}

uint64_t SessionCore::Reset(const SubscriptionPtr& subscription, const EventBatchPtr& reset) {
    uint64_t generation = 0;
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load()) return 0;
        core_->counters.resets.fetch_add(1);
        DropQueue(*subscription);
        subscription->state = State::kStarting;
        generation = ++subscription->generation;
        Push(*subscription, {.batch = reset, .live = false, .skip = 0});
        MakeReady(subscription);
    }
    WakeIfArmed();
    return generation;
}

void SessionCore::End(const SubscriptionPtr& subscription, const Status& why) {
    {
        MutexLock lock(mutex_);
        EndLocked(subscription, why);
    }
    WakeIfArmed();
}

void SessionCore::EndLocked(const SubscriptionPtr& subscription, const Status& why) {
    if (subscription->ended.exchange(true)) return;
    ++subscription->generation;
    subscription->state = State::kStarting;
    subscription->pending.clear();
    Push(*subscription,
         {.batch = MarkBatch(EventKind::kError, Sequence(), ReasonOf(why), MessageOf(why)),
          .live = false,
          .skip = 0});
    LeaveFollower(subscription);
    MakeReady(subscription);
}

void SessionCore::LeaveFollower(const SubscriptionPtr& subscription) {
    const FollowerPtr follower = std::move(subscription->follower);
    if (follower == nullptr) return;
    follower->Detach(subscription);
    core_->Release(follower);
}

void SessionCore::Forget(const SubscriptionPtr& subscription) {
    subscriptions_.erase(subscription->id);
    DropQueue(*subscription);
    subscription->ready = false;
    ++subscription->generation;
    subscription->state = State::kStarting;
    core_->counters.subscriptions.fetch_sub(1);
    if (!subscription->ended.exchange(true)) LeaveFollower(subscription);
}

void SessionCore::Unsubscribe(uint64_t id) {
    MutexLock lock(mutex_);
    const auto found = subscriptions_.find(id);
    if (found == subscriptions_.end()) return;
    const SubscriptionPtr subscription = found->second;
    Forget(subscription);
}

void SessionCore::Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    std::vector<SubscriptionPtr> all;
    for (const auto& [id, subscription] : subscriptions_) all.push_back(subscription);
    for (const SubscriptionPtr& subscription : all) Forget(subscription);
    ready_.clear();
    restarts_.clear();
    while (waking_ > 0) woken_.Wait(mutex_);
}

bool SessionCore::Progress(const SubscriptionPtr& subscription, Sequence at) {
    {
        MutexLock lock(mutex_);
        if (subscription->ended.load() || at <= subscription->told) return true;
        if (subscription->state != State::kLive || !subscription->queue.empty()) return false;
        Push(*subscription,
             {.batch = MarkBatch(EventKind::kProgress, at), .live = false, .skip = 0});
        MakeReady(subscription);
    }
    WakeIfArmed();
    return true;
}

size_t SessionCore::BufferOf(const Subscription& subscription) const {
    const size_t own = subscription.request->buffer_bytes_max;
    const size_t most = core_->options.buffer_bytes_max;
    return own == 0 ? most : std::min(own, most);
}

void SessionCore::Push(Subscription& subscription, Queued queued) {
    subscription.told = std::max(subscription.told, queued.batch->sequence);
    core_->counters.buffered_bytes.fetch_add(queued.batch->bytes);
    if (queued.live) subscription.live_bytes += queued.batch->bytes;
    subscription.queue.push_back(std::move(queued));
}

void SessionCore::PushLive(const SubscriptionPtr& subscription, const EventBatchPtr& batch) {
    // One batch always fits.
    const size_t bytes = subscription->live_bytes + batch->bytes;
    const bool full = subscription->live_bytes > 0 && bytes > BufferOf(*subscription);
    if (full && !Merge(*subscription)) return Lag(subscription);
    Push(*subscription, {.batch = batch, .live = true, .skip = 0});
    MakeReady(subscription);
}

bool SessionCore::Merge(Subscription& subscription) {
    if (subscription.interval_us() <= 0) return false;
    std::vector<EventBatchPtr> batches;
    while (!subscription.queue.empty() && subscription.queue.back().live) {
        core_->counters.buffered_bytes.fetch_sub(subscription.queue.back().batch->bytes);
        batches.push_back(std::move(subscription.queue.back().batch));
        subscription.queue.pop_back();
    }
    std::reverse(batches.begin(), batches.end());
    subscription.live_bytes = 0;
    Push(subscription, {.batch = live::Coalesce(batches), .live = true, .skip = 0});
    return subscription.live_bytes <= BufferOf(subscription) / 2;
}

void SessionCore::Lag(const SubscriptionPtr& subscription) {
    core_->counters.resets.fetch_add(1);
    DropQueue(*subscription);
    subscription->state = State::kLagging;
    ++subscription->generation;
    Push(*subscription,
         {.batch = MarkBatch(EventKind::kReset, subscription->told, "SLOW_CONSUMER",
                             "more happened than is kept for a client that does not read; a new "
                             "answer follows"),
          .live = false,
          .skip = 0});
    MakeReady(subscription);
}

void SessionCore::DropQueue(Subscription& subscription) {
    size_t bytes = 0;
    for (const Queued& queued : subscription.queue) bytes += queued.batch->bytes;
    core_->counters.buffered_bytes.fetch_sub(bytes);
    subscription.queue.clear();
    subscription.pending.clear();
    subscription.overflow = false;
    subscription.live_bytes = 0;
}

void SessionCore::MakeReady(const SubscriptionPtr& subscription) {
    if (subscription->ready || closed_ || subscription->queue.empty()) return;
    if (subscription->queue.front().live && !DueNow(subscription)) return;
    subscription->ready = true;
    ready_.push_back(subscription);
}

bool SessionCore::DueNow(const SubscriptionPtr& subscription) {
    if (subscription->interval_us() <= 0) return true;
    const int64_t left = subscription->due_us - core_->clock.MonotonicMicros();
    if (left <= 0) return true;
    if (!std::exchange(subscription->timer, true)) {
        const std::weak_ptr<Subscription> weak = subscription;
        core_->blocking.PostAfter(left, [weak] {
            if (const auto due = weak.lock()) due->session->Due(due);
        });
    }
    return false;
}

void SessionCore::Due(const SubscriptionPtr& subscription) {
    {
        MutexLock lock(mutex_);
        subscription->timer = false;
        if (!subscriptions_.contains(subscription->id)) return;
        MakeReady(subscription);
    }
    WakeIfArmed();
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

}  // namespace blasty::search::standing
