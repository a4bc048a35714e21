// New documents against many standing queries.
#pragma once

#include <vector>

#include "analysis/analyzer.h"
#include "bench/search_catalogue.h"

namespace blasty::bench {

// Reports, for 1,000, 10,000 and 100,000 different queries, what a document costs.
void RunPercolate(const std::vector<Package>& packages, const analysis::Analyzer& analyzer);

}  // namespace blasty::bench
