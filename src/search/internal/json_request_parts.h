// The larger parts of a request.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "search/internal/json_query_values.h"
#include "search/json_request.h"

namespace blasty::search::internal {

Result<std::vector<index::SortKey>> ParseSort(const JsonValue& list, const Fields& fields);
// One value a key, typed as the key is.
Result<std::vector<index::SortValue>> ParseAfter(const simdjson::dom::array& values,
                                                 const std::vector<index::SortKey>& sort,
                                                 const Fields& fields);
Status ParseFacets(const JsonMembers& facets, const Fields& fields, JsonRequest* request);

}  // namespace blasty::search::internal
