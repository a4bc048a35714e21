// Searches that keep answering: the best hits, or all matches, then every change of them, of their
// number and of their facets. Delivered as live queries are (live/event.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "exec/executor.h"
#include "live/event.h"
#include "live/live.h"
#include "log/log.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search {

struct LiveSearchesOptions {
    uint64_t subscriptions_max = 2'000'000;  // LIVE_LIMIT (RESOURCE_EXHAUSTED) above
    size_t buffer_bytes_max = 1 << 20;  // of one subscription that does not read; more: a reset
    int64_t progress_us = 1'000'000;    // kProgress at most this often
    uint64_t matches_max = 100'000;     // rows of a first answer with all matches: LIVE_LIMIT
    uint64_t replay_changes_max = 1'000'000;  // when resuming; more is a reset
};

struct LiveRequest {
    // `size`: the best so many are followed; 0: only counts. `fresh`: the first answer holds
    // everything up to it. Not allowed: from, after, collapse (LIVE_REFUSED).
    Request search;
    bool all_matches = false;  // every match instead, without order or scores
    std::string resume;        // token of any event, or empty
    bool old_values = false;   // fill Event::old_row
    bool progress = false;
    size_t buffer_bytes_max = 0;  // 0: the server's, which it cannot exceed
    int64_t coalesce_us = 0;      // at most one batch per interval, the newest values win
};

// The live searches of one client connection, as live::Session. Thread-safe.
class LiveSession {
  public:
    virtual ~LiveSession() = default;  // ends its subscriptions
    // Returns at once; what goes wrong comes as kError: INDEX_NOT_FOUND, INDEX_BUILDING, BAD_QUERY,
    // LIVE_REFUSED, LIVE_LIMIT, INVALID_TOKEN, INDEX_DROPPED. An `id` in use: ID_IN_USE.
    virtual Status Subscribe(uint64_t id, const LiveRequest& request) = 0;
    virtual void Unsubscribe(uint64_t id) = 0;
    // As live::Session::Fetch.
    virtual void Fetch(size_t bytes_max, std::vector<live::Session::Fetched>* out) = 0;
};

struct LiveSearchesStats {
    uint64_t subscriptions = 0, feeds = 0;
    // Since the start.
    uint64_t changes = 0, candidates = 0, matches = 0, evaluations = 0, events = 0, resets = 0;
    uint64_t buffered_bytes = 0;
};

// Thread-safe.
class LiveSearches {
  public:
    // All arguments must outlive it and stay open until Close. `blocking` runs first answers and
    // resumes.
    static std::unique_ptr<LiveSearches> Open(Searches& searches, tables::Tables& tables,
                                              log::Log& log, exec::Executor& blocking,
                                              const Clock& clock,
                                              const LiveSearchesOptions& options);
    ~LiveSearches();

    // `wake` runs on an internal thread, short, not blocking, once after each Fetch that found
    // nothing (or not all). The session must be gone before Close.
    std::unique_ptr<LiveSession> NewSession(std::function<void()> wake);
    LiveSearchesStats stats() const;
    void Close();

  private:
    struct Impl;
    explicit LiveSearches(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::search
