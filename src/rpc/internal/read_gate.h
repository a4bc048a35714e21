// Lets as many queries be open as there are connections for them. A query that waited for a
// connection on a thread of the pool would keep that thread from those that could give one back.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "rpc/internal/statement_pool.h"

namespace blasty::rpc {

// Thread-safe.
class ReadGate {
  public:
    ReadGate(StatementPool& pool, size_t open_max, size_t waiting_max)
        : pool_(pool), open_max_(open_max), waiting_max_(waiting_max) {}

    // Runs `task` on the pool, now or when others have left; then Leave must be called once.
    // OVERLOADED (RESOURCE_EXHAUSTED) when too many wait: it never runs.
    Status Enter(exec::Task task) {
        {
            MutexLock lock(mutex_);
            if (open_ >= open_max_) {
                if (waiting_.size() >= waiting_max_) {
                    return MakeError(
                        StatusCode::kResourceExhausted, "OVERLOADED",
                        StrCat(waiting_max_, " queries wait already; try again later"));
                }
                waiting_.push_back(std::move(task));
                return OkStatus();
            }
            ++open_;
        }
        pool_.PostAnyway(std::move(task));
        return OkStatus();
    }
    void Leave() {
        exec::Task next;
        {
            MutexLock lock(mutex_);
            if (waiting_.empty()) {
                --open_;
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        pool_.PostAnyway(std::move(next));
    }

  private:
    StatementPool& pool_;
    const size_t open_max_;
    const size_t waiting_max_;
    Mutex mutex_;
    size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
    std::deque<exec::Task> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
