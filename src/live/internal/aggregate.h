// COUNT and SUM of integers over one table, followed by subtracting the old rows and adding the new
// ones.
#pragma once

#include <optional>
#include <vector>

#include "live/internal/round_changes.h"

namespace blasty::live::internal {

// The groups of the feed (IncrementPlan::Kind::kAggregate) that the changes of the round touch, as
// they are then: with the hidden values (`state`), and as the result has them.
struct GroupUpdates {
    std::vector<RowUpdate> state, result;
};
// Nullopt: what is in a group cannot be added up exactly, only the query itself can tell.
Result<std::optional<GroupUpdates>> UpdateGroups(const Round& round, const Feed& feed);

// The result that a state shows. Null: a row is not what was planned.
std::shared_ptr<ResultSet> ResultOfState(const IncrementPlan& increment, const ResultSet& state);

}  // namespace blasty::live::internal
