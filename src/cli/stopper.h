// What an interrupt stops now.
#pragma once

#include <functional>
#include <utility>

#include "base/mutex.h"

namespace blasty::cli {

// Thread-safe.
class Stopper {
  public:
    // Replaces what was set before. The old one is not called after this returns.
    void Set(std::function<void()> stop) {
        MutexLock lock(mutex_);
        stop_ = std::move(stop);
    }
    // Under the lock on purpose: what is to be stopped must not go away meanwhile. Each only sets
    // flags and wakes.
    void Stop() {
        MutexLock lock(mutex_);
        ++count_;
        if (stop_) stop_();
    }
    // How often Stop was called.
    int count() const {
        MutexLock lock(mutex_);
        return count_;
    }

  private:
    mutable Mutex mutex_;
    int count_ ABSL_GUARDED_BY(mutex_) = 0;
    std::function<void()> stop_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::cli
