// What the calls of the Sql service share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"
#include "engine/engine.h"
#include "rpc/internal/commit_waiters.h"
#include "rpc/internal/read_gate.h"
#include "rpc/internal/statement_pool.h"
#include "rpc/stream_set.h"
#include "tables/query.h"

namespace blasty::rpc {

// Outlives the calls.
struct SqlParts {
    engine::Engine& engine;
    StreamSet& streams;
    StatementPool& reads;  // SELECTs: as many threads as there are pooled connections
    ReadGate& gate;        // before a query may open
    StatementPool& bulk;   // history and backups
    CommitWaiters& commits;
    int64_t client_idle_us;  // of RpcServerOptions
    std::atomic<size_t> changes_calls{0};

    tables::Tables& tables() const { return engine.tables(); }
};

// A query that may be cancelled while another thread reads it. Thread-safe.
class RunningQuery {
  public:
    using Ptr = std::shared_ptr<tables::Query>;
    // CANCELLED when Cancel came before.
    Status Set(std::unique_ptr<tables::Query> query) {
        MutexLock lock(mutex_);
        if (cancelled_) return Cancelled();
        query_ = std::move(query);
        return OkStatus();
    }
    Ptr Get() {
        MutexLock lock(mutex_);
        return query_;
    }
    // Gives the connection back, once nobody else reads.
    void Reset() {
        Ptr last;  // destroyed after the lock
        MutexLock lock(mutex_);
        last.swap(query_);
    }
    void Cancel() {
        Ptr running;
        {
            MutexLock lock(mutex_);
            cancelled_ = true;
            running = query_;
        }
        if (running != nullptr) running->Cancel();
    }
    static Status Cancelled() {
        return MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled");
    }

  private:
    Mutex mutex_;
    bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
    Ptr query_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
