// A piece of work done again and again on an executor: at intervals, and soon when asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "exec/executor.h"

namespace blasty::tables::internal {

// Thread-safe. Never runs twice at the same time.
class Repeating {
  public:
    // Without `executor` it runs only when asked, on the caller's thread.
    Repeating(exec::Executor* executor, int64_t every_us, std::function<void()> work);
    // Stops.
    ~Repeating();
    Repeating(const Repeating&) = delete;
    Repeating& operator=(const Repeating&) = delete;
    void Start();
    // Runs it soon; once when asked several times meanwhile.
    void Kick();
    // Waits for a run that is going on; none follows. Not from the work itself.
    void Stop();

  private:
    struct State;
    static void Run(const std::shared_ptr<State>& state);
    static void Tick(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;
};

}  // namespace blasty::tables::internal
