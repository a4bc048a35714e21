// What events of a live search tell beside what those of a live query do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "index/search.h"

namespace blasty::search {

struct EventDetails {
    // kRow, kEnter, kChange of the best hits: where it stands in the list once this event is
    // applied (a changed row is taken out first).
    std::optional<uint32_t> position = {};
    double score = 0;
    // Field -> pieces of its text with what matched marked.
    std::vector<std::pair<std::string, std::vector<std::string>>> fragments = {};
    // kCounts.
    uint64_t total = 0;
    std::vector<index::FacetResult> facets = {};
};

}  // namespace blasty::search
