// Executes a group of requests in one transaction and commits it: to the log first, then to SQLite.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "log/log.h"
#include "tables/internal/request_ids.h"
#include "tables/internal/request_runner.h"
#include "tables/internal/store.h"
#include "tables/internal/visibility.h"

namespace blasty::tables::internal {

struct CommitterCounts {
    std::atomic<uint64_t> commits{0}, requests{0}, failed{0}, duplicates{0}, rows_changed{0};
};

// Of the writer's thread, but for AddListener, health() and counts(), which are thread-safe. All
// arguments must outlive it.
class Committer {
  public:
    using Listener = std::function<void(Sequence applied)>;

    Committer(Store& store, log::Log& log, Visibility& visibility, const TablesOptions& options,
              const Clock& clock);

    // Executes the first jobs, as many as go together, commits and answers them; takes them from
    // the queue. REQUIRES that it is not empty.
    void CommitGroup(std::deque<Job>& jobs);
    // Stores that everything up to `sequence` has been seen, so that a restart need not look there.
    // REQUIRES that no group runs.
    Status NoteSeen(Sequence sequence);
    // From any thread.
    void AddListener(Listener listener);

    // TABLES_STOPPED with the cause, or ok.
    Status health() const;
    const CommitterCounts& counts() const { return counts_; }
    // What the newest group put into the log.
    size_t commit_bytes() const { return commit_bytes_; }

  private:
    struct Entry {
        std::optional<Result<WriteResult>> answer;
        bool final = false;     // fails whatever the others do
        bool waits = false;     // its sequence is that of the group
        int duplicate_of = -1;  // of another of the group
    };

    // Runs jobs until the group is full; how many belong to it. 0: the first is a schema change.
    size_t RunGroup(const std::deque<Job>& jobs);
    // False: the group ends before this job.
    bool RunJob(const std::deque<Job>& jobs, size_t at, size_t* end, bool* again);
    bool AnswerDuplicate(const std::deque<Job>& jobs, size_t at);
    void Keep(const Job& job, size_t at, Ran ran);
    // Ends the transaction; the sequence of the answers, or why all fail.
    Result<Sequence> Seal();
    Result<Sequence> SealSchema(const Job& job, WriteResult* result);
    // Appends the batch; then, in the transaction, what `before_commit` does with the sequence of
    // its first record; then COMMIT. What fails after the log has it stops the writer.
    Result<Sequence> Commit(const std::function<Status(Sequence first)>& before_commit);
    Status FinishCommit(Sequence first, Sequence last,
                        const std::function<Status(Sequence first)>& before_commit);
    void CommitSchema(std::deque<Job>& jobs);
    void TellListeners();
    void Answer(std::deque<Job>& jobs, size_t count, const Result<Sequence>& sealed);
    void Stop(const Status& cause);

    Store& store_;
    log::Log& log_;
    Visibility& visibility_;
    const TablesOptions& options_;
    const Clock& clock_;
    RequestRunner runner_;
    RequestIds ids_;
    Sequence told_;  // what the listeners know
    size_t commit_bytes_ = 0;
    Mutex listeners_mutex_;
    // Replaced as a whole: they are called without the lock.
    std::shared_ptr<const std::vector<Listener>> listeners_ ABSL_GUARDED_BY(listeners_mutex_) =
        std::make_shared<std::vector<Listener>>();
    CommitterCounts counts_;

    // Of the group that runs.
    std::vector<Entry> entries_;
    log::Batch batch_;
    struct NewId {
        std::string_view id;  // of a job
        std::string outcome;
    };
    std::vector<NewId> new_ids_;
    absl::flat_hash_map<std::string_view, size_t> ids_of_group_;
    int64_t time_us_ = 0;  // event time of its records

    mutable Mutex mutex_;
    Status stopped_ ABSL_GUARDED_BY(mutex_);
    std::atomic<bool> is_stopped_{false};
};

}  // namespace blasty::tables::internal
