// Tasks one after another, in the order posted, on the threads of another executor: order without a
// thread of its own.
#pragma once

#include <memory>

#include "exec/executor.h"

namespace blasty::exec {

// Thread-safe. The executor below must outlive every task posted here; this object need not.
class SerialExecutor {
  public:
    explicit SerialExecutor(Executor& below);
    void Post(Task task);

  private:
    struct Queue;
    std::shared_ptr<Queue> queue_;
};

}  // namespace blasty::exec
