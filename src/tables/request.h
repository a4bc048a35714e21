// Requests to the tables of a database and their answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "tables/statement_list.h"
#include "tables/value.h"

namespace blasty::tables {

struct Statement {
    std::string sql;  // one statement
    Row parameters;   // ?1, ?2, …
    // :name, @name, $name (the mark included); may be mixed with the ones above.
    std::vector<std::pair<std::string, Value>> named;
};

// The row must be there with this version (RowVersion of its image), or absent with version 0.
struct RowCondition {
    std::string table;
    Row key;
    uint64_t version = 0;
};

// Statements that happen together or not at all.
struct WriteRequest {
    std::vector<Statement> statements;
    std::shared_ptr<const StatementList> list;  // more of them, behind those; null: none
    std::vector<RowCondition> conditions;       // checked first: ROW_CHANGED (FAILED_PRECONDITION)
    // Applied once within the window (TablesOptions::request_window_us): a repetition is answered
    // with the outcome of the first. Empty: none. At most 256 bytes.
    std::string id;
    int64_t timeout_us = 0;  // 0: the server's limit
};

struct StatementResult {
    std::vector<std::string> columns;  // of RETURNING or SELECT
    std::vector<Row> rows;
    int64_t changes = 0;         // rows inserted, updated, deleted by it directly
    int64_t last_insert_id = 0;  // rowid of the last insert; 0: none
};

struct WriteResult {
    // Last record of the commit; the present sequence when nothing changed.
    Sequence sequence;
    std::vector<StatementResult> results;  // one a statement; empty rows for a duplicate
    bool duplicate = false;                // the id was seen before: `sequence` is from then
};

// Called exactly once, on the writer's thread: short, not blocking.
using WriteDone = std::function<void(Result<WriteResult>)>;

struct ReadRequest {
    Statement statement;     // a SELECT (or VALUES, EXPLAIN)
    Sequence at_least;       // waits until everything up to it can be seen; 0: what is there now
    int64_t timeout_us = 0;  // 0: the server's limit
    uint64_t rows_max = 0;   // 0: no limit but the server's
};

}  // namespace blasty::tables
