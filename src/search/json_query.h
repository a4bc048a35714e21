// Queries as JSON, in the shape of Bleve (github.com/blevesearch/bleve, search/query): what kind of
// query an object is follows from the keys it has. Differences: a field that does not exist is an
// error; shapes, vectors, IP ranges and custom filters and scores are refused by name.
#pragma once

#include <string_view>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"

namespace blasty::search {

inline constexpr size_t kJsonQueryBytesMax = 1 << 20;  // room for long lists of ids

// `{}` finds nothing. BAD_QUERY (INVALID_ARGUMENT) names the place as a path of keys. The limits of
// query_string.h hold here too.
Result<index::QueryPtr> ParseJsonQuery(std::string_view json, const Fields& fields);

}  // namespace blasty::search
