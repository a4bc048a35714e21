// Reading and writing single rows of a table by their encoded images: for replay and for
// conditional writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/commit.h"
#include "tables/internal/handle.h"
#include "tables/schema.h"

namespace blasty::tables::internal {

// Keys are matched by the collations the primary key is unique by, so that one key is one row. One
// thread. Prepared on first use.
class RowStatements {
  public:
    // `handle` must outlive it.
    RowStatements(Handle& handle, std::shared_ptr<const Table> table)
        : handle_(handle), table_(std::move(table)) {}

    // The encoded row of a key; none: there is no such row.
    Result<std::optional<std::string>> Find(std::string_view key);
    // Does to the table what the change says. TABLES_DAMAGED when not exactly one row changed.
    Status Apply(const RowChange& change);

  private:
    Status Insert(std::string_view row);
    Status Update(std::string_view old_key, std::string_view row);
    Status Delete(std::string_view key);
    Status Prepare(std::optional<Statement>& statement, std::string_view sql);
    // " WHERE key columns = ?N…", numbers from `first`.
    Result<std::string> Where(int first);
    Status BindRow(Statement& statement, std::string_view row, int* next) const;
    static Status BindKey(Statement& statement, std::string_view key, int* next);
    Status RunOnOne(Statement& statement, std::string_view what);

    Handle& handle_;
    const std::shared_ptr<const Table> table_;
    std::optional<Statement> find_, insert_, update_, delete_;
};

// Of all tables of a schema, made when needed.
class AllRowStatements {
  public:
    explicit AllRowStatements(Handle& handle) : handle_(handle) {}
    // Null: no such table.
    RowStatements* Of(TableId table);
    // Forgets the statements of the schema before.
    void SetSchema(SchemaPtr schema);

  private:
    Handle& handle_;
    SchemaPtr schema_;
    absl::flat_hash_map<TableId, std::unique_ptr<RowStatements>> statements_;
};

}  // namespace blasty::tables::internal
