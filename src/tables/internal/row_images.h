// Reads the images of rows from SQLite's preupdate hook, as the log has them.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/internal/computed_columns.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::tables::internal {

// A column that the hook does not tell exactly in tables of this shape, or null. SQLite 3.40 takes
// affinity and rowid from the column whose place in the table is that of this one in the record
// (keys of WITHOUT ROWID tables come first there, VIRTUAL columns are not in it).
const Column* MisreadColumn(const Table& table, const std::vector<bool>& is_virtual);

// Of one connection, used by its thread.
class RowImages {
  public:
    enum class Side { kOld, kNew };

    explicit RowImages(sqlite3* db) : db_(db) {}
    RowImages(const RowImages&) = delete;
    RowImages& operator=(const RowImages&) = delete;

    // The tables as they are from now on. Not within the hook.
    void SetSchema(SchemaPtr schema);
    // Within the hook: appends the image to `row`. PRIMARY_KEY_NULL, SQL_ERROR (a VIRTUAL column
    // cannot be computed), STATEMENT_REFUSED (a value that is not told exactly).
    Status Append(const Table& table, int operation, Side side, std::string* row);
    // Appends the key of the image that was appended last; `row` and `key` may be one.
    void AppendKey(const Table& table, const std::string& row, std::string* key) const;

  private:
    // Of a table that has VIRTUAL columns.
    struct Shape {
        std::vector<int> stored;  // places in the record; -1: VIRTUAL
        Status status;            // why its images cannot be made, or ok
        std::unique_ptr<ComputedColumns> computed;
    };
    Shape* ShapeOf(const Table& table);
    Status Read(const Table& table, int operation, Side side, Shape* shape);

    sqlite3* const db_;
    SchemaPtr schema_;
    absl::flat_hash_map<TableId, std::unique_ptr<Shape>> shapes_;
    std::vector<ValueView> values_;  // of the row that is read
    size_t begin_ = 0;               // of the image appended last
    std::vector<size_t> ends_;       // of its columns
};

}  // namespace blasty::tables::internal
