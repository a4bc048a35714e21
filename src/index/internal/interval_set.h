// Intervals of numbers, asked which of them hold a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/internal/query_terms.h"

namespace blasty::index::internal {

// A balanced tree in an array, by the lower ends, with the highest upper end of each subtree. New
// intervals wait in a list and removed ones stay in the tree until it is made again, so that an
// addition or removal costs O(log n) on average. Used by one thread.
class IntervalSet {
  public:
    // Both ends belong to it. Returns the number it goes by until it is removed. REQUIRES that both
    // are numbers.
    uint32_t Add(double min, double max, const Lead& lead);
    void Remove(uint32_t interval);
    bool empty() const { return count_ == 0; }

    template <typename Visit>
    void ForEachAt(double value, const Visit& visit) const {
        Walk(0, tree_.size(), value, visit);
        for (const uint32_t number : fresh_) {
            const Interval& it = intervals_[number];
            if (!it.removed && it.min <= value && value <= it.max) visit(it.lead);
        }
    }
    template <typename Visit>
    void ForEach(const Visit& visit) const {
        for (const Interval& it : intervals_) {
            if (!it.removed) visit(it.lead);
        }
    }

  private:
    struct Interval {
        double min = 0, max = 0;
        Lead lead;
        bool removed = false;
    };
    struct Node {
        uint32_t interval = 0;
        double max = 0;  // of the subtree
    };

    void RebuildIfDue();
    double Build(size_t begin, size_t end);

    template <typename Visit>
    void Walk(size_t begin, size_t end, double value, const Visit& visit) const {
        while (begin < end) {
            const size_t middle = (begin + end) / 2;
            if (tree_[middle].max < value) return;
            Walk(begin, middle, value, visit);
            const Interval& it = intervals_[tree_[middle].interval];
            if (it.min > value) return;
            if (!it.removed && value <= it.max) visit(it.lead);
            begin = middle + 1;
        }
    }

    std::vector<Interval> intervals_;
    std::vector<uint32_t> free_;   // not in the tree nor fresh
    std::vector<uint32_t> fresh_;  // not in the tree yet
    std::vector<Node> tree_;
    size_t count_ = 0, removed_ = 0;
};

}  // namespace blasty::index::internal
