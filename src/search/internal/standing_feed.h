// One distinct live search of an index, followed once for everyone who asks it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/ids.h"
#include "live/event.h"
#include "search/internal/standing_answer.h"
#include "search/internal/standing_plan.h"
#include "search/internal/standing_subscription.h"

namespace blasty::search::standing {

// A subscription on its way to its first events.
struct Start {
    SubscriptionPtr subscription;
    uint64_t generation = 0;  // Subscription::generation it is for
    std::optional<live::ResumeToken> token = {};
    Sequence fresh = {};  // nothing before this will do
    int64_t deadline_us = 0;
    // Once attached: the feed's events after this are kept for it.
    Sequence attached_at = {};
};

// The follower's thread alone uses it.
struct Feed {
    uint64_t id = 0;
    std::string key;
    PlanPtr plan;
    bool best = false;  // the best hits; else all matches
    absl::flat_hash_set<SubscriptionPtr> subscribers;
    std::vector<Start> waiting;

    // An answer is on its way from the pool.
    bool evaluating = false;
    // `total`, `facets` (and `held`) are known, as of the follower's position unless dirty.
    bool known = false;
    uint64_t total = 0;
    std::vector<index::FacetResult> facets;
    uint64_t told_total = 0;
    // Of the newest change that was told (or when it began): who knows that knows all.
    Sequence told_at;
    Sequence born_at;

    // All matches. The batch of the commit that is looked at, and its enters less its leaves.
    std::shared_ptr<live::EventBatch> open;
    int64_t open_delta = 0;
    // With facets: the last batch of the round, which the counts will stand in.
    std::shared_ptr<live::EventBatch> held_back;
    // While the total is not known.
    std::vector<std::pair<std::shared_ptr<live::EventBatch>, int64_t>> unpublished;
    size_t unpublished_bytes = 0;
    bool missed = false;  // it was too much: evaluated once more

    // The best hits.
    std::vector<Hit> held;
    Sequence held_at;                                // evaluated here
    bool dirty = false;                              // touched since: evaluated again when due
    absl::flat_hash_map<std::string, bool> touched;  // keys; true: a match before and after
    int64_t due_us = 0;
    int failures = 0;  // of evaluations, one after another
};
using FeedPtr = std::shared_ptr<Feed>;

}  // namespace blasty::search::standing
