// Temp tables that stand for the tables of a schema with just the rows given: what the deltas of
// incremental queries read.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// One thread at a time. ShadowSchema declares the tables on the same connection.
class RowTables {
  public:
    explicit RowTables(sqlite3* db) : db_(db) {}
    ~RowTables() { Forget(); }
    RowTables(const RowTables&) = delete;
    RowTables& operator=(const RowTables&) = delete;

    static std::string NameOf(const tables::Table& table);
    // The columns of the table with affinities and collations, and KeyColumnOf(table).
    static std::string Declaration(const tables::Table& table);

    Status Clear(const tables::Table& table);
    // An image (encoded, as wide as the table). At most one a key.
    Status PutImage(const tables::Table& table, std::string_view key, std::string_view row);
    // The row of main that has this key now; none: nothing. Rows whose key compares equal under
    // the collation of a column may come with it.
    Status PutPresent(const tables::Table& table, std::string_view key);
    // Lets go of statements: before the schema changes, and before the connection closes.
    void Forget();
    void Forget(tables::TableId table);

  private:
    struct Statements {
        sqlite3_stmt* clear = nullptr;
        sqlite3_stmt* image = nullptr;
        sqlite3_stmt* present = nullptr;
    };
    static void Finalize(const Statements& statements);
    Status Run(const std::string& sql, sqlite3_stmt** statement, std::string_view row,
               std::string_view key);

    sqlite3* const db_;
    absl::flat_hash_map<tables::TableId, Statements> statements_;
};

}  // namespace blasty::live::internal
