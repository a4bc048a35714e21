#include "index/internal/interval_set.h"

#include <algorithm>
#include <limits>

namespace blasty::index::internal {
namespace {

// So many may wait, or be removed, however few there are.
constexpr size_t kSlack = 64;

}  // namespace

uint32_t IntervalSet::Add(double min, double max, const Lead& lead) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(intervals_.size()));
        intervals_.emplace_back();
    }
    const uint32_t number = free_.back();
    free_.pop_back();
    intervals_[number] = {.min = min, .max = max, .lead = lead};
    fresh_.push_back(number);
    ++count_;
    RebuildIfDue();
    return number;
}

void IntervalSet::Remove(uint32_t interval) {
    intervals_[interval].removed = true;
    --count_;
    ++removed_;
    RebuildIfDue();
}

void IntervalSet::RebuildIfDue() {
    const size_t slack = std::max(kSlack, count_ / 8);
    if (fresh_.size() <= slack && removed_ <= slack) return;
    fresh_.clear();
    tree_.clear();
    free_.clear();
    removed_ = 0;
    for (uint32_t i = 0; i < intervals_.size(); ++i) {
        if (intervals_[i].removed) {
            free_.push_back(i);
        } else {
            tree_.push_back({.interval = i});
        }
    }
    std::sort(tree_.begin(), tree_.end(), [this](const Node& a, const Node& b) {
        return intervals_[a.interval].min < intervals_[b.interval].min;
    });
    Build(0, tree_.size());
}

double IntervalSet::Build(size_t begin, size_t end) {
    if (begin == end) return -std::numeric_limits<double>::infinity();
    const size_t middle = (begin + end) / 2;
    tree_[middle].max = std::max(
        {intervals_[tree_[middle].interval].max, Build(begin, middle), Build(middle + 1, end)});
    return tree_[middle].max;
}

}  // namespace blasty::index::internal
