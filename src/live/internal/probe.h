// The constraints of one feed, as SQLite's planner puts them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "live/internal/analysis.h"
#include "live/internal/delta_table.h"

namespace blasty::live::internal {

// Binds the encoded parameters, which must live as long as the bindings.
void BindEncoded(sqlite3_stmt* statement, std::string_view parameters);

// Which parameter a token means, from 1; SQLite counts "?" on from the greatest number so far,
// which is kept in `*greatest`.
size_t ParameterNumber(std::string_view text, const QueryPlan& plan, size_t* greatest);

// For a filter: a row can be in the result only if it satisfies one of them. `statement` is its
// plan's filter_sql on `tables`, with parameters bound. None: no row can.
Result<std::vector<Conjunction>> ProbeFilter(DeltaTables& tables, sqlite3_stmt* statement);

// For any query: a row of a table can make a difference only if it satisfies one of the
// conjunctions of its table. A table that is not there: every row can.
absl::flat_hash_map<const tables::Table*, std::vector<Conjunction>> ProbeTables(
    DeltaTables& tables, const QueryPlan& plan, const tables::Row& parameters);

// `sql` with values in the place of parameters, where they can be written.
std::string WithLiterals(const QueryPlan& plan, const tables::Row& parameters);

// "section = 'x'", as people read it.
std::string TermText(const tables::Table& table, const Term& term);

}  // namespace blasty::live::internal
