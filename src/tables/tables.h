// The SQL tables of one database: a view of its log, kept in SQLite. Every committed change of a
// row is a record of the log before SQLite has it (architecture.md, section 5).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "exec/executor.h"
#include "io/file_system.h"
#include "log/log.h"
#include "tables/commit.h"
#include "tables/connection.h"
#include "tables/query.h"
#include "tables/request.h"
#include "tables/schema.h"
#include "tables/search_module.h"

namespace blasty::tables {

struct TablesOptions {
    std::string directory;  // of the database: `tables.db` (and its WAL) inside
    int64_t statement_timeout_us = 30'000'000;
    uint64_t result_rows_max = 10'000'000;   // of one query
    uint64_t write_rows_max = 1'000'000;     // row changes of one request: REQUEST_TOO_LARGE
    uint64_t write_bytes_max = 64ull << 20;  // images of one request: REQUEST_TOO_LARGE
    uint64_t statement_memory_max = 256
                                    << 20;  // SQLite's heap for sorts and the like, all together
    size_t queue_requests_max = 10'000;     // OVERLOADED above
    size_t queue_bytes_max = 64 << 20;
    int readers = 4;                          // pooled read connections
    uint64_t wal_bytes_max = 256ull << 20;    // writers wait for a checkpoint above
    int64_t request_window_us = 120'000'000;  // for WriteRequest::id
    size_t request_ids_max = 1'000'000;
    // How long the changes of tables stay readable (history, resuming); at least the log's segment.
    int64_t history_age_us = 7ll * 86'400'000'000;
    // Answers MATCH; null: search indexes cannot be created, and answer nothing.
    std::shared_ptr<SearchModule> search = nullptr;
    // No threads: the owner calls RunQueued (deterministic simulation).
    bool manual = false;
};

struct TablesStats {
    uint64_t tables = 0;
    uint64_t commits = 0, requests = 0, failed = 0, duplicates = 0, rows_changed = 0;
    uint64_t queries = 0, rows_read = 0;
    uint64_t wal_bytes = 0, checkpoints = 0;
    Sequence applied;  // last table commit that can be seen
    Sequence durable;  // SQLite's own files survive a power cut up to here
};

// Thread-safe. Calls that return Result may block (on the disk, on a busy reader) and belong on a
// pool that may; Execute never does.
class Tables {
  public:
    // Opens tables.db, creates it when missing, and applies what the log holds after its applied
    // sequence, row image by row image. `log` must be open, nothing may have been appended to it by
    // others since that would race with the replay. All arguments must outlive the object.
    // TABLES_DAMAGED (DATA_LOSS): the file does not fit the log. When tables.db is missing or set
    // aside while the log no longer holds everything: TABLES_DAMAGED as well, naming the remedy.
    static Result<std::unique_ptr<Tables>> Open(io::FileSystem& fs, const TablesOptions& options,
                                                log::Log& log, exec::Executor& executor,
                                                const Clock& clock);
    ~Tables();
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    // Queues a request for the writer. `done` runs exactly once, perhaps before Execute returns
    // (when refused). Errors: SQL_ERROR (INVALID_ARGUMENT: what SQLite says, with the place),
    // CONSTRAINT_FAILED (FAILED_PRECONDITION), PRIMARY_KEY_MISSING, PRIMARY_KEY_NULL,
    // STATEMENT_REFUSED (PERMISSION_DENIED), STATEMENT_TIMEOUT (DEADLINE_EXCEEDED), CANCELLED,
    // ROW_CHANGED, REQUEST_TOO_LARGE, OVERLOADED, LOG_STOPPED, TABLES_STOPPED (UNAVAILABLE).
    // A failing request leaves nothing behind; others of its group are untouched.
    // `cancelled`, when given and set, stops it before or while it runs.
    void Execute(WriteRequest request, WriteDone done,
                 std::shared_ptr<std::atomic<bool>> cancelled = nullptr);
    Result<WriteResult> ExecuteAndWait(WriteRequest request);

    // Starts a query on a snapshot. The rows come from Query::Next. Errors as above, and
    // SEQUENCE_AHEAD (OUT_OF_RANGE): at_least is not in the log.
    Result<std::unique_ptr<Query>> Read(const ReadRequest& request);
    // Whether a statement only reads: what decides between Read and Execute. Errors of preparing
    // it.
    Result<bool> IsReadOnly(const std::string& sql);

    SchemaPtr schema() const;
    // Sequence of the last table commit that can be seen.
    Sequence applied() const;
    // Waits until everything of tables up to `sequence` can be seen. DEADLINE_EXCEEDED.
    Status WaitApplied(Sequence sequence, int64_t timeout_us);
    // Called after each commit became visible, on the writer's thread: short, not blocking. Stays
    // until Close: what it uses must outlive the tables, or be held weakly.
    void AddCommitListener(std::function<void(Sequence applied)> listener);

    // A connection of its own to read with, for live queries. Must be gone before Close.
    Result<std::unique_ptr<Connection>> OpenConnection();

    // Changes from this sequence on can be read from the log; older ones may be gone. Only grows,
    // also across restarts.
    Sequence history_from() const;
    // The first sequence that records of tables must be kept from: of what SQLite has not durably
    // applied, and of history. Read by retention; see topics::TopicsOptions::tables_keep_from.
    Sequence keep_from() const;
    // Writes a consistent copy of tables.db to `path` (a file that does not exist) and returns the
    // sequence it stands at.
    Result<Sequence> CopyTo(const std::string& path);

    // Why nothing can be written, or ok.
    Status health() const;
    TablesStats stats() const;
    // Moves the WAL into tables.db, durably, and gives up history that is too old. Also done in the
    // background.
    Status Checkpoint();
    // Executes what is queued on the caller's thread. REQUIRES options.manual.
    void RunQueued();
    // Refuses new requests, finishes those queued, checkpoints. Called by the destructor too.
    void Close();

  private:
    struct Impl;
    explicit Tables(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::tables
