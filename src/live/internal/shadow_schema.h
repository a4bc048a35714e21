// The temp schema of a connection in which a SELECT runs unchanged over rows with keys, or over an
// older state: views that shadow the tables.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "live/internal/schema_change.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// Columns of a result with this prefix are ours: no part of the projection.
inline constexpr std::string_view kKeyColumnPrefix = "__blasty_key_";
inline std::string KeyColumnOf(const tables::Table& table) {
    return std::string(kKeyColumnPrefix) + table.name;
}

// "a ""quoted"" name".
std::string QuoteName(std::string_view name);

// "blasty_key(…)" of the key columns; all columns, with commas between.
std::string KeyCall(const tables::Table& table);
std::string ColumnList(const tables::Table& table);

// A declared type with the affinity and no other meaning.
std::string_view TypeOf(tables::Affinity affinity);

// blasty_key(column, …): the encoded key (value.h) as a BLOB. Date functions that refuse 'now' and
// missing arguments (error "LIVE_REFUSED: …"), so that no result depends on when it was made.
// Once a connection, before any statement is prepared on it.
Status InstallLiveFunctions(sqlite3* db);

// Owns the temp schema of `db`, which must outlive it. One thread at a time.
class ShadowSchema {
  public:
    enum class Mode {
        // temp.T = every column of main.T and KeyColumnOf(T), and row tables (row_tables.h). Runs
        // keyed_sql. Views of the user see main: queries that read them have no keyed_sql.
        kKeyed,
        // As of an older state: temp.T = the rows of main.T whose key is not in the overlay, and
        // the rows of the overlay. Views of the user are made again over it. Runs `sql`.
        kAsOf,
        // The same with key columns, for keyed_sql.
        kAsOfKeyed,
        // Nothing but row tables.
        kRows,
    };
    ShadowSchema(sqlite3* db, Mode mode) : db_(db), mode_(mode) {}
    ShadowSchema(const ShadowSchema&) = delete;
    ShadowSchema& operator=(const ShadowSchema&) = delete;

    // Replaces what was there. Without it (or after Clear) statements see main itself.
    Status Install(const tables::Schema& schema);
    Status Clear();
    // The two halves of a change from the installed schema to the next: when the database has the
    // tables of its own (main), they change in between. After an error: Install.
    Status Drop(const SchemaChange& change);
    Status Create(const SchemaChange& change);
    // kAsOf…: the row of `key` was `row` (encoded, as wide as the table), or absent when empty.
    // The last one of a key counts.
    Status Overlay(const tables::Table& table, std::string_view key, std::string_view row);
    // Forgets all overlays: the present state again.
    Status ClearOverlay();

  private:
    Status CreateTable(const std::shared_ptr<const tables::Table>& table);
    bool as_of() const { return mode_ == Mode::kAsOf || mode_ == Mode::kAsOfKeyed; }

    sqlite3* const db_;
    const Mode mode_;
    std::vector<std::shared_ptr<const tables::Table>> tables_;  // with an overlay
};

}  // namespace blasty::live::internal
