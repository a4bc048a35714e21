// The read connections of a database and the queries that run on them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tables/connection.h"
#include "tables/internal/connection_impl.h"
#include "tables/internal/handle.h"
#include "tables/internal/vfs.h"
#include "tables/query.h"
#include "tables/request.h"

namespace blasty::tables::internal {

struct Reader;

struct ReadPoolOptions {
    std::string path;  // of tables.db
    // Connections that are kept. While results of theirs are open that nobody fetches from, further
    // ones are opened for others, up to kOpenPerReader times as many in all.
    int readers = 4;
    int64_t statement_timeout_us = 30'000'000;
    uint64_t result_rows_max = 10'000'000;
    HeapBudget* heap = nullptr;
    std::shared_ptr<SearchModule> search = nullptr;
    // Waits until everything of tables up to `sequence` can be seen, or says why not:
    // SEQUENCE_AHEAD, DEADLINE_EXCEEDED. May be empty: then at_least is not waited for.
    std::function<Status(Sequence sequence, int64_t timeout_us)> wait;
};

// Thread-safe. tables.db with its meta tables must exist. `vfs` must outlive it, and it every query
// and connection.
class ReadPool {
  public:
    ReadPool(Vfs& vfs, ReadPoolOptions options);
    ~ReadPool();
    ReadPool(const ReadPool&) = delete;
    ReadPool& operator=(const ReadPool&) = delete;

    // See Tables::Read. OVERLOADED when no connection became free in time.
    Result<std::unique_ptr<Query>> Read(const ReadRequest& request);
    // See Tables::IsReadOnly.
    Result<bool> IsReadOnly(const std::string& sql);
    // A connection of its own (not one of the pool's).
    Result<std::unique_ptr<Connection>> OpenConnection();

    uint64_t queries() const { return queries_.load(std::memory_order_relaxed); }
    uint64_t rows_read() const { return rows_read_.load(std::memory_order_relaxed); }

  private:
    friend class PooledQuery;
    Result<std::unique_ptr<Reader>> Take(int64_t deadline_us);
    void GiveBack(std::unique_ptr<Reader> reader);
    int open_max() const { return options_.readers * kOpenPerReader; }

    Vfs& vfs_;
    const ReadPoolOptions options_;
    Mutex mutex_;
    CondVar freed_;
    std::vector<std::unique_ptr<Reader>> idle_ ABSL_GUARDED_BY(mutex_);
    int opened_ ABSL_GUARDED_BY(mutex_) = 0;
    std::atomic<uint64_t> queries_{0};
    std::atomic<uint64_t> rows_read_{0};
};

}  // namespace blasty::tables::internal
