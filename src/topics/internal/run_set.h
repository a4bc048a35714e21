// A set of integers as sorted, disjoint, non-adjacent runs: acked sequences above a floor, ids in
// use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace blasty::topics::internal {

// Both ends inclusive.
struct Run {
    uint64_t first = 0;
    uint64_t last = 0;
    friend bool operator==(const Run&, const Run&) = default;
};

// Not thread-safe. 24 bytes when empty; 16 more for each run.
class RunSet {
  public:
    // REQUIRES first <= last.
    void Add(uint64_t first, uint64_t last);
    void RemoveUpTo(uint64_t last);
    bool Contains(uint64_t value) const;
    // How many values above `floor`.
    uint64_t CountAbove(uint64_t floor) const;
    bool empty() const { return runs_.empty(); }
    void clear() { std::vector<Run>().swap(runs_); }
    const std::vector<Run>& runs() const { return runs_; }
    friend bool operator==(const RunSet&, const RunSet&) = default;

  private:
    std::vector<Run> runs_;
};

}  // namespace blasty::topics::internal
