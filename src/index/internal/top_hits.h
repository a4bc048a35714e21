// Keeps the best hits in the order asked for.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "index/internal/segment.h"
#include "index/search.h"

namespace blasty::index::internal {

// Gives the values that documents of one segment are sorted by.
class SortValues {
  public:
    SortValues(const Segment& segment, const std::vector<SortKey>& keys);
    SortValue Of(size_t key, uint32_t doc, float score);
    // Of a field, as collapsing wants it: text for keywords and numbers alike; empty: none.
    static std::string CollapseValue(const Segment& segment, const std::string& field,
                                     uint32_t doc);

  private:
    struct Source {
        const SegmentField* field = nullptr;
        const OrdinalColumn* ordinals = nullptr;
        const NumberColumn* numbers = nullptr;
        const PointColumn* points = nullptr;
    };
    const Segment& segment_;
    const std::vector<SortKey>& keys_;
    std::vector<Source> sources_;
};

// Hits must be offered in the order of segments and documents: of equals the first stays first.
class TopHits {
  public:
    // `keys` (not empty) and `after` must outlive it.
    TopHits(const std::vector<SortKey>& keys, const std::vector<SortValue>& after, size_t most)
        : keys_(keys), after_(after), most_(most) {}

    void Offer(size_t segment, uint32_t doc, float score, SortValues& values);
    // Only the best of each value is kept.
    void OfferCollapsed(size_t segment, uint32_t doc, float score, SortValues& values,
                        const std::string& value);
    // Best first, without the first `from`; without keys.
    std::vector<Hit> Take(size_t from);

  private:
    // Below 0: a comes first.
    int Compare(const std::vector<SortValue>& a, const std::vector<SortValue>& b) const;
    int Compare(size_t key, const SortValue& a, const SortValue& b) const;
    bool Before(const Hit& a, const Hit& b) const;
    void Push(Hit hit);

    const std::vector<SortKey>& keys_;
    const std::vector<SortValue>& after_;
    const size_t most_;
    std::vector<Hit> heap_;  // the worst on top
    absl::flat_hash_map<std::string, Hit> collapsed_;
};

}  // namespace blasty::index::internal
