// Answers of searches as text for people and as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "blasty/v1/search.pb.h"

namespace blasty::cli {

struct SearchTextOptions {
    bool colour = false;
    size_t width = 0;  // columns of the terminal; 0: nothing is cut
};
// A title for each hit, its columns, fragments and explanation below it; then a table for each
// facet, values that were picked with a star.
std::string SearchText(const v1::SearchRequest& request, const v1::SearchResponse& response,
                       const SearchTextOptions& options);
// "3 of 1,234 hits in 2 ms · sequence 17".
std::string SearchSummary(const v1::SearchResponse& response);
// One object a line: {"kind":"hit",…}, {"kind":"facet",…}, and {"kind":"summary",…} at the end.
std::string SearchJson(const v1::SearchResponse& response);

// {"kind":"facet",…}
std::string FacetJson(const v1::Facet& facet);
// {"field":["piece",…],…}
std::string FragmentsJson(
    const google::protobuf::RepeatedPtrField<v1::SearchHit::Fragments>& fragments);
// What a bucket counts: its name, or "10..20".
std::string BucketName(const v1::Facet::Bucket& bucket);
// Four digits.
std::string ScoreText(double score);

// Text with marks as the server makes them for terminals, on one line: other control characters
// become spaces, and the marks go without `colour`.
std::string MarkedText(std::string_view text, bool colour);

}  // namespace blasty::cli
