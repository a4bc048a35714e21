// Threads for statements: what may block on the disk, on SQLite, or on a busy connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "base/strings.h"
#include "exec/worker_pool.h"
#include "rpc/grpc_status.h"

namespace blasty::rpc {

// Thread-safe.
class StatementPool {
  public:
    StatementPool(const std::string& name, int threads, size_t waiting_max)
        : pool_({.name = name, .threads = threads}), waiting_max_(waiting_max) {}

    // OVERLOADED (RESOURCE_EXHAUSTED) when too many wait: then the task is dropped.
    template <typename Task>
    Status Post(Task task) {
        if (waiting_.fetch_add(1, std::memory_order_relaxed) >= waiting_max_) {
            waiting_.fetch_sub(1, std::memory_order_relaxed);
            return MakeError(StatusCode::kResourceExhausted, "OVERLOADED",
                             StrCat(waiting_max_, " statements wait already; try again later"));
        }
        PostAnyway([this, task = std::move(task)]() mutable {
            waiting_.fetch_sub(1, std::memory_order_relaxed);
            task();
        });
        return OkStatus();
    }
    // What goes on with something that was admitted.
    void PostAnyway(exec::Task task) { pool_.Post(std::move(task)); }
    // Dropped by Stop.
    void PostAfter(int64_t delay_us, exec::Task task) {
        pool_.PostAfter(delay_us, std::move(task));
    }
    // Runs what is posted, then joins the threads. Later tasks are dropped.
    void Stop() { pool_.Stop(); }

  private:
    exec::WorkerPool pool_;
    const size_t waiting_max_;
    std::atomic<size_t> waiting_{0};
};

}  // namespace blasty::rpc
