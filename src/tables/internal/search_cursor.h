// A search table of a connection, and a search that runs over it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tables/internal/prepared.h"
#include "tables/internal/search_tables.h"
#include "tables/schema.h"
#include "tables/search_module.h"

namespace blasty::tables::internal {

// Reads rows of the base table by their key, in the snapshot of the connection.
class BaseRow {
  public:
    Status Prepare(sqlite3* db, const Table& table, const std::vector<std::string>& columns);
    // INDEX_DAMAGED when there is no such row.
    Status Find(sqlite3* db, std::string_view key);
    // Until the next Find or Forget.
    sqlite3_value* Column(int column) const;
    void Forget();

  private:
    Prepared statement_;
};

// As SQLite knows it; made when a statement first uses it, gone when the schema changes.
struct SearchVtab : sqlite3_vtab {
    SearchVtab(SearchTables& owner, std::string name, Result<SearchTable> over);
    ~SearchVtab();
    SearchVtab(const SearchVtab&) = delete;
    SearchVtab& operator=(const SearchVtab&) = delete;

    int columns() const { return over.ok() ? static_cast<int>(over->columns.size()) : 0; }
    // Places of the hidden columns: the one named as the table, and `rank`.
    int query_column() const { return columns(); }
    int rank_column() const { return columns() + 1; }
    // CREATE TABLE for SQLite, types and collations as the base table has them.
    std::string Declaration() const;
    // Keeps the error for the statement; returns the code for SQLite.
    int Fail(const Status& status);

    Result<Sequence> Position();
    Result<std::unique_ptr<BaseRow>> TakeBaseRow();

    SearchTables& owner;
    const std::string name;
    const Result<SearchTable> over;  // an error: why nothing can be found in it
    std::optional<Table> base;       // since the first search
    std::unique_ptr<Prepared> position;
    std::vector<std::unique_ptr<BaseRow>> idle;  // not in use by a cursor
};

struct SearchCursor : sqlite3_vtab_cursor {
    explicit SearchCursor(SearchVtab& vtab);
    ~SearchCursor();
    SearchCursor(const SearchCursor&) = delete;
    SearchCursor& operator=(const SearchCursor&) = delete;

    Status Find(std::string_view text, uint64_t rows_likely);
    Status Next();
    // Of the row of the base table.
    Result<sqlite3_value*> Column(int column);
    Result<int64_t> Rowid() const;
    // Names the cursor and its present row: the value of the hidden column, which the functions
    // find the row by.
    int64_t Token() const;
    bool IsAt(int64_t token) const { return !eof && token == Token(); }

    SearchVtab& table;
    const int64_t number;
    std::unique_ptr<SearchRows> rows;
    std::unique_ptr<BaseRow> row;
    int64_t row_number = 0;  // from 1
    bool has_row = false;    // `row` stands at the present one
    bool eof = true;
};

}  // namespace blasty::tables::internal
