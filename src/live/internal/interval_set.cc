#include "live/internal/interval_set.h"

#include <algorithm>
#include <tuple>

namespace blasty::live::internal {
namespace {

constexpr size_t kRecentMax = 16;

bool Same(const Interval& a, const Interval& b) {
    return a.low == b.low && a.high == b.high && a.id == b.id;
}
bool InOrder(const Interval& a, const Interval& b) {
    return std::tie(a.low, a.high, a.id) < std::tie(b.low, b.high, b.id);
}

}  // namespace

void IntervalSet::Add(const Interval& interval) {
    ++count_;
    recent_.push_back(interval);
    if (recent_.size() <= kRecentMax) return;
    Run run;
    for (const Interval& one : recent_) {
        Node node;
        static_cast<Interval&>(node) = one;
        run.push_back(node);
    }
    recent_.clear();
    while (!runs_.empty() && runs_.back().size() <= run.size() * 2) {
        for (const Node& node : runs_.back()) {
            if (!node.dead) run.push_back(node);
        }
        dead_ -= static_cast<uint32_t>(std::count_if(runs_.back().begin(), runs_.back().end(),
                                                     [](const Node& node) { return node.dead; }));
        runs_.pop_back();
    }
    std::sort(run.begin(), run.end(), InOrder);
    Arrange(run, 0, run.size());
    runs_.push_back(std::move(run));
}

uint64_t IntervalSet::Arrange(Run& run, size_t begin, size_t end) {
    if (begin == end) return 0;
    const size_t middle = begin + (end - begin) / 2;
    const uint64_t below = std::max(Arrange(run, begin, middle), Arrange(run, middle + 1, end));
    return run[middle].greatest = std::max(below, run[middle].high);
}

bool IntervalSet::Remove(const Interval& interval) {
    for (Interval& one : recent_) {
        if (!Same(one, interval)) continue;
        one = recent_.back();
        recent_.pop_back();
        --count_;
        return true;
    }
    for (Run& run : runs_) {
        const auto [first, last] = std::equal_range(run.begin(), run.end(), interval, InOrder);
        for (auto node = first; node != last; ++node) {
            if (node->dead || !Same(*node, interval)) continue;
            node->dead = true;
            --count_;
            ++dead_;
            if (dead_ > count_) Rebuild();
            return true;
        }
    }
    return false;
}

void IntervalSet::Purge(uint32_t id) {
    count_ -= static_cast<uint32_t>(
        std::erase_if(recent_, [&](const Interval& one) { return one.id == id; }));
    for (Run& run : runs_) {
        for (Node& node : run) {
            if (node.dead || node.id != id) continue;
            node.dead = true;
            --count_;
            ++dead_;
        }
    }
    if (dead_ > count_) Rebuild();
}

void IntervalSet::Rebuild() {
    Run all;
    for (const Run& run : runs_) {
        for (const Node& node : run) {
            if (!node.dead) all.push_back(node);
        }
    }
    runs_.clear();
    dead_ = 0;
    if (all.empty()) return;
    std::sort(all.begin(), all.end(), InOrder);
    Arrange(all, 0, all.size());
    runs_.push_back(std::move(all));
}

void IntervalSet::Find(const Run& run, size_t begin, size_t end, uint64_t point,
                       std::vector<uint32_t>* ids) {
    while (begin != end) {
        const size_t middle = begin + (end - begin) / 2;
        const Node& node = run[middle];
        if (node.greatest < point) return;
        Find(run, begin, middle, point, ids);
        if (node.low > point) return;
        if (node.high >= point && !node.dead) ids->push_back(node.id);
        begin = middle + 1;
    }
}

void IntervalSet::Find(uint64_t point, std::vector<uint32_t>* ids) const {
    for (const Interval& one : recent_) {
        if (one.low <= point && point <= one.high) ids->push_back(one.id);
    }
    for (const Run& run : runs_) Find(run, 0, run.size(), point, ids);
}

void IntervalSet::All(std::vector<uint32_t>* ids) const {
    for (const Interval& one : recent_) ids->push_back(one.id);
    for (const Run& run : runs_) {
        for (const Node& node : run) {
            if (!node.dead) ids->push_back(node.id);
        }
    }
}

size_t IntervalSet::bytes() const {
    size_t out = sizeof(*this) + recent_.capacity() * sizeof(Interval);
    for (const Run& run : runs_) out += sizeof(Run) + run.capacity() * sizeof(Node);
    return out;
}

}  // namespace blasty::live::internal
