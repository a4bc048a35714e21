// Closed intervals with a number each: which of them hold a point? Adding costs O(log² n)
// amortised, asking O(log² n) and the answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace blasty::live::internal {

struct Interval {
    uint64_t low = 0, high = ~uint64_t{0};
    uint32_t id = 0;
};

// Sorted runs of doubling sizes, each an implicit tree by its lower ends that knows the greatest
// upper end below each node.
class IntervalSet {
  public:
    void Add(const Interval& interval);
    // False: it was not there.
    bool Remove(const Interval& interval);
    // Takes away all of a number; looks through everything.
    void Purge(uint32_t id);
    void Find(uint64_t point, std::vector<uint32_t>* ids) const;
    void All(std::vector<uint32_t>* ids) const;
    size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    size_t bytes() const;

  private:
    struct Node : Interval {
        bool dead = false;
        uint64_t greatest = 0;  // upper end in the subtree of this place
    };
    using Run = std::vector<Node>;  // sorted by low, high, id
    static uint64_t Arrange(Run& run, size_t begin, size_t end);
    static void Find(const Run& run, size_t begin, size_t end, uint64_t point,
                     std::vector<uint32_t>* ids);
    void Rebuild();

    std::vector<Interval> recent_;  // not sorted yet
    std::vector<Run> runs_;         // shrinking sizes
    uint32_t count_ = 0, dead_ = 0;
};

}  // namespace blasty::live::internal
