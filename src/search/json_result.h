// Search results as JSON, in the shape of Bleve's SearchResult.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/search.h"
#include "search/highlight.h"
#include "search/json_request.h"

namespace blasty::search {

// What is told of a hit besides its key and score; nothing of what is empty.
struct JsonHit {
    std::vector<std::pair<std::string, std::string>> fields = {};  // name, value as JSON
    std::vector<std::pair<std::string, std::vector<std::string>>> fragments = {};  // by field
    std::vector<std::pair<std::string, std::vector<TermLocation>>> locations = {};
    std::string explanation = {};  // JSON
};

struct JsonResultOptions {
    std::string index = {};  // its name
    uint64_t took_ns = 0;
};

// `hits` belong to result.hits one by one, or are none.
std::string WriteJsonResult(const JsonRequest& request, const index::SearchResult& result,
                            std::span<const JsonHit> hits, const JsonResultOptions& options);

}  // namespace blasty::search
