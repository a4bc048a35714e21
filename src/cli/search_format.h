// Answers of searches as text for people and as JSON, and the facets of the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "blasty/v1/search.pb.h"

namespace blasty::cli {

// FIELD, FIELD:N (the N most frequent values) or FIELD:A..B,B.. (ranges of numbers). USAGE.
Result<v1::FacetRequest> ParseFacet(std::string_view text);
// FIELD=VALUE, into the facet of that field, or a new one. USAGE.
Status ChooseFacet(std::string_view text, v1::SearchRequest* request);

struct SearchTextOptions {
    bool colour = false;
    size_t width = 0;  // columns of the terminal; 0: nothing is cut
};
// A title for each hit, its columns and fragments below it; then a table for each facet, values
// that were picked with a star.
std::string SearchText(const v1::SearchRequest& request, const v1::SearchResponse& response,
                       const SearchTextOptions& options);
// "3 of 1,234 hits in 2 ms · sequence 17".
std::string SearchSummary(const v1::SearchResponse& response);
// One object a line: {"kind":"hit",…}, {"kind":"facet",…}, and {"kind":"summary",…} at the end.
std::string SearchJson(const v1::SearchResponse& response);

// Text with marks as the server makes them for terminals, on one line: other control characters
// become spaces, and the marks go without `colour`.
std::string MarkedText(std::string_view text, bool colour);

}  // namespace blasty::cli
