// Live queries of one database: a SELECT that keeps answering (architecture.md, section 6).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "exec/executor.h"
#include "live/event.h"
#include "log/log.h"
#include "tables/request.h"
#include "tables/tables.h"

namespace blasty::live {

struct LiveOptions {
    uint64_t subscriptions_max = 2'000'000;  // LIVE_LIMIT (RESOURCE_EXHAUSTED) above
    uint64_t templates_max = 10'000;
    // Distinct predicates that no index helps, over all subscriptions: each costs an evaluation a
    // change. LIVE_LIMIT above.
    uint64_t residuals_max = 100'000;
    uint64_t result_rows_max = 100'000;  // held for queries that are not plain filters: LIVE_LIMIT
    size_t buffer_bytes_max = 1 << 20;   // replayed from the log at a time for one subscription
    size_t window_bytes_max = 64 << 20;  // recent events kept for all feeds together
    int64_t progress_us = 1'000'000;     // kProgress at most this often
    uint64_t replay_changes_max = 1'000'000;  // when resuming; more is a reset
    int snapshot_threads = 2;  // half of them at most for first evaluations of slow queries
    bool manual = false;       // no threads: the owner calls RunPending (tests, simulation)
};

struct SubscribeOptions {
    tables::Statement query;
    std::string resume;       // token of any event, or empty: begin with a snapshot
    Sequence at_least;        // the snapshot holds everything up to here
    bool old_values = false;  // fill Event::old_row (filled in any case when coalescing)
    bool progress = false;    // send kProgress
    uint64_t rows_max =
        0;  // of the result: LIVE_LIMIT ends it when there are more. 0: the server's
    size_t buffer_bytes_max = 0;  // 0: the server's, which it cannot exceed
    // At most one batch per interval, the newest values win; 0: every commit.
    int64_t coalesce_us = 0;
    uint32_t batches_per_second_max = 0;  // widens coalesce_us when needed; 0: no limit
};

// How a query is followed, for `blasty explain-live`.
struct Explanation {
    enum class Class { kFilter, kJoin, kAggregate, kTopK, kReevaluated };
    Class query_class = Class::kFilter;
    std::string why;                  // not a better class, in a sentence
    std::vector<std::string> tables;  // it depends on
    std::string key;                  // what identifies a row of the result
    struct Access {                   // how a change of `table` finds the query
        std::string table;
        std::vector<std::string> terms;  // "section = ?1", "size > ?2"; one access per OR arm
        bool indexed = false;            // false: its predicate is evaluated for every change
    };
    std::vector<Access> accesses;
    std::string cost;      // of a change, in a sentence
    uint64_t sharing = 0;  // subscriptions that share the template now
};

struct LiveStats {
    uint64_t subscriptions = 0, feeds = 0, templates = 0;
    uint64_t filters = 0, joins = 0, aggregates = 0, top_ks = 0, reevaluated = 0;  // feeds by class
    uint64_t residuals = 0;  // distinct predicates evaluated for every change
    // Since the start.
    uint64_t changes = 0, candidates = 0, evaluations = 0, residual_evaluations = 0,
             reevaluations = 0, events = 0, resets = 0, fallbacks = 0;
    // Texts planned, templates compiled, queries placed in the index: what subscribing costs. A
    // schema change adds nothing but for the queries that it concerns.
    uint64_t planned = 0, compiled = 0, placed = 0;
    uint64_t increments = 0;  // changes worked into a held result without evaluating all of it
    uint64_t window_bytes = 0;
    Sequence position;  // everything up to here was matched
};

// The subscriptions of one client connection. Thread-safe.
class Session {
  public:
    virtual ~Session() = default;  // ends its subscriptions
    // `id` is chosen by the caller, unique in the session. Returns at once; what goes wrong comes
    // as kError: SQL_ERROR, LIVE_REFUSED (INVALID_ARGUMENT: not a SELECT, not deterministic, names
    // main.TABLE …), LIVE_LIMIT, INVALID_TOKEN, TABLES_STOPPED. An `id` in use: ID_IN_USE.
    virtual Status Subscribe(uint64_t id, const SubscribeOptions& options) = 0;
    // Nothing of it is fetched after this returns. Unknown ids are no error.
    virtual void Unsubscribe(uint64_t id) = 0;

    struct Fetched {
        uint64_t subscription;
        EventBatchPtr batch;
        size_t skip = 0;  // events at the front that the subscriber has (resumed in mid-commit)
    };
    // Takes batches, fairly over the subscriptions, up to about `bytes_max`. Each subscription's
    // come in order. Nothing: `wake` is called when there is something again. Does not block.
    virtual void Fetch(size_t bytes_max, std::vector<Fetched>* out) = 0;
};

// Thread-safe.
class Live {
  public:
    // All arguments must outlive the object, and stay open until Close. `blocking` runs snapshots
    // and resumes. Listens to the commits of `tables`.
    static Result<std::unique_ptr<Live>> Open(tables::Tables& tables, log::Log& log,
                                              exec::Executor& blocking, const Clock& clock,
                                              const LiveOptions& options);
    ~Live();
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    // `wake` runs on an internal thread, short, not blocking, once after each Fetch that found
    // nothing (or not all). The session must be gone before Close.
    std::unique_ptr<Session> NewSession(std::function<void()> wake);
    // Blocks shortly.
    Result<Explanation> Explain(const tables::Statement& query);
    LiveStats stats() const;
    // Why nothing can be followed (ok: it can).
    Status health() const;
    // Follows everything committed so far on the caller's thread. REQUIRES options.manual.
    void RunPending();
    void Close();

  private:
    struct Impl;
    explicit Live(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::live
