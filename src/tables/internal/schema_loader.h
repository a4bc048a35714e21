// Reads the schema of a tables.db as SQLite and the meta tables have it.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tables/schema.h"

namespace blasty::tables::internal {

class Handle;

// The schema that `handle` sees now. Its guard must not refuse reading the meta tables and the
// pragma functions. TABLES_DAMAGED when a table has no id.
Result<SchemaPtr> LoadSchema(Handle& handle);

// Tables of `main` as SQLite has them, ids not looked at (0): what a schema statement made.
// Those of ours and of SQLite are left out, and search tables.
Result<std::vector<Table>> LoadTables(sqlite3* db);

// Affinity of a declared type, by SQLite's rules (datatype3.html, 3.1). `strict`: of a STRICT
// table.
Affinity AffinityOf(std::string_view declared_type, bool strict);

// The collations by which the key columns are unique, in key order: those of the primary key's
// index, which may differ from the columns' own.
Result<std::vector<std::string>> KeyCollations(sqlite3* db, const Table& table);

// "a""b" for a"b.
std::string QuotedName(std::string_view name);

}  // namespace blasty::tables::internal
