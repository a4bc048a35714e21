// Answers a search in the shape of Bleve: JSON in, JSON out.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "search/internal/live_index.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// `fields` of the request are columns of the table or fields of the index. `began_us`: when the
// search began, on `clock`. BAD_QUERY (INVALID_ARGUMENT), INDEX_DAMAGED (DATA_LOSS), and the errors
// of reading rows.
Result<std::string> AnswerJson(const JsonSearch& search, const LiveIndex::View& view,
                               tables::Tables& tables, const Clock& clock, int64_t began_us);

}  // namespace blasty::search::internal
