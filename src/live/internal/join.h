// Joins of several tables, followed by joining only the changed rows of each with the others.
#pragma once

#include <optional>
#include <vector>

#include "live/internal/round_changes.h"

namespace blasty::live::internal {

// The rows of the feed (IncrementPlan::Kind::kJoin) that the changes of the round touch, as they
// are at the snapshot. Nullopt: only the query itself can tell.
Result<std::optional<std::vector<RowUpdate>>> UpdateJoin(const Round& round, const Feed& feed);

}  // namespace blasty::live::internal
