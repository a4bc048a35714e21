// A statement of our own on a bare connection.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace blasty::tables::internal {

// One thread. The connection must outlive it.
class Prepared {
  public:
    Prepared() = default;
    ~Prepared() { sqlite3_finalize(statement_); }
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;

    Status Prepare(sqlite3* db, std::string_view sql);
    sqlite3_stmt* get() const { return statement_; }
    // `text` must outlive the statement.
    void Bind(int index, std::string_view text);
    // SQLITE_ROW, SQLITE_DONE or an error code.
    int Step() { return sqlite3_step(statement_); }
    // Done with its row; it may be stepped again.
    void Reset() { sqlite3_reset(statement_); }
    int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
    // Until the next Step.
    std::string_view Text(int column) const;

  private:
    sqlite3_stmt* statement_ = nullptr;
};

}  // namespace blasty::tables::internal
