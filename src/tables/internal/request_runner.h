// Runs one request inside the open transaction of its group, within a savepoint of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/status.h"
#include "tables/internal/store.h"
#include "tables/request.h"

namespace blasty::tables::internal {

struct Job {
    WriteRequest request;
    WriteDone done;
    std::shared_ptr<std::atomic<bool>> cancelled;
    int64_t queued_us = 0;  // monotonic
    size_t bytes = 0;       // about what it takes in the queue
};

struct Ran {
    enum class How {
        kDone,    // its changes are in the capture and in the transaction
        kFailed,  // nothing of it is left
        kSchema,  // it begins with a schema statement and did nothing: run it alone
        kLost,    // it failed and SQLite undid the whole transaction
    };
    How how = How::kFailed;
    Status status;
    WriteResult result;  // kDone, without the sequence
};

// Of the writer's thread. All arguments must outlive it.
class RequestRunner {
  public:
    RequestRunner(Store& store, const TablesOptions& options, const Clock& clock)
        : store_(store), options_(options), clock_(clock) {}

    Ran Run(const Job& job);
    // Arms the guard of the connection with the limits of the job. STATEMENT_TIMEOUT, CANCELLED.
    Status Arm(const Job& job);

  private:
    Ran RunCounted(const Job& job);
    Status RunInSavepoint(const Job& job, Ran* ran);
    Status CheckConditions(const std::vector<RowCondition>& conditions);
    Status RunStatement(Statement& statement, const StatementView& text, bool first, Ran* ran);
    Status Collect(Statement& statement, StatementResult* result);
    // The error that matters when a statement failed or a limit was passed.
    Status Verdict(Status status) const;
    Status Simple(std::optional<Statement>& statement, const char* sql);

    Store& store_;
    const TablesOptions& options_;
    const Clock& clock_;
    std::optional<Statement> savepoint_, release_, undo_;
    size_t result_bytes_ = 0;  // of the request that runs
};

}  // namespace blasty::tables::internal
