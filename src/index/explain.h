// How the score of a hit comes about.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "index/query.h"
#include "index/search.h"
#include "index/snapshot.h"

namespace blasty::index {

// A number, what it stands for, and the numbers it is made of.
struct Explanation {
    double value = 0;
    std::string text = {};
    std::vector<Explanation> parts = {};
};

// Of a hit of a search for `query` on `snapshot`. The value on top is the hit's score, but for
// rounding; 0 when the query does not match it. Costs about as much as a search of the hit's
// segment. BAD_QUERY (INVALID_ARGUMENT), INDEX_DAMAGED (DATA_LOSS).
Result<Explanation> Explain(const Snapshot& snapshot, const QueryPtr& query, const Hit& hit);

}  // namespace blasty::index
