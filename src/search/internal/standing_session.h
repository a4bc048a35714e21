// The live searches of one connection: what waits for each of them, and fetching it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "live/live.h"
#include "search/internal/standing_core.h"
#include "search/internal/standing_subscription.h"
#include "search/live_searches.h"

namespace blasty::search::standing {

// Outlives the session while subscriptions on their way point at it. Thread-safe.
class SessionCore : public std::enable_shared_from_this<SessionCore> {
  public:
    SessionCore(std::shared_ptr<Core> core, std::function<void()> wake)
        : core_(std::move(core)), wake_(std::move(wake)) {}

    Status Subscribe(uint64_t id, const LiveRequest& request);
    void Unsubscribe(uint64_t id);
    void Fetch(size_t bytes_max, std::vector<live::Session::Fetched>* out);
    // Ends everything; no `wake` runs after it.
    void Close();

    // False: it has ended. Else it is this follower's from now on.
    bool Join(const SubscriptionPtr& subscription, const std::shared_ptr<Follower>& follower);
    // From now on what is published is kept for it. The generation of this start; 0: it has ended.
    uint64_t Collect(const SubscriptionPtr& subscription);
    // The next batch of its feed.
    void Publish(const SubscriptionPtr& subscription, const live::EventBatchPtr& batch);
    // A first answer, or what it missed: then what was kept since and is after `after`. `skip`: so
    // many events of the first batch it has. Ignored when a newer start has begun.
    void Deliver(const SubscriptionPtr& subscription, uint64_t generation,
                 const std::deque<live::EventBatchPtr>& batches, uint32_t skip, Sequence after);
    // Everything it has not fetched is void, and it is attached no more. The new generation.
    uint64_t Reset(const SubscriptionPtr& subscription, const live::EventBatchPtr& reset);
    void End(const SubscriptionPtr& subscription, const Status& why);
    // Nothing happened up to `at`. False: it has something before that to read.
    bool Progress(const SubscriptionPtr& subscription, Sequence at);

  private:
    void StartOne(const SubscriptionPtr& subscription);
    void EndLocked(const SubscriptionPtr& subscription, const Status& why)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Forget(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void LeaveFollower(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Push(Subscription& subscription, Queued queued) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // A batch of the feed; too much that was not read becomes a reset.
    void PushLive(const SubscriptionPtr& subscription, const live::EventBatchPtr& batch)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Merges what waits for the end of an interval. False: it stays too much.
    bool Merge(Subscription& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Lag(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void DropQueue(Subscription& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    size_t BufferOf(const Subscription& subscription) const;
    // In the list of those with something, unless its interval is not over.
    void MakeReady(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    bool DueNow(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Due(const SubscriptionPtr& subscription);
    // True: it has more.
    bool TakeFrom(const SubscriptionPtr& subscription, size_t bytes_max,
                  std::vector<live::Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Queued TakeFront(Subscription& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Give(const SubscriptionPtr& subscription, Queued queued,
              std::vector<live::Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Calls `wake` if a Fetch found nothing since the last one. Not under the lock.
    void WakeIfArmed();

    const std::shared_ptr<Core> core_;
    const std::function<void()> wake_;
    Mutex mutex_;
    CondVar woken_;
    absl::flat_hash_map<uint64_t, SubscriptionPtr> subscriptions_ ABSL_GUARDED_BY(mutex_);
    std::deque<SubscriptionPtr> ready_ ABSL_GUARDED_BY(mutex_);
    // Read what they were told of, and begin anew.
    std::vector<SubscriptionPtr> restarts_ ABSL_GUARDED_BY(mutex_);
    bool armed_ ABSL_GUARDED_BY(mutex_) = true;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
    int waking_ ABSL_GUARDED_BY(mutex_) = 0;
};

class SessionImpl final : public LiveSession {
  public:
    explicit SessionImpl(std::shared_ptr<SessionCore> core) : core_(std::move(core)) {}
    ~SessionImpl() override { core_->Close(); }
    Status Subscribe(uint64_t id, const LiveRequest& request) override {
        return core_->Subscribe(id, request);
    }
    void Unsubscribe(uint64_t id) override { core_->Unsubscribe(id); }
    void Fetch(size_t bytes_max, std::vector<live::Session::Fetched>* out) override {
        core_->Fetch(bytes_max, out);
    }

  private:
    const std::shared_ptr<SessionCore> core_;
};

}  // namespace blasty::search::standing
