// Searching a snapshot: the best documents of a query, how many there are, and counts by facet.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "index/query.h"
#include "index/snapshot.h"

namespace blasty::index {

// Nothing: the document has no value.
using SortValue = std::variant<std::monostate, double, std::string>;

struct SortKey {
    enum class By { kScore, kField, kKey, kDistance };
    By by = By::kScore;
    std::string field = {};  // kField (keyword or number), kDistance (point)
    bool descending = false;
    bool missing_first = false;
    // Which of several values of a document counts; kDefault: the first in the order asked for.
    enum class Mode { kDefault, kMin, kMax };
    Mode mode = Mode::kDefault;
    Point origin = {};  // kDistance, in meters
};

// Sums over a number field of the documents of a bucket.
struct FacetSums {
    uint64_t values = 0;
    double sum = 0;
    double min = std::numeric_limits<double>::infinity();
    double max = -std::numeric_limits<double>::infinity();
};

struct FacetRequest {
    enum class Kind { kTerms, kRanges, kHistogram };
    struct Range {  // min <= value < max
        std::string name = {};
        double min = -std::numeric_limits<double>::infinity();
        double max = std::numeric_limits<double>::infinity();
    };
    std::string name = {};
    std::string field = {};  // keyword: kTerms; number: the others
    Kind kind = Kind::kTerms;
    size_t size = 10;  // most buckets returned
    std::vector<Range> ranges = {};
    double interval = 0;          // kHistogram: width of the buckets, which begin at its multiples
    std::string sums_field = {};  // number field to sum up; empty: none
    // Values (or names of ranges) that were picked: hits, and all other facets, are limited to
    // them.
    std::vector<std::string> chosen = {};
};

struct FacetBucket {
    std::string name = {};  // the term or the range's
    double min = 0, max = 0;
    uint64_t count = 0;
    FacetSums sums;
};

struct FacetResult {
    std::string name = {}, field = {};
    FacetRequest::Kind kind = FacetRequest::Kind::kTerms;
    uint64_t total = 0;    // values counted
    uint64_t missing = 0;  // documents without a value
    uint64_t other = 0;    // values counted that no returned bucket holds
    // Terms and ranges by count, then name; histogram by value.
    std::vector<FacetBucket> buckets = {};
};

struct SearchRequest {
    QueryPtr query = {};
    size_t from = 0;
    size_t size = 10;
    std::vector<SortKey> sort = {};     // empty: by score, the best first; then as they were added
    std::vector<SortValue> after = {};  // one a sort key: only hits that come after
    std::vector<FacetRequest> facets = {};
    // Count all matches. Without it (and without facets) what cannot be among the hits need not
    // be looked at.
    bool exact_total = true;
    std::string collapse = {};  // field: only the best hit of each value
};

struct Hit {
    size_t segment = 0;
    uint32_t doc = 0;
    float score = 0;
    std::string key = {};
    std::vector<SortValue> sort = {};  // one a sort key
    uint64_t collapsed = 0;            // hits it stands for, when collapsed
};

struct SearchResult {
    std::vector<Hit> hits = {};
    uint64_t total = 0;
    bool total_is_exact = true;  // else there are at least so many
    float max_score = 0;
    std::vector<FacetResult> facets = {};
};

// BAD_QUERY (INVALID_ARGUMENT), FACET_TOO_LARGE (RESOURCE_EXHAUSTED), INDEX_DAMAGED (DATA_LOSS).
Result<SearchResult> Search(const Snapshot& snapshot, const SearchRequest& request);

}  // namespace blasty::index
