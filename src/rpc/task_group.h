// Counts tasks handed to an executor, so that what they use can be destroyed after the last of
// them.
#pragma once

#include <memory>
#include <utility>

#include "base/mutex.h"
#include "exec/executor.h"

namespace blasty::rpc {

// Thread-safe. A task that its executor drops counts as done.
class TaskGroup {
  public:
    explicit TaskGroup(exec::Executor& executor) : executor_(executor) {}
    ~TaskGroup() { Wait(); }
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    template <typename Function>
    void Post(Function function) {
        auto token = std::make_shared<Token>(*this);
        executor_.Post(
            [token = std::move(token), function = std::move(function)]() mutable { function(); });
    }
    // Returns when every posted task ran. Not from a task.
    void Wait() {
        MutexLock lock(mutex_);
        while (count_ > 0) idle_.Wait(mutex_);
    }

  private:
    struct Token {
        explicit Token(TaskGroup& owner) : group(owner) {
            MutexLock lock(group.mutex_);
            ++group.count_;
        }
        ~Token() {
            MutexLock lock(group.mutex_);
            if (--group.count_ == 0) group.idle_.SignalAll();
        }
        TaskGroup& group;
    };

    exec::Executor& executor_;
    Mutex mutex_;
    CondVar idle_;
    size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::rpc
