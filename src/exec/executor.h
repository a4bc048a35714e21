// Where work runs, replaceable: a pool of threads (real) or a seeded simulation (tests) that
// decides the order of everything posted and moves a clock of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace blasty::exec {

using Task = std::function<void()>;

// Thread-safe. Tasks may post tasks. No order is promised between tasks (see SerialExecutor).
class Executor {
  public:
    virtual ~Executor() = default;
    virtual void Post(Task task) = 0;
    // Runs `task` once, not before `delay_us` from now. Dropped when the executor stops first.
    virtual void PostAfter(int64_t delay_us, Task task) = 0;
};

}  // namespace blasty::exec
