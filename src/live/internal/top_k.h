// ORDER BY … LIMIT over one table, followed by ordering only the rows held and the changed ones.
#pragma once

#include <optional>

#include "live/internal/round_changes.h"

namespace blasty::live::internal {

// The result of the feed (IncrementPlan::Kind::kTopK) at the snapshot. Null: a row that is not held
// may have come in, only the query itself can tell.
Result<std::shared_ptr<ResultSet>> UpdateTopK(const Round& round, const Feed& feed);

}  // namespace blasty::live::internal
