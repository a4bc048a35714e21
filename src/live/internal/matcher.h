// Finds the subscriptions that a change touches: constraints of SQLite's planner index them, SQLite
// evaluates the candidates (architecture.md, section 6). Values may match too often in the index,
// never too rarely: what is answered is always SQLite's own evaluation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "live/internal/analysis.h"
#include "live/live.h"
#include "tables/commit.h"

namespace blasty::live::internal {

// A *feed* is one distinct (query text, parameters): everyone with the same query shares it.
using FeedId = uint32_t;

// What a change means to a filter feed. `key` is the row's key; rows are projections, encoded.
struct FeedChange {
    FeedId feed = 0;
    EventKind kind = EventKind::kEnter;  // kEnter, kChange, kLeave
    std::string_view key;                // of the change that was matched
    std::string new_row, old_row;        // as the kind has them
};

struct MatchResult {
    // Of filters: in the order of the changes; for one change in the order of the feeds' ids.
    std::vector<FeedChange> filters;
    // Other feeds whose result may differ now: sorted, each once.
    std::vector<FeedId> affected;
    // Filters that SQLite could not evaluate over a row (malformed JSON, integer overflow …), as a
    // fresh SELECT could not: they have ended, nothing else of them is in the result. SQL_ERROR.
    std::vector<std::pair<FeedId, Status>> failed;
};

struct MatcherStats {
    uint64_t templates = 0, feeds = 0, residuals = 0;
    uint64_t changes = 0, candidates = 0, evaluations = 0, residual_evaluations = 0;
    uint64_t bytes = 0;  // estimate of the index's memory, without the constants of the feeds
};

// One thread at a time. Owns a connection in memory whose temp schema shadows the tables: nothing
// but the images handed to it is ever read.
class Matcher {
  public:
    struct Options {
        uint64_t templates_max = 10'000;
        uint64_t residuals_max = 100'000;
    };
    static Result<std::unique_ptr<Matcher>> Make(tables::SchemaPtr schema, const Options& options);
    virtual ~Matcher() = default;

    // Begins to match a feed. The same id may come again after Remove. LIVE_LIMIT, SQL_ERROR.
    virtual Status Add(FeedId feed, const QueryPlanPtr& plan, const tables::Row& parameters) = 0;
    virtual void Remove(FeedId feed) = 0;
    // False: no feed reads the table, its changes need not be given to Match.
    virtual bool Watches(const tables::Table& table) const = 0;

    // Matches the net changes of one commit (NetChanges): both images of each. Images must have the
    // shape of the present schema. An error is ours or the memory's: nothing can be trusted after
    // it.
    virtual Status Match(std::span<const tables::RowChange> changes, MatchResult* result) = 0;

    // The same for one filter that need not be added: what resuming replays. SQL_ERROR when SQLite
    // cannot evaluate it over a row.
    virtual Status MatchOne(const QueryPlanPtr& plan, const tables::Row& parameters,
                            std::span<const tables::RowChange> changes,
                            std::vector<FeedChange>* result) = 0;

    // After a schema change: forgets everything; feeds must be added again with new plans.
    virtual Status Reset(tables::SchemaPtr schema) = 0;

    // Of one query, for explain-live: fills accesses, cost, sharing.
    virtual Status Explain(const QueryPlanPtr& plan, const tables::Row& parameters,
                           Explanation* explanation) = 0;
    virtual MatcherStats stats() const = 0;
};

}  // namespace blasty::live::internal
