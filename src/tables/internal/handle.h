// A connection to tables.db through our VFS with all our settings.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tables/internal/guard.h"
#include "tables/internal/heap.h"
#include "tables/internal/search_tables.h"
#include "tables/internal/statement.h"
#include "tables/internal/statement_cache.h"
#include "tables/internal/vfs.h"

namespace blasty::tables::internal {

class RowVersions;

struct HandleOptions {
    std::string path;
    bool writable = false;       // else `main` cannot be written (temp can)
    bool guarded = true;         // with the handlers of the guard, and blasty_version()
    HeapBudget* heap = nullptr;  // null: no limit; must outlive the handle
    int64_t page_cache_bytes = 8 << 20;
    std::shared_ptr<SearchModule> search = nullptr;  // null: search tables answer nothing
};

// WAL mode, synchronous NORMAL, no automatic checkpoints, foreign keys on, temporary things in
// memory, no extensions, defensive. One thread at a time. `vfs` must outlive it.
class Handle {
  public:
    // Creates the file when writable and missing. TABLES_DAMAGED, IO_ERROR, NO_SPACE.
    static Result<std::unique_ptr<Handle>> Open(Vfs& vfs, const HandleOptions& options);
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    sqlite3* db() const { return db_; }
    Guard& guard() { return guard_; }
    HeapAccount& heap() { return heap_; }
    StatementCache& cache() { return cache_; }
    SearchTables& search() { return *search_; }

    // From the cache, or prepared and kept there.
    Result<Statement> Cached(std::string_view sql, Access access);
    // Our own statements, one or several, without parameters; rows are thrown away.
    Status Execute(const char* sql);
    // The error a call on db() ended with, as ours: refusals, interruptions and the heap's limit
    // with their reason.
    Status Error(int code);

  private:
    explicit Handle(Vfs& vfs, const HandleOptions& options);
    Status Configure(const HandleOptions& options);

    Guard guard_;
    HeapAccount heap_;
    std::unique_ptr<SearchTables> search_;  // outlives db_
    sqlite3* db_ = nullptr;
    StatementCache cache_;
    std::unique_ptr<RowVersions> versions_;  // null: not guarded
};

}  // namespace blasty::tables::internal
