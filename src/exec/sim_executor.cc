#include "exec/sim_executor.h"

#include <map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"

namespace blasty::exec {

struct SimExecutor::State {
    explicit State(uint64_t seed) : random(seed) {}

    void MakeDueReady() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        while (!delayed.empty() && delayed.begin()->first <= clock.NowMicros()) {
            ready.push_back(std::move(delayed.begin()->second));
            delayed.erase(delayed.begin());
        }
    }

    Mutex mutex;
    ManualClock clock;
    Random random ABSL_GUARDED_BY(mutex);
    std::vector<Task> ready ABSL_GUARDED_BY(mutex);
    std::multimap<int64_t, Task> delayed ABSL_GUARDED_BY(mutex);
};

SimExecutor::SimExecutor(uint64_t seed) : state_(std::make_unique<State>(seed)) {}
SimExecutor::~SimExecutor() = default;

ManualClock& SimExecutor::clock() { return state_->clock; }

void SimExecutor::Post(Task task) {
    MutexLock lock(state_->mutex);
    state_->ready.push_back(std::move(task));
}

void SimExecutor::PostAfter(int64_t delay_us, Task task) {
    MutexLock lock(state_->mutex);
    const int64_t now = state_->clock.NowMicros();
    state_->delayed.emplace(now + (delay_us > 0 ? delay_us : 0), std::move(task));
}

bool SimExecutor::Step() {
    Task task;
    {
        MutexLock lock(state_->mutex);
        state_->MakeDueReady();
        if (state_->ready.empty() && !state_->delayed.empty()) {
            state_->clock.Set(state_->delayed.begin()->first);
            state_->MakeDueReady();
        }
        if (state_->ready.empty()) return false;
        const size_t pick = state_->random.Below(state_->ready.size());
        task = std::move(state_->ready[pick]);
        state_->ready.erase(state_->ready.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    task();
    return true;
}

void SimExecutor::RunReady() {
    while (true) {
        {
            MutexLock lock(state_->mutex);
            state_->MakeDueReady();
            if (state_->ready.empty()) return;
        }
        Step();
    }
}

void SimExecutor::RunFor(int64_t us) {
    const int64_t end = state_->clock.NowMicros() + us;
    while (true) {
        RunReady();
        {
            MutexLock lock(state_->mutex);
            if (state_->delayed.empty() || state_->delayed.begin()->first > end) break;
        }
        Step();
    }
    if (state_->clock.NowMicros() < end) state_->clock.Set(end);
}

void SimExecutor::DropAll() {
    std::vector<Task> ready;
    std::multimap<int64_t, Task> delayed;
    MutexLock lock(state_->mutex);
    ready.swap(state_->ready);
    delayed.swap(state_->delayed);
}

}  // namespace blasty::exec
