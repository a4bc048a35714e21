// A seeded simulation of threads and time: tasks run one at a time on the caller's thread, in an
// order drawn from the seed; when nothing is ready the clock jumps to the next delayed task. The
// same seed gives the same run.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "exec/executor.h"

namespace blasty::exec {

class SimExecutor : public Executor {
  public:
    explicit SimExecutor(uint64_t seed);
    ~SimExecutor() override;
    void Post(Task task) override;
    void PostAfter(int64_t delay_us, Task task) override;
    ManualClock& clock();
    // Runs one task; false when none is ready and none delayed.
    bool Step();
    // Runs until nothing is ready, without moving the clock.
    void RunReady();
    // Runs what is ready and what falls due within the next `us`; the clock ends there.
    void RunFor(int64_t us);
    // Forgets everything posted (a crash).
    void DropAll();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace blasty::exec
