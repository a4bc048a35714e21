// Runs one object's work on a pool, never twice at once, however often it is asked for.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "rpc/task_group.h"

namespace blasty::compat {

// Thread-safe.
class Turns {
  public:
    // The group must outlive every use.
    explicit Turns(rpc::TaskGroup& pool) : pool_(pool) {}

    // `owner->Turn()` will be called after this. `owner` holds this object.
    template <typename Owner>
    void Ask(std::shared_ptr<Owner> owner) {
        State state = state_.load();
        while (true) {
            if (state == State::kAsked || state == State::kRunningAsked) return;
            const State next = state == State::kIdle ? State::kAsked : State::kRunningAsked;
            if (state_.compare_exchange_weak(state, next)) break;
        }
        if (state == State::kIdle) Post(std::move(owner));
    }

  private:
    enum class State { kIdle, kAsked, kRunning, kRunningAsked };

    template <typename Owner>
    void Post(std::shared_ptr<Owner> owner) {
        pool_.Post([this, owner = std::move(owner)] {
            state_.store(State::kRunning);
            owner->Turn();
            State running = State::kRunning;
            if (state_.compare_exchange_strong(running, State::kIdle)) return;
            state_.store(State::kAsked);
            Post(owner);
        });
    }

    rpc::TaskGroup& pool_;
    std::atomic<State> state_{State::kIdle};
};

}  // namespace blasty::compat
