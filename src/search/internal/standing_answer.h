// What a live search answers at one sequence, and what leads from one answer to the next.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "live/event.h"
#include "search/internal/standing_core.h"
#include "search/internal/standing_plan.h"

namespace blasty::search::standing {

struct Hit {
    std::string key;
    Plan::Shown shown;
    double score = 0;
};

struct Answer {
    std::vector<Hit> hits;
    uint64_t total = 0;
    std::vector<index::FacetResult> facets;
    Sequence at;
};

// Hits of an earlier answer whose rows are still the same.
using KnownHits = absl::flat_hash_map<std::string_view, const Hit*>;

// The best hits, with their rows as they were at the snapshot's sequence.
Result<Answer> EvaluateBest(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
                            const KnownHits& known);
// All matches, in no order. `rows` false: only how many, and facets. LIVE_LIMIT.
Result<Answer> EvaluateAll(Core& core, const Plan& plan, const internal::LiveIndex::View& view,
                           bool rows);
// Facets and total alone.
Result<Answer> EvaluateCounts(Core& core, const Plan& plan, const internal::LiveIndex::View& view);

// A first answer: kRow, kCounts, kReady, in batches of about 64 KiB.
std::deque<live::EventBatchPtr> AnswerBatches(const Plan& plan, const std::vector<Hit>& hits,
                                              uint64_t total,
                                              const std::vector<index::FacetResult>& facets,
                                              Sequence at);

// Appends what leads from one list to the other: leaves first, then places from the front.
// `touched`: keys of rows that changed, for plans that show nothing of a row.
void AddListEvents(const Plan& plan, const std::vector<Hit>& before, const std::vector<Hit>& after,
                   const absl::flat_hash_map<std::string, bool>& touched,
                   std::vector<live::Event>* events);

live::Event CountsEvent(uint64_t total, const std::vector<index::FacetResult>& facets);
bool SameFacets(const std::vector<index::FacetResult>& a, const std::vector<index::FacetResult>& b);
// Estimate of its memory.
size_t BytesOf(const live::EventBatch& batch);
// A batch of one event without a row.
live::EventBatchPtr MarkBatch(live::EventKind kind, Sequence at, std::string_view reason = {},
                              std::string_view message = {});

}  // namespace blasty::search::standing
