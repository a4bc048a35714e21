// One thread for the work of a log that must not hold up commits.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace blasty::log::internal {

// Thread-safe.
class Background {
  public:
    // Without `threaded`, Post runs the task at once, on the caller's thread.
    explicit Background(bool threaded);
    ~Background();
    void Post(std::function<void()> task);
    // Runs what was posted, then joins. Later posts are dropped. May be called again.
    void Stop();

  private:
    void Run();

    const bool threaded_;
    Mutex mutex_;
    CondVar changed_;
    std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace blasty::log::internal
