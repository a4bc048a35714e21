// A mutex that clang's lock analysis and ThreadSanitizer both understand (std::mutex inside:
// Debian's Abseil is not built with ThreadSanitizer, so its Mutex would report races that do not
// exist).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace blasty {

class ABSL_LOCKABLE Mutex {
  public:
    void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
    void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
    bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return mutex_.try_lock(); }

  private:
    friend class CondVar;
    std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
  public:
    explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
        mutex_.Lock();
    }
    ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

  private:
    Mutex& mutex_;
};

// Wakes waiters of a Mutex. Wait returns at a signal or spuriously: callers loop on their
// condition.
class CondVar {
  public:
    void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        cv_.wait(lock);
        lock.release();
    }
    // False when `timeout_us` passed.
    bool WaitFor(Mutex& mutex, int64_t timeout_us) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        const auto why = cv_.wait_for(lock, std::chrono::microseconds(timeout_us));
        lock.release();
        return why == std::cv_status::no_timeout;
    }
    void Signal() { cv_.notify_one(); }
    void SignalAll() { cv_.notify_all(); }

  private:
    std::condition_variable cv_;
};

}  // namespace blasty
