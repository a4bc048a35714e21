// Index over the subscriptions of one table: which of them could a row image matter to? Hash on the
// composite of the equality columns, intervals of one range column inside the bucket.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "live/internal/delta_table.h"
#include "live/internal/interval_set.h"
#include "live/internal/value_key.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// How one conjunction is found.
struct Placement {
    struct KeyColumn {
        int column = 0;
        KeyMode mode = KeyMode::kExact;
        Collation collation = Collation::kBinary;
        friend bool operator==(const KeyColumn&, const KeyColumn&) = default;
    };
    struct RangeColumn {
        int column = 0;
        bool text = false;
        Collation collation = Collation::kBinary;
        friend bool operator==(const RangeColumn&, const RangeColumn&) = default;
    };
    bool never = false;                 // no row can satisfy it
    std::vector<KeyColumn> equalities;  // by column
    std::optional<RangeColumn> range;
    std::vector<uint64_t> keys;  // hashes of the composites, each once
    Interval interval;           // without id
    // By nothing: every row may matter.
    bool indexed() const { return !equalities.empty() || range.has_value(); }
    bool Uses(int column) const;
};

// A composite key, one column more.
uint64_t CombineKeys(uint64_t key, uint64_t hash);

class TableIndex {
  public:
    // Sets of columns that may be used at a time: a part of each key.
    static constexpr size_t kShapesMax = size_t{1} << 20;
    // Both must outlive it.
    TableIndex(const tables::Table& table, ValueKeys& values, size_t shapes_max = kShapesMax)
        : table_(table), values_(values), shapes_max_(shapes_max) {}

    Placement Place(const Conjunction& conjunction);
    // `any_of`: what the feed matters to; none: nothing. True: by every row, no index helps.
    static bool Unindexed(const std::vector<Placement>& any_of);
    // False, and nothing was added: there would be too many shapes.
    bool Add(uint32_t feed, const std::vector<Placement>& any_of);
    // With the same placements as it was added. False: it is not in the index like this; Purge it.
    bool Remove(uint32_t feed, const std::vector<Placement>& any_of);
    // Takes a feed away wherever it is: looks through everything.
    void Purge(uint32_t feed);
    // Appends feeds, some more than once, those without index not.
    void Find(const Image& image, std::vector<uint32_t>* feeds);
    const absl::flat_hash_set<uint32_t>& unindexed() const { return unindexed_; }
    bool empty() const { return unindexed_.empty() && postings_.empty(); }
    const tables::Table& table() const { return table_; }
    size_t bytes() const;

  private:
    // A value as key of a column, made once an image though several groups ask for it.
    struct Slot {
        Placement::KeyColumn key;
        uint64_t hash = 0;
    };
    struct Group {
        std::vector<size_t> slots;
        std::optional<Placement::RangeColumn> range;
        uint64_t number = 0;
        uint64_t uses = 0;
    };
    // What stands under a key: one feed, a place in `lists_`, or one in `sets_`.
    enum class Kind : uint8_t { kFeed, kList, kSet };
    struct Posting {
        uint32_t value = 0;
        Kind kind = Kind::kFeed;
    };

    static uint64_t InGroup(const Group& group, uint64_t key);
    std::vector<size_t> SlotsOf(const Placement& placement);
    // Null: there is none of this shape.
    Group* FindGroup(const Placement& placement);
    // Makes it, perhaps in the place of one that is not used any more. Null: too many shapes.
    Group* GroupOf(const Placement& placement);
    void AddKey(uint64_t key, uint32_t feed, const Placement& placement);
    bool RemoveKey(uint64_t key, uint32_t feed, const Placement& placement);
    // Takes a feed out of a posting; true: nothing is left of it.
    bool PurgePosting(Posting& posting, uint32_t feed);
    void FindIn(const Group& group, const Posting& posting, const Image& image,
                std::vector<uint32_t>* feeds) const;

    const tables::Table& table_;
    ValueKeys& values_;
    const size_t shapes_max_;
    std::vector<Slot> slots_;
    std::deque<Group> groups_;
    absl::flat_hash_map<uint64_t, Posting> postings_;
    std::deque<std::vector<uint32_t>> lists_;  // sorted
    std::deque<IntervalSet> sets_;
    std::vector<uint32_t> free_lists_, free_sets_;
    absl::flat_hash_set<uint32_t> unindexed_;
    std::vector<uint64_t> keys_;  // of the image at hand, by group
};

}  // namespace blasty::live::internal
