// Completes the last word of a text.
#pragma once

#include "base/status.h"
#include "search/internal/live_index.h"
#include "search/suggest.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// FIELD_NOT_FOUND (NOT_FOUND), BAD_QUERY (INVALID_ARGUMENT), INDEX_DAMAGED (DATA_LOSS), and the
// errors of reading rows.
Result<SuggestResult> Suggestions(const SuggestRequest& request, const LiveIndex::View& view,
                                  tables::Tables& tables);

}  // namespace blasty::search::internal
