#include "exec/serial_executor.h"

#include <deque>
#include <utility>

#include "base/mutex.h"

namespace blasty::exec {

// Kept alive by the task it posted below, so that it may outlive the SerialExecutor.
struct SerialExecutor::Queue : std::enable_shared_from_this<SerialExecutor::Queue> {
    explicit Queue(Executor& executor) : below(executor) {}

    // Tasks run in one turn before the thread is given back: fairness towards the others of the
    // pool.
    static constexpr int kTurn = 64;

    void Post(Task task) {
        {
            MutexLock lock(mutex);
            tasks.push_back(std::move(task));
            if (running) return;
            running = true;
        }
        below.Post([self = shared_from_this()] { self->Run(); });
    }

    void Run() {
        for (int i = 0; i < kTurn; ++i) {
            Task task;
            {
                MutexLock lock(mutex);
                if (tasks.empty()) {
                    running = false;
                    return;
                }
                task = std::move(tasks.front());
                tasks.pop_front();
            }
            task();
        }
        below.Post([self = shared_from_this()] { self->Run(); });
    }

    Executor& below;
    Mutex mutex;
    std::deque<Task> tasks ABSL_GUARDED_BY(mutex);
    bool running ABSL_GUARDED_BY(mutex) = false;
};

SerialExecutor::SerialExecutor(Executor& below) : queue_(std::make_shared<Queue>(below)) {}

void SerialExecutor::Post(Task task) { queue_->Post(std::move(task)); }

}  // namespace blasty::exec
