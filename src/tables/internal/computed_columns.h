// The values of VIRTUAL generated columns, which SQLite computes when a row is read: of a row that
// a connection is just changing, where nothing may be read.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <vector>

#include "base/status.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::tables::internal {

// Which columns of `table` are VIRTUAL, in its order; empty: none.
Result<std::vector<bool>> VirtualColumns(sqlite3* db, const Table& table);

// SQLite computes them itself, in a table of the same definition in a database in memory. One
// thread.
class ComputedColumns {
  public:
    // `table` must outlive it.
    static Result<std::unique_ptr<ComputedColumns>> Make(const Table& table,
                                                         std::vector<bool> is_virtual);
    ~ComputedColumns();
    ComputedColumns(const ComputedColumns&) = delete;
    ComputedColumns& operator=(const ComputedColumns&) = delete;

    // Puts the missing ones into `row`, which has the others of the table in their places. The
    // bytes stay until the next call. SQL_ERROR: an expression fails for this row.
    Status Fill(std::vector<ValueView>* row);

  private:
    ComputedColumns(const Table& table, std::vector<bool> is_virtual)
        : table_(table), is_virtual_(std::move(is_virtual)) {}
    Status Prepare();
    Status Run(sqlite3_stmt* statement);

    const Table& table_;
    const std::vector<bool> is_virtual_;
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* select_ = nullptr;  // on its row after Fill
    sqlite3_stmt* remove_ = nullptr;
};

}  // namespace blasty::tables::internal
