// Answers a search: from the request to hits with columns and marked pieces of text.
#pragma once

#include "base/status.h"
#include "search/internal/live_index.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// BAD_QUERY (INVALID_ARGUMENT), INDEX_DAMAGED (DATA_LOSS), and the errors of reading rows.
Result<Response> Answer(const Request& request, const LiveIndex::View& view,
                        tables::Tables& tables);

// "-_score", "_id", "price", "-price" … . BAD_QUERY.
Result<std::vector<index::SortKey>> ParseSort(const std::vector<std::string>& sort,
                                              const Fields& fields);

}  // namespace blasty::search::internal
