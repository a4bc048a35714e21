// tables.db as its writer has it: the one writing connection and what belongs to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/status.h"
#include "tables/internal/capture.h"
#include "tables/internal/handle.h"
#include "tables/internal/row_statements.h"
#include "tables/internal/vfs.h"
#include "tables/tables.h"

namespace blasty::tables::internal {

// Of the writer's thread (and of Open before it), but for schema(), which is thread-safe.
class Store {
  public:
    // Opens `path`, or creates it when `may_create`. `vfs` must outlive it. TABLES_DAMAGED,
    // IO_ERROR, NO_SPACE.
    static Result<std::unique_ptr<Store>> Open(Vfs& vfs, const std::string& path, bool may_create,
                                               const TablesOptions& options);

    Handle& handle() { return *handle_; }
    Capture& capture() { return *capture_; }
    AllRowStatements& rows() { return *rows_; }
    Sequence applied() const { return applied_; }
    // Whether there ever was a table.
    bool ever_used() const { return ever_used_.load(std::memory_order_relaxed); }
    uint64_t wal_bytes() const { return wal_bytes_.load(std::memory_order_relaxed); }
    void set_wal_bytes(uint64_t bytes) { wal_bytes_.store(bytes, std::memory_order_relaxed); }

    SchemaPtr schema() const;
    // From now on this is the schema, for the other connections too.
    void SetSchema(SchemaPtr schema);

    // Of the open transaction.
    Status SetApplied(Sequence sequence);
    // Ends the transaction, if there still is one, without its changes.
    void Rollback();

  private:
    explicit Store(const TablesOptions& options);
    Status Prepare(bool may_create);
    static int WalHook(void* self, sqlite3* db, const char* database, int pages);

    HeapBudget heap_;  // outlives the handle
    std::unique_ptr<Handle> handle_;
    std::unique_ptr<Capture> capture_;
    std::unique_ptr<AllRowStatements> rows_;
    Sequence applied_;
    std::atomic<bool> ever_used_{false};
    std::atomic<uint64_t> wal_bytes_{0};

    mutable Mutex mutex_;
    SchemaPtr schema_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::tables::internal
