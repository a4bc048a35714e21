// "Did you mean": words of a query that an index does not have, replaced by similar ones it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "search/internal/live_index.h"
#include "search/query_string.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// The text with each of `words` (of ParseOptions::words) that hardly a row has replaced by the
// nearest frequent one, up to two letters away, of the fields it is searched in; all else as it was
// typed. Empty: nothing is better. `typing`: the last word may go on, so that one which something
// begins with is right. INDEX_DAMAGED, and the errors of reading rows.
Result<std::string> Corrected(std::string_view text, const std::vector<QueryWord>& words,
                              bool typing, const LiveIndex::View& view, tables::Tables& tables);

}  // namespace blasty::search::internal
