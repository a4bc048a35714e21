// Which queries can be followed without evaluating them over everything again, and how.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "live/internal/analysis.h"
#include "live/internal/select_text.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// Fills plan->increment. `origins`: the column of a table that each result column is, or empty.
// `compiles`: with key columns and row tables (ShadowSchema::Mode::kKeyed). Doubt means kNone.
void PlanIncrements(const SelectText& text, const tables::Schema& schema,
                    const std::vector<std::string>& origins,
                    const std::function<bool(const std::string&)>& compiles, QueryPlan* plan);

}  // namespace blasty::live::internal
