// The terms of a field, with how many living documents have each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/status.h"
#include "index/query.h"
#include "index/snapshot.h"

namespace blasty::index {

// `distance`: how far a fuzzy query's term is from the one asked for, in edits; else 0. The term is
// valid during the call only.
using VisitTerm = std::function<void(std::string_view term, uint64_t documents, uint32_t distance)>;

// Visits the terms of `field` that `leaf` stands for (a term, prefix, wildcard, regular expression,
// range of terms or fuzzy query, whose own field does not matter; null: all terms), each once, in
// byte order, without those that no living document has. At most `limit` terms of a segment are
// looked at: false when that was not enough to see all, and then those visited are the first ones.
// BAD_QUERY (INVALID_ARGUMENT; also of other kinds of queries), INDEX_DAMAGED (DATA_LOSS).
Result<bool> ForEachTerm(const Snapshot& snapshot, std::string_view field, const QueryPtr& leaf,
                         size_t limit, const VisitTerm& visit);

}  // namespace blasty::index
