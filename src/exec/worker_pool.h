// Threads that run posted tasks, and one more that waits for the delayed ones.
#pragma once

#include <memory>
#include <string>

#include "exec/executor.h"

namespace blasty::exec {

struct WorkerPoolOptions {
    std::string name;  // of the threads, 15 characters are kept
    int threads = 2;
};

class WorkerPool : public Executor {
  public:
    explicit WorkerPool(const WorkerPoolOptions& options);
    // Stops.
    ~WorkerPool() override;
    void Post(Task task) override;
    void PostAfter(int64_t delay_us, Task task) override;
    // Runs what was posted already, drops delayed tasks, joins the threads. Later posts are
    // dropped. Not from a task.
    void Stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace blasty::exec
