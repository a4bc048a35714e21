#include "topics/internal/run_set.h"

#include <algorithm>

namespace blasty::topics::internal {

void RunSet::Add(uint64_t first, uint64_t last) {
    if (!runs_.empty() && first > runs_.back().last) {
        if (first == runs_.back().last + 1) {
            runs_.back().last = last;
        } else {
            runs_.push_back({first, last});
        }
        return;
    }
    // The first run that touches or follows the new one.
    auto from = std::lower_bound(
        runs_.begin(), runs_.end(), first,
        [](const Run& run, uint64_t value) { return run.last < value && run.last + 1 < value; });
    auto to = from;
    while (to != runs_.end() && to->first <= last + 1) {
        first = std::min(first, to->first);
        last = std::max(last, to->last);
        ++to;
    }
    if (from == to) {
        runs_.insert(from, {first, last});
    } else {
        *from = {first, last};
        runs_.erase(from + 1, to);
    }
}

void RunSet::RemoveUpTo(uint64_t last) {
    auto keep = std::lower_bound(runs_.begin(), runs_.end(), last,
                                 [](const Run& run, uint64_t value) { return run.last <= value; });
    runs_.erase(runs_.begin(), keep);
    if (!runs_.empty() && runs_.front().first <= last) runs_.front().first = last + 1;
    if (runs_.empty()) clear();
}

bool RunSet::Contains(uint64_t value) const {
    auto at = std::lower_bound(runs_.begin(), runs_.end(), value,
                               [](const Run& run, uint64_t v) { return run.last < v; });
    return at != runs_.end() && at->first <= value;
}

uint64_t RunSet::CountAbove(uint64_t floor) const {
    uint64_t count = 0;
    for (const Run& run : runs_) {
        if (run.last > floor) count += run.last - std::max(run.first, floor + 1) + 1;
    }
    return count;
}

}  // namespace blasty::topics::internal
