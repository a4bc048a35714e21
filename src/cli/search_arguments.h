// Arguments of `blasty search` that say more than one thing.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "blasty/v1/search.pb.h"

namespace blasty::cli {

// FIELD, or FIELD: with, between commas, N (so many buckets at most), hist=W (buckets of that
// width), ranges of numbers A..B, B.., ..A, and sum=OTHER (sums of that field for each). USAGE.
Result<v1::FacetRequest> ParseFacet(std::string_view text);
// FIELD=VALUE, into the facet of that field, or a new one. USAGE.
Status ChooseFacet(std::string_view text, v1::SearchRequest* request);

// The `sort` of a hit as JSON, and back: [12,"b",null]. USAGE.
std::string SortJson(const v1::SearchHit& hit);
Status ParseAfter(const std::string& json, v1::SearchRequest* request);

// Of a file, or of standard input for "-"; at most 1 MiB. FILE_NOT_FOUND, FILE_TOO_LARGE, USAGE.
Result<std::string> ReadRequestFile(const std::string& path);

}  // namespace blasty::cli
