// Wakes those who read the history of tables and have reached its end when there is more of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "rpc/internal/statement_pool.h"

namespace blasty::rpc {

// Thread-safe. Costs nothing while nobody waits; else one task of the pool wakes all who wait, at
// most once per `gather_us`, however many commits there are meanwhile.
class CommitWaiters : public std::enable_shared_from_this<CommitWaiters> {
  public:
    using Wake = std::function<void()>;

    // The pool must outlive Stop.
    CommitWaiters(StatementPool& pool, int64_t gather_us) : pool_(pool), gather_us_(gather_us) {}

    // Runs `wake` once, on the pool, after a commit behind `seen` became visible. False: one has,
    // look again. Dropped by Stop.
    bool Add(Sequence seen, Wake wake) {
        MutexLock lock(mutex_);
        if (seen < applied_) return false;
        if (!stopped_) waiting_.push_back(std::move(wake));
        return true;
    }
    // What tables::Tables tells its listeners.
    void OnCommit(Sequence applied) {
        MutexLock lock(mutex_);
        applied_ = applied;
        if (posted_ || waiting_.empty()) return;
        posted_ = true;
        pool_.PostAfter(gather_us_, [self = shared_from_this()] { self->WakeAll(); });
    }
    void Stop() {
        std::vector<Wake> dropped;  // destroyed after the lock
        MutexLock lock(mutex_);
        stopped_ = true;
        dropped.swap(waiting_);
    }

  private:
    void WakeAll() {
        std::vector<Wake> waiting;
        {
            MutexLock lock(mutex_);
            posted_ = false;
            waiting.swap(waiting_);
        }
        for (const Wake& wake : waiting) wake();
    }

    StatementPool& pool_;
    const int64_t gather_us_;
    Mutex mutex_;
    bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
    bool posted_ ABSL_GUARDED_BY(mutex_) = false;
    Sequence applied_ ABSL_GUARDED_BY(mutex_);
    std::vector<Wake> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
