// A read-only SQLite connection to the tables of a database, for those who build on SQLite itself
// (live queries). The only place outside src/tables where SQLite's interface is seen.
#pragma once

#include <sqlite3.h>

#include "base/ids.h"
#include "base/status.h"
#include "tables/schema.h"

namespace blasty::tables {

// One thread at a time. The database `main` cannot be written; the schema `temp` can. Functions
// that reach files are gone. No authorizer is set: set your own.
class Connection {
  public:
    virtual ~Connection() = default;
    virtual sqlite3* handle() = 0;
    // Begins a snapshot and tells its sequence and schema; ends the one before. Statements run in
    // it until EndSnapshot. The schema belongs to exactly that snapshot.
    struct Snapshot {
        Sequence sequence;
        SchemaPtr schema;
    };
    virtual Result<Snapshot> BeginSnapshot() = 0;
    virtual void EndSnapshot() = 0;
};

// Switches off what gives wrong answers in the SQLite at hand: for every connection that evaluates
// queries. (The Bloom filters of SQLite before 3.41 hash texts by their length: with the collation
// RTRIM, by which texts of several lengths are equal, a join loses rows.)
void AvoidUnsound(sqlite3* db);

// An error of SQLite's as ours: SQL_ERROR with its message, or STATEMENT_TIMEOUT, CANCELLED,
// NO_SPACE, IO_ERROR, TABLES_DAMAGED by its code.
Status SqliteError(sqlite3* db, int code);

}  // namespace blasty::tables
