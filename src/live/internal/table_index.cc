#include "live/internal/table_index.h"

#include <algorithm>

namespace blasty::live::internal {

namespace {

// Of 64 bits of a key. Keys of different groups never meet: what is under them is read differently.
// Equal keys inside a group only make more candidates.
constexpr int kGroupBits = 20;
static_assert(TableIndex::kShapesMax <= size_t{1} << kGroupBits);

template <typename Pool>
uint32_t Take(Pool& pool, std::vector<uint32_t>& free) {
    if (!free.empty()) {
        const uint32_t place = free.back();
        free.pop_back();
        return place;
    }
    pool.emplace_back();
    return static_cast<uint32_t>(pool.size() - 1);
}

}  // namespace

uint64_t TableIndex::InGroup(const Group& group, uint64_t key) {
    return key << kGroupBits | group.number;
}

bool TableIndex::Unindexed(const std::vector<Placement>& any_of) {
    return std::any_of(any_of.begin(), any_of.end(), [](const Placement& placement) {
        return !placement.never && !placement.indexed();
    });
}

std::vector<size_t> TableIndex::SlotsOf(const Placement& placement) {
    std::vector<size_t> slots;
    for (const Placement::KeyColumn& key : placement.equalities) {
        const auto found = std::find_if(slots_.begin(), slots_.end(),
                                        [&](const Slot& slot) { return slot.key == key; });
        slots.push_back(static_cast<size_t>(found - slots_.begin()));
        if (found == slots_.end()) slots_.push_back({key, 0});
    }
    return slots;
}

TableIndex::Group* TableIndex::FindGroup(const Placement& placement) {
    const std::vector<size_t> slots = SlotsOf(placement);
    for (Group& group : groups_)
        if (group.slots == slots && group.range == placement.range) return &group;
    return nullptr;
}

TableIndex::Group* TableIndex::GroupOf(const Placement& placement) {
    if (Group* found = FindGroup(placement)) return found;
    Group* group = nullptr;
    for (Group& one : groups_)
        if (one.uses == 0) group = &one;
    if (group == nullptr) {
        if (groups_.size() >= shapes_max_) return nullptr;
        group = &groups_.emplace_back();
        group->number = groups_.size() - 1;
    }
    group->slots = SlotsOf(placement);
    group->range = placement.range;
    return group;
}

bool TableIndex::Add(uint32_t feed, const std::vector<Placement>& any_of) {
    if (Unindexed(any_of)) {
        unindexed_.insert(feed);
        return true;
    }
    std::vector<Group*> groups;  // by place
    for (const Placement& placement : any_of) {
        Group* group = placement.never ? nullptr : GroupOf(placement);
        if (group == nullptr && !placement.never) {
            for (Group* taken : groups)
                if (taken != nullptr) --taken->uses;
            return false;
        }
        if (group != nullptr) ++group->uses;
        groups.push_back(group);
    }
    for (size_t i = 0; i < any_of.size(); ++i) {
        if (groups[i] == nullptr) continue;
        for (const uint64_t key : any_of[i].keys) AddKey(InGroup(*groups[i], key), feed, any_of[i]);
    }
    return true;
}

bool TableIndex::Remove(uint32_t feed, const std::vector<Placement>& any_of) {
    if (Unindexed(any_of)) return unindexed_.erase(feed) != 0;
    for (const Placement& placement : any_of) {
        if (placement.never) continue;
        Group* group = FindGroup(placement);
        if (group == nullptr || group->uses == 0) return false;
        for (const uint64_t key : placement.keys)
            if (!RemoveKey(InGroup(*group, key), feed, placement)) return false;
        --group->uses;
    }
    return true;
}

bool TableIndex::PurgePosting(Posting& posting, uint32_t feed) {
    if (posting.kind == Kind::kFeed) return posting.value == feed;
    if (posting.kind == Kind::kList) {
        std::vector<uint32_t>& list = lists_[posting.value];
        std::erase(list, feed);
        if (!list.empty()) return false;
        free_lists_.push_back(posting.value);
        return true;
    }
    IntervalSet& set = sets_[posting.value];
    set.Purge(feed);
    if (!set.empty()) return false;
    set = IntervalSet();
    free_sets_.push_back(posting.value);
    return true;
}

// The shapes it was under stay in use: that costs a look-up, where less could lose somebody.
void TableIndex::Purge(uint32_t feed) {
    unindexed_.erase(feed);
    absl::erase_if(postings_, [&](auto& one) { return PurgePosting(one.second, feed); });
}

void TableIndex::AddKey(uint64_t key, uint32_t feed, const Placement& placement) {
    auto [found, added] = postings_.try_emplace(key);
    Posting& posting = found->second;
    if (placement.range.has_value()) {
        if (added) posting = {Take(sets_, free_sets_), Kind::kSet};
        Interval interval = placement.interval;
        interval.id = feed;
        sets_[posting.value].Add(interval);
        return;
    }
    if (added) {
        posting = {feed, Kind::kFeed};
        return;
    }
    if (posting.kind == Kind::kFeed) {
        const uint32_t list = Take(lists_, free_lists_);
        lists_[list] = {posting.value};
        posting = {list, Kind::kList};
    }
    std::vector<uint32_t>& list = lists_[posting.value];
    list.insert(std::lower_bound(list.begin(), list.end(), feed), feed);
}

bool TableIndex::RemoveKey(uint64_t key, uint32_t feed, const Placement& placement) {
    const auto found = postings_.find(key);
    if (found == postings_.end()) return false;
    Posting& posting = found->second;
    if (posting.kind == Kind::kFeed) {
        if (posting.value != feed) return false;
        postings_.erase(found);
        return true;
    }
    if (posting.kind == Kind::kSet) {
        Interval interval = placement.interval;
        interval.id = feed;
        IntervalSet& set = sets_[posting.value];
        if (!set.Remove(interval)) return false;
        if (!set.empty()) return true;
        set = IntervalSet();
        free_sets_.push_back(posting.value);
        postings_.erase(found);
        return true;
    }
    std::vector<uint32_t>& list = lists_[posting.value];
    const auto place = std::lower_bound(list.begin(), list.end(), feed);
    if (place == list.end() || *place != feed) return false;
    list.erase(place);
    if (!list.empty()) return true;
    list = {};
    free_lists_.push_back(posting.value);
    postings_.erase(found);
    return true;
}

void TableIndex::Find(const Image& image, std::vector<uint32_t>* feeds) {
    if (postings_.empty()) return;
    for (Slot& slot : slots_) {
        slot.hash = values_.HashOf(image.values[static_cast<size_t>(slot.key.column)],
                                   slot.key.mode, slot.key.collation);
    }
    // All keys first, so that the waits for memory overlap.
    keys_.clear();
    for (const Group& group : groups_) {
        uint64_t key = 0;
        for (const size_t slot : group.slots) key = CombineKeys(key, slots_[slot].hash);
        key = InGroup(group, key);
        keys_.push_back(key);
        if (group.uses != 0) postings_.prefetch(key);
    }
    size_t place = 0;
    for (const Group& group : groups_) {
        const uint64_t key = keys_[place++];
        if (group.uses == 0) continue;
        const auto found = postings_.find(key);
        if (found != postings_.end()) FindIn(group, found->second, image, feeds);
    }
}

void TableIndex::FindIn(const Group& group, const Posting& posting, const Image& image,
                        std::vector<uint32_t>* feeds) const {
    if (posting.kind == Kind::kFeed) {
        feeds->push_back(posting.value);
        return;
    }
    if (posting.kind == Kind::kList) {
        const std::vector<uint32_t>& list = lists_[posting.value];
        feeds->insert(feeds->end(), list.begin(), list.end());
        return;
    }
    const IntervalSet& set = sets_[posting.value];
    const tables::ValueView& value = image.values[static_cast<size_t>(group.range->column)];
    const bool text = group.range->text;
    switch (value.type) {
        case tables::ValueType::kNull:
            return;  // no comparison with it is true
        case tables::ValueType::kInteger:
            if (!text) return set.Find(PointOf(static_cast<double>(value.integer)), feeds);
            break;
        case tables::ValueType::kReal:
            if (!text) return set.Find(PointOf(value.real), feeds);
            break;
        case tables::ValueType::kText:
            if (text) return set.Find(PointOf(value.bytes, group.range->collation), feeds);
            break;
        case tables::ValueType::kBlob:
            break;
    }
    set.All(feeds);  // another kind of value than the constants
}

size_t TableIndex::bytes() const {
    size_t out = sizeof(*this) + postings_.capacity() * (sizeof(uint64_t) + sizeof(Posting) + 1) +
                 unindexed_.capacity() * (sizeof(uint32_t) + 1);
    for (const auto& list : lists_) out += sizeof(list) + list.capacity() * sizeof(uint32_t);
    for (const IntervalSet& set : sets_) out += set.bytes();
    return out;
}

}  // namespace blasty::live::internal
