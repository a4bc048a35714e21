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
#include "live/internal/schema_change.h"
#include "live/internal/table_index.h"
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
    uint64_t compiled = 0;  // templates, since the start
    uint64_t placed = 0;    // feeds whose access paths were asked for, since the start
    uint64_t bytes = 0;     // estimate of the index's memory, without the constants of the feeds
};

// One thread at a time. Owns a connection in memory whose temp schema shadows the tables: nothing
// but the images handed to it is ever read.
class Matcher {
  public:
    struct Options {
        uint64_t templates_max = 10'000;
        uint64_t residuals_max = 100'000;
        size_t shapes_max = TableIndex::kShapesMax;  // sets of indexed columns, of one table
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

    // Brings it to the next schema; `change` begins with the one it has. Ends to match the feeds of
    // `gone`, which must hold all that read a table of `change.gone` or that the change voids. The
    // others stay as they are: their tables are, and so the planner would ask the same of them. An
    // error is ours or the memory's, as in Match.
    virtual Status ChangeSchema(const SchemaChange& change, std::span<const FeedId> gone) = 0;

    // Of one query, for explain-live: fills accesses, cost, sharing.
    virtual Status Explain(const QueryPlanPtr& plan, const tables::Row& parameters,
                           Explanation* explanation) = 0;
    virtual MatcherStats stats() const = 0;
};

}  // namespace blasty::live::internal
