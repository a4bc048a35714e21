// First evaluations of queries that are not filters: on the pool, a bounded number at a time, so
// that nobody's events wait for a slow one. Commits go on meanwhile; the live thread remembers
// those that touch the feed, and works them in when it takes the result (Reevaluator::SetFirst).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "live/internal/core.h"
#include "live/internal/environment.h"

namespace blasty::live::internal {

// Thread-safe.
class FirstResults {
  public:
    // Must outlive it.
    explicit FirstResults(Core& core) : core_(core) {}
    // Works off what is queued (Core::first_results): one slot's work. Each result goes to the live
    // thread as a command.
    void Run();

  private:
    using Slot = std::array<std::unique_ptr<Environment>, 2>;  // kPlain, kKeyed; kept for the next

    std::unique_ptr<Slot> TakeSlot();
    Status Evaluate(Slot& slot, FirstResult* first);

    Core& core_;
    Mutex mutex_;
    std::vector<std::unique_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::live::internal
