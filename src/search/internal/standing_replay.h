// What happened to one live search since a token: the log once more.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/status.h"
#include "live/event.h"
#include "search/internal/standing_core.h"
#include "search/internal/standing_plan.h"

namespace blasty::search::standing {

// Why a token cannot be resumed: empty when it can. A reason word and a sentence.
struct ResetReason {
    std::string reason, message;
    bool empty() const { return reason.empty(); }
};

ResetReason TokenAhead(const live::ResumeToken& token, Sequence last);
struct ReplayTask {
    PlanPtr plan;
    std::string index;
    live::ResumeToken token;
    Sequence to;
    // As of `to`.
    uint64_t total = 0;
    std::vector<index::FacetResult> facets;
    // The index may have been another one at the token.
    bool another_index = false;
    // Of best hits: the list held is the one that was told at the token; else: their order is the
    // same as at the token when no match changed.
    bool same_list = false, same_order = false;
};

struct Replayed {
    ResetReason reset;  // the rest is empty then
    std::deque<live::EventBatchPtr> batches;
    uint32_t skip = 0;  // events of the first batch that the subscriber has
};

// All matches: the batches of (token, to]. The best hits: nothing, or a reset when any match
// changed.
Result<Replayed> ReplayChanges(Core& core, const ReplayTask& task);

// An event of all matches, for a row that fits before or now; false: nothing that is shown changed.
// An image that does not fit is empty.
Result<bool> AddRowEvent(const Plan& plan, std::string_view key, std::string_view old_row,
                         std::string_view new_row, live::EventBatch* batch);

}  // namespace blasty::search::standing
