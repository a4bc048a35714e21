// SQLite databases in memory with the empty tables of a schema: where queries are compiled.
#pragma once

#include <sqlite3.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "live/internal/schema_change.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// SQL_ERROR (INVALID_ARGUMENT) with the message of `db`; LIVE_REFUSED when one of our functions
// refused; RESOURCE_EXHAUSTED when memory is out.
Status SqlError(sqlite3* db, int code);
Status LiveRefused(std::string_view message);

Status Execute(sqlite3* db, const std::string& sql);

// Opens `*db` (to be closed even after an error) with the functions of live queries, the tables of
// `schema` and its views. Indexes and triggers are left out: nothing is ever in the tables.
Status OpenMemory(const tables::Schema& schema, sqlite3** db);

// Brings such a database to the next schema. No statement may be running.
Status ChangeMemory(sqlite3* db, const SchemaChange& change);

// The views among `objects` once more, in temp, so that they see what shadows the tables there.
Status MakeTempViews(sqlite3* db, const std::vector<tables::SchemaObject>& objects);
Status DropTempViews(sqlite3* db, const std::vector<tables::SchemaObject>& objects);

}  // namespace blasty::live::internal
