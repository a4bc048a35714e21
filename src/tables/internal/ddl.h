// Schema statements: executed inside an open transaction, checked, and tables given their ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/internal/capture.h"
#include "tables/internal/handle.h"
#include "tables/internal/record_codec.h"
#include "tables/schema.h"

namespace blasty::tables::internal {

// One transaction of schema statements, the same steps when a user says them and when a replay
// repeats them. One thread; the transaction is the caller's, who rolls back after any error.
class SchemaEdit {
  public:
    // `capture` (null: replay) must be in mode kTouched. Both must outlive it.
    SchemaEdit(Handle& handle, Capture* capture, SchemaPtr before);

    // Executes one statement. SQL_ERROR, STATEMENT_REFUSED, PRIMARY_KEY_MISSING with the mended
    // statement, CONSTRAINT_FAILED.
    Status Execute(std::string_view sql, Access access);
    // Nothing changed (CREATE … IF NOT EXISTS).
    bool empty() const { return statements_.empty(); }
    // For the record; views into this.
    SchemaChange Change() const;
    // Stores ids and shapes as of `sequence`, the record of the change, and loads the schema.
    Result<SchemaPtr> Finish(Sequence sequence);

  private:
    Result<int64_t> Version();
    // Compares the tables before and after a statement.
    Status Compare(std::string_view sql, std::string_view made_search);
    Status CheckTable(const Table& table, std::string_view sql) const;
    Status CheckNames();
    // That what search indexes are over is still there. `made`: the index made just now, or "".
    Status CheckSearch(const std::vector<Table>& after, std::string_view made);
    Status CheckTouched(const std::vector<Table>& after) const;
    // Rows from before ALTER TABLE … ADD COLUMN lack the new value, which the old images would then
    // miss: writes them in full.
    Status FillColumn(const Table& table);

    Handle& handle_;
    Capture* const capture_;
    struct Known {
        Table table;
        bool reshaped = false;
    };
    std::vector<Known> tables_;  // as after the statements so far
    std::vector<std::string> statements_;
    std::vector<TableId> created_;
    std::vector<TableId> dropped_;
    uint32_t next_table_ = 0;  // 0: not read
};

}  // namespace blasty::tables::internal
