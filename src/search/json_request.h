// A search request as JSON, in the shape of Bleve's SearchRequest.
//
// Besides Bleve's keys: `query` may be a query string; `collapse` (field), `exact_total` (boolean),
// and in a facet `interval` (histogram), `sums` (number field) and `chosen` (values picked).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/search.h"
#include "search/fields.h"

namespace blasty::search {

struct JsonRequest {
    index::SearchRequest search = {};
    // `search_before`: `search` runs backwards from there, and WriteJsonResult turns its hits
    // around again.
    bool backwards = false;

    bool highlight = false;
    std::string highlight_style = {};                // "html" or "ansi"
    std::vector<std::string> highlight_fields = {};  // empty: every field that has a match
    std::vector<std::string> fields = {};            // to return; "*": all
    bool include_locations = false;
    bool explain = false;
    bool scores = true;  // false: `"score":"none"`

    std::vector<std::string> date_facets = {};  // names of facets whose ranges are dates
    std::string echo = {};                      // the request as results repeat it, JSON
};

// BAD_QUERY (INVALID_ARGUMENT), in Bleve's own words where Bleve has the error.
Result<JsonRequest> ParseJsonRequest(std::string_view json, const Fields& fields);

}  // namespace blasty::search
