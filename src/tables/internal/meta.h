// The tables of our own inside tables.db: what has been applied, ids of tables, requests seen.
// Users cannot see them (guard.h). docs/formats/tables.md describes them.
#pragma once

namespace blasty::tables::internal {

// Names that begin so (ASCII case does not count) are ours.
inline constexpr char kReservedPrefix[] = "__blasty";

inline constexpr int kMetaFormat = 1;

// Executed in one transaction when the file is new. One row of __blasty_state, always.
//   applied     sequence of the last table commit that is in this file
//   schema_at   sequence of the last schema change in it; 0: none yet
//   next_table  id that the next created table gets; ids are never used again
inline constexpr char kCreateMeta[] =
    "CREATE TABLE __blasty_state("
    "id INTEGER PRIMARY KEY CHECK(id = 1), format INTEGER NOT NULL, applied INTEGER NOT NULL,"
    " schema_at INTEGER NOT NULL, next_table INTEGER NOT NULL);"
    "CREATE TABLE __blasty_tables("
    "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, shaped_at INTEGER NOT NULL);"
    "CREATE TABLE __blasty_requests("
    "id BLOB PRIMARY KEY, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL,"
    " outcome BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX __blasty_requests_time ON __blasty_requests(time_us);"
    "INSERT INTO __blasty_state VALUES(1, 1, 0, 0, 1);";

inline constexpr char kMetaExists[] =
    "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = '__blasty_state'";

// Columns: applied, schema_at.
inline constexpr char kReadPosition[] =
    "SELECT applied, schema_at FROM main.__blasty_state WHERE id = 1";
// Columns: format, applied, schema_at, next_table.
inline constexpr char kReadState[] =
    "SELECT format, applied, schema_at, next_table FROM main.__blasty_state WHERE id = 1";
inline constexpr char kSetApplied[] = "UPDATE main.__blasty_state SET applied = ?1 WHERE id = 1";
inline constexpr char kSetSchemaAt[] = "UPDATE main.__blasty_state SET schema_at = ?1 WHERE id = 1";
inline constexpr char kSetNextTable[] =
    "UPDATE main.__blasty_state SET next_table = ?1 WHERE id = 1";

// Columns: id, name, shaped_at.
inline constexpr char kReadTables[] =
    "SELECT id, name, shaped_at FROM main.__blasty_tables ORDER BY id";
inline constexpr char kPutTable[] =
    "INSERT OR REPLACE INTO main.__blasty_tables VALUES(?1, ?2, ?3)";
inline constexpr char kDropTable[] = "DELETE FROM main.__blasty_tables WHERE id = ?1";

// Columns: sequence, outcome (record_codec.h, EncodeOutcome) of id ?1 if not before time ?2.
inline constexpr char kFindRequest[] =
    "SELECT sequence, outcome FROM main.__blasty_requests WHERE id = ?1 AND time_us >= ?2";
inline constexpr char kPutRequest[] =
    "INSERT OR REPLACE INTO main.__blasty_requests VALUES(?1, ?2, ?3, ?4)";
inline constexpr char kForgetRequests[] = "DELETE FROM main.__blasty_requests WHERE time_us < ?1";
inline constexpr char kCountRequests[] = "SELECT count(*) FROM main.__blasty_requests";
// The oldest ?1 ones.
inline constexpr char kForgetOldest[] =
    "DELETE FROM main.__blasty_requests WHERE id IN"
    " (SELECT id FROM main.__blasty_requests ORDER BY time_us LIMIT ?1)";

}  // namespace blasty::tables::internal
