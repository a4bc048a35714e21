// Counts the values of a field over sets of documents, segment by segment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "index/internal/doc_set.h"
#include "index/internal/segment.h"
#include "index/search.h"

namespace blasty::index::internal {

class FacetCounter {
  public:
    // `request` must outlive it.
    explicit FacetCounter(const FacetRequest& request);

    // FACET_TOO_LARGE (RESOURCE_EXHAUSTED): a histogram with too many buckets.
    Status Add(const Segment& segment, const DocSet& documents);
    FacetResult Finish();

  private:
    struct Bucket {
        uint64_t count = 0;
        FacetSums sums;
    };
    void AddTerms(const Segment& segment, const DocSet& documents);
    void AddCounts(const SegmentField& field, const std::vector<uint64_t>& counts,
                   const std::vector<FacetSums>& sums);
    Status AddNumbers(const Segment& segment, const DocSet& documents);
    void FinishTerms();

    const FacetRequest& request_;
    FacetResult result_;
    absl::flat_hash_map<std::string, Bucket> terms_;
    std::vector<Bucket> ranges_;
    std::map<int64_t, Bucket> histogram_;  // by multiple of the interval
};

}  // namespace blasty::index::internal
