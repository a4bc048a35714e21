// Answers a search: from the request to hits with columns and marked pieces of text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "search/highlight.h"
#include "search/internal/live_index.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// Rows whose text is read for columns and marks: those are read one by one.
inline constexpr size_t kRowsReadMax = 1000;

// BAD_QUERY (INVALID_ARGUMENT), INDEX_DAMAGED (DATA_LOSS), and the errors of reading rows.
Result<Response> Answer(const Request& request, const LiveIndex::View& view,
                        tables::Tables& tables);

// Field -> its best pieces. `row`: all columns.
using FieldFragments = std::vector<std::pair<std::string, std::vector<std::string>>>;
FieldFragments FragmentsOf(const Highlighter& highlighter, const Mapping& mapping,
                           const tables::Row& row, const HighlightOptions& options);

// The query that is asked, in any language. BAD_QUERY.
Result<index::QueryPtr> QueryOf(const Request& request, const Fields& fields);
// BAD_QUERY when a facet cannot be counted.
Status CheckFacets(const Request& request, const Fields& fields);
// Columns asked for, as places in the table. BAD_QUERY.
Result<std::vector<int>> ColumnsOf(const Request& request, const tables::Table& table);
HighlightOptions HighlightOptionsOf(const Request& request);
// "-_score", "_id", "price", "-price" … . BAD_QUERY.
Result<std::vector<index::SortKey>> ParseSort(const std::vector<std::string>& sort,
                                              const Fields& fields);

}  // namespace blasty::search::internal
