#include "tables/internal/repeating.h"

#include <utility>

#include "base/mutex.h"

namespace blasty::tables::internal {

struct Repeating::State {
    exec::Executor* executor = nullptr;
    int64_t every_us = 0;
    std::function<void()> work;
    Mutex mutex;
    CondVar idle;
    bool stopped ABSL_GUARDED_BY(mutex) = false;
    bool posted ABSL_GUARDED_BY(mutex) = false;
    bool running ABSL_GUARDED_BY(mutex) = false;
    bool again ABSL_GUARDED_BY(mutex) = false;
};

Repeating::Repeating(exec::Executor* executor, int64_t every_us, std::function<void()> work)
    : state_(std::make_shared<State>()) {
    state_->executor = executor;
    state_->every_us = every_us;
    state_->work = std::move(work);
}

Repeating::~Repeating() { Stop(); }

void Repeating::Start() {
    if (state_->executor == nullptr) return;
    state_->executor->PostAfter(state_->every_us, [state = state_] { Tick(state); });
}

void Repeating::Tick(const std::shared_ptr<State>& state) {
    Run(state);
    {
        MutexLock lock(state->mutex);
        if (state->stopped) return;
        // Under the lock: the executor may be gone once Stop has returned.
        state->executor->PostAfter(state->every_us, [state] { Tick(state); });
    }
}

void Repeating::Kick() {
    if (state_->executor == nullptr) return Run(state_);
    MutexLock lock(state_->mutex);
    if (state_->posted || state_->stopped) return;
    state_->posted = true;
    state_->executor->Post([state = state_] { Run(state); });
}

void Repeating::Run(const std::shared_ptr<State>& state) {
    {
        MutexLock lock(state->mutex);
        state->posted = false;
        if (state->stopped) return;
        if (state->running) {
            state->again = true;
            return;
        }
        state->running = true;
    }
    for (bool more = true; more;) {
        state->work();
        MutexLock lock(state->mutex);
        more = std::exchange(state->again, false) && !state->stopped;
        if (!more) {
            state->running = false;
            state->idle.SignalAll();
        }
    }
}

void Repeating::Stop() {
    MutexLock lock(state_->mutex);
    state_->stopped = true;
    while (state_->running) state_->idle.Wait(state_->mutex);
}

}  // namespace blasty::tables::internal
