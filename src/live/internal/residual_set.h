// Conditions that no index helps, of the filters of one table: many of them are evaluated in one
// statement over a row, so that only filters whose condition holds are evaluated themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "live/internal/analysis.h"
#include "live/internal/delta_table.h"
#include "tables/value.h"

namespace blasty::live::internal {

class ResidualSet {
  public:
    // `tables` must outlive it.
    ResidualSet(const tables::Table& table, DeltaTables& tables) : table_(table), tables_(tables) {}
    ~ResidualSet();
    ResidualSet(const ResidualSet&) = delete;
    ResidualSet& operator=(const ResidualSet&) = delete;

    // False: its condition cannot be taken out of the text for sure.
    bool Add(uint32_t feed, const QueryPlan& plan, const tables::Row& parameters);
    bool Holds(uint32_t feed) const { return batch_of_.contains(feed); }
    // False: it was not added.
    bool Remove(uint32_t feed);
    // Calls `found(feed, place)` for each condition that holds for `images[place]`; for all of a
    // batch when SQLite cannot evaluate one of it. Returns how many were evaluated.
    template <typename Found>
    uint64_t Find(std::span<const Image* const> images, Found found) {
        uint64_t evaluated = 0;
        for (auto& batch : batches_) {
            evaluated += Evaluate(*batch, images);
            for (const auto& [member, place] : holds_) found(batch->members[member].feed, place);
        }
        return evaluated;
    }

  private:
    static constexpr uint32_t kNobody = ~uint32_t{0};
    struct Member {
        uint32_t feed = kNobody;
        std::string condition;  // its parameters are written as "?" and stand in `parameters`
        tables::Row parameters;
    };
    struct Batch {
        std::string from;
        std::vector<Member> members;
        size_t alive = 0;
        sqlite3_stmt* statement = nullptr;  // null: to be made
        bool broken = false;                // does not compile together
    };

    static std::string TextOf(const Batch& batch);
    void Build(Batch& batch);
    // Fills holds_.
    uint64_t Evaluate(Batch& batch, std::span<const Image* const> images);
    bool Trustworthy(const Member& member, const std::string& from) const;

    const tables::Table& table_;
    DeltaTables& tables_;
    std::vector<std::unique_ptr<Batch>> batches_;
    absl::flat_hash_map<uint32_t, Batch*> batch_of_;
    std::vector<std::pair<size_t, size_t>> holds_;  // member, place
};

}  // namespace blasty::live::internal
