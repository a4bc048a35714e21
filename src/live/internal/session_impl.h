// The subscriptions of one connection: which of them have something, and fetching it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "live/internal/core.h"
#include "live/internal/subscription.h"
#include "live/live.h"

namespace blasty::live::internal {

// Outlives the session while subscriptions on their way point at it. Thread-safe.
class SessionCore : public std::enable_shared_from_this<SessionCore> {
  public:
    SessionCore(Core& core, std::function<void()> wake) : core_(core), wake_(std::move(wake)) {}

    Status Subscribe(uint64_t id, const SubscribeOptions& options);
    void Unsubscribe(uint64_t id);
    void Fetch(size_t bytes_max, std::vector<Session::Fetched>* out);
    // Ends everything; no `wake` runs after it.
    void Close();

    // The feed has something since `base` (nothing of the subscriber's up to there).
    void Published(const SubscriptionPtr& subscription, Sequence base);
    // What a start brought. Ignored when it is not the newest of the subscription.
    void Deliver(const SubscriptionPtr& subscription, uint64_t generation, Onward onward);
    // Everything it has not fetched is void: a reset, and the start of a new snapshot (null when
    // it has ended).
    StartPtr Restart(const SubscriptionPtr& subscription, const EventBatchPtr& reset);
    // Ends it with an error.
    void End(const SubscriptionPtr& subscription, const EventBatchPtr& error);
    // Tells it that nothing happened up to `at`, if it has everything before.
    void Progress(const SubscriptionPtr& subscription, Sequence at);
    // The interval of a coalescing subscription is over.
    void Due(const SubscriptionPtr& subscription);

  private:
    struct Taken {
        bool more = false;
        StartPtr fallback;
    };
    void MakeReady(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Calls `wake` if a Fetch found nothing since the last one. Not under the lock.
    void WakeIfArmed();
    Taken TakeFrom(const SubscriptionPtr& subscription, size_t bytes_max,
                   std::vector<Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    bool TakeOwn(const SubscriptionPtr& subscription, size_t bytes_max, size_t* bytes,
                 std::vector<Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Taken TakeFeed(const SubscriptionPtr& subscription, size_t bytes_max,
                   std::vector<Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Give(const SubscriptionPtr& subscription, EventBatchPtr batch,
              std::vector<Session::Fetched>* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void EndLocked(const SubscriptionPtr& subscription, const EventBatchPtr& error)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void DropOwn(Subscription& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Forget(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // False: its interval is not over; a timer runs.
    bool DueNow(const SubscriptionPtr& subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    Core& core_;
    const std::function<void()> wake_;
    Mutex mutex_;
    CondVar woken_;
    absl::flat_hash_map<uint64_t, SubscriptionPtr> subscriptions_ ABSL_GUARDED_BY(mutex_);
    std::deque<SubscriptionPtr> ready_ ABSL_GUARDED_BY(mutex_);
    bool armed_ ABSL_GUARDED_BY(mutex_) = true;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
    int waking_ ABSL_GUARDED_BY(mutex_) = 0;
};

class SessionImpl : public Session {
  public:
    explicit SessionImpl(std::shared_ptr<SessionCore> core) : core_(std::move(core)) {}
    ~SessionImpl() override { core_->Close(); }
    Status Subscribe(uint64_t id, const SubscribeOptions& options) override {
        return core_->Subscribe(id, options);
    }
    void Unsubscribe(uint64_t id) override { core_->Unsubscribe(id); }
    void Fetch(size_t bytes_max, std::vector<Fetched>* out) override {
        core_->Fetch(bytes_max, out);
    }

  private:
    const std::shared_ptr<SessionCore> core_;
};

}  // namespace blasty::live::internal
