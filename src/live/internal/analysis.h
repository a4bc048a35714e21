// What kind of query a SELECT is, told by SQLite (authorizer, planner) and by the words in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "live/live.h"
#include "tables/request.h"
#include "tables/schema.h"

namespace blasty::live::internal {

struct QueryPlan;
struct SchemaChange;

// How the changes of a round are worked into a held result without evaluating the query over
// everything again (increments.h).
struct IncrementPlan {
    enum class Kind : uint8_t { kNone, kTopK, kAggregate, kJoin };
    Kind kind = Kind::kNone;
    std::string why_not;  // kNone
    // By place in QueryPlan::tables: the keyed text (kAggregate: `state`) with that table replaced
    // by the rows that stand for it (row_tables.h). Null: changes of this table need it all again.
    std::vector<std::shared_ptr<const QueryPlan>> deltas;
    // kTopK: the LIMIT where it is known: written, or the value of the last parameter.
    int64_t limit = -1;
    bool limit_is_last_parameter = false;
    // kAggregate: evaluated instead of keyed_sql. Its rows begin with hidden values: count(*), and
    // for each sum its non-NULL values and those that cannot be added up exactly.
    std::shared_ptr<const QueryPlan> state;
    enum class Item : uint8_t { kGroup, kCount, kSum };
    std::vector<Item> items;  // of the projection
};

// One text of a query: everything that does not depend on its parameters. Immutable.
struct QueryPlan {
    std::string sql;  // the text to run: as given, but rowid and its aliases by the key's name
    Explanation::Class query_class = Explanation::Class::kReevaluated;
    std::string why;  // not a better class
    // Every table it reads, by any path (sub-selects, views), and the columns it reads of each (bit
    // i: column i; all ones for the 64th and later).
    struct TableUse {
        tables::TableId table;
        std::string name;
        uint64_t columns = 0;
    };
    std::vector<TableUse> tables;
    // The text with key columns in front of the projection, and how many they are; equal to `sql`
    // and 0 when rows can only be told apart by all their values (+ occurrence).
    // kFilter, kJoin, kTopK: the keys of the rows of the tables read, in the order of `tables`, as
    // "__blasty_key_NAME" columns, which the temp schema provides. kAggregate: the GROUP BY
    // expressions (0 and no GROUP BY: one row, empty key).
    std::string keyed_sql;
    int key_columns = 0;
    bool single_row = false;                // aggregate without GROUP BY
    bool unique_rows = false;               // DISTINCT, UNION: no two equal rows
    std::vector<std::string> columns;       // of the projection
    std::vector<std::string> column_types;  // declared, or empty
    int parameter_count = 0;
    std::vector<std::string> parameter_names;  // of ?1 … ?N, the mark included; empty: none
    // kFilter: `sql` without its ORDER BY, as the matcher runs it.
    std::string filter_sql;
    IncrementPlan increment;
    std::vector<uint64_t> words;  // WordsOf(sql): what a schema change is held against
};

using QueryPlanPtr = std::shared_ptr<const QueryPlan>;

// Tells what queries are under one schema, from empty copies of its tables in memory: needs no
// connection and no snapshot. One thread at a time. Making one costs about a millisecond and some
// 100 µs a table; Change brings it to the next schema at the cost of what changed.
class Analyzer {
  public:
    static Result<std::unique_ptr<Analyzer>> Make(tables::SchemaPtr schema);
    virtual ~Analyzer() = default;
    // SQL_ERROR, LIVE_REFUSED (INVALID_ARGUMENT: no SELECT, not deterministic, `main.TABLE`, …).
    virtual Result<QueryPlanPtr> Analyze(const std::string& sql) = 0;
    // `change` begins with the schema it has. After an error it must not be used any more.
    virtual Status Change(const SchemaChange& change) = 0;
};

// Positional and named parameters of `query` as the values of ?1 … ?N of the plan's text.
// SQL_ERROR when one is missing or there are too many.
Result<tables::Row> BindParameters(const QueryPlan& plan, const tables::Statement& query);

}  // namespace blasty::live::internal
