// What happened to the tables of a feed since its result was made, and what working it in needs.
#pragma once

#include <optional>
#include <vector>

#include "live/internal/environment.h"
#include "live/internal/feed.h"
#include "tables/commit.h"

namespace blasty::live::internal {

// More changed rows than this are not worked in one by one.
inline constexpr size_t kIncrementChangesMax = 5'000;

struct TableChanges {
    const tables::Table* table = nullptr;
    std::vector<tables::RowChange> changes;  // net: one a key
};

// The arguments of an increment: `environment` is in a snapshot, with the feed's changes up to it.
struct Round {
    Environment& environment;
    const Environment::Limits& limits;
    std::vector<TableChanges> tables;  // by place in the plan's tables

    // Puts the changed rows as the tables have them now into the row table; those that are gone are
    // not there.
    Status PutChanged(const TableChanges& changed) const;
};

// Nullopt: not everything that happened is known, or it is too much.
std::optional<std::vector<TableChanges>> ChangesOf(const Feed& feed, const tables::Schema& schema,
                                                   Sequence up_to);

}  // namespace blasty::live::internal
