#include "exec/worker_pool.h"

#include <pthread.h>

#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"

namespace blasty::exec {

struct WorkerPool::State {
    Mutex mutex;
    CondVar work;
    CondVar timer;
    bool stopping ABSL_GUARDED_BY(mutex) = false;
    std::deque<Task> ready ABSL_GUARDED_BY(mutex);
    std::multimap<int64_t, Task> delayed ABSL_GUARDED_BY(mutex);  // by monotonic due time
    std::vector<std::thread> threads;

    void Work() {
        while (true) {
            Task task;
            {
                MutexLock lock(mutex);
                while (ready.empty() && !stopping) work.Wait(mutex);
                if (ready.empty()) return;
                task = std::move(ready.front());
                ready.pop_front();
            }
            task();
        }
    }

    void Time() {
        MutexLock lock(mutex);
        while (!stopping) {
            const int64_t now = SystemClock().MonotonicMicros();
            while (!delayed.empty() && delayed.begin()->first <= now) {
                ready.push_back(std::move(delayed.begin()->second));
                delayed.erase(delayed.begin());
                work.Signal();
            }
            if (delayed.empty()) {
                timer.Wait(mutex);
            } else {
                timer.WaitFor(mutex, delayed.begin()->first - now);
            }
        }
    }
};

namespace {

void NameThread(std::thread& thread, const std::string& name) {
    pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
}

}  // namespace

WorkerPool::WorkerPool(const WorkerPoolOptions& options) : state_(std::make_unique<State>()) {
    State* state = state_.get();
    for (int i = 0; i < options.threads; ++i) {
        state->threads.emplace_back([state] { state->Work(); });
        NameThread(state->threads.back(), StrCat(options.name, "-", i));
    }
    state->threads.emplace_back([state] { state->Time(); });
    NameThread(state->threads.back(), StrCat(options.name, "-timer"));
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Post(Task task) {
    MutexLock lock(state_->mutex);
    if (state_->stopping) return;
    state_->ready.push_back(std::move(task));
    state_->work.Signal();
}

void WorkerPool::PostAfter(int64_t delay_us, Task task) {
    if (delay_us <= 0) return Post(std::move(task));
    const int64_t due = SystemClock().MonotonicMicros() + delay_us;
    MutexLock lock(state_->mutex);
    if (state_->stopping) return;
    const auto at = state_->delayed.emplace(due, std::move(task));
    if (at == state_->delayed.begin()) state_->timer.Signal();
}

void WorkerPool::Stop() {
    std::multimap<int64_t, Task>
        dropped;  // destroyed outside the lock: tasks own what they captured
    {
        MutexLock lock(state_->mutex);
        state_->stopping = true;
        dropped.swap(state_->delayed);
        state_->work.SignalAll();
        state_->timer.SignalAll();
    }
    for (std::thread& thread : state_->threads) thread.join();
    state_->threads.clear();
}

}  // namespace blasty::exec
