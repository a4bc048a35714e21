// What the parts of LiveSearches share: settings, counters, work for the pool, and one follower an
// index that is watched.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "exec/executor.h"
#include "log/log.h"
#include "search/internal/live_index.h"
#include "search/live_searches.h"
#include "search/searches.h"
#include "tables/tables.h"

namespace blasty::search::standing {

struct Counters {
    std::atomic<uint64_t> subscriptions{0}, feeds{0}, changes{0}, candidates{0}, matches{0},
        evaluations{0}, events{0}, resets{0}, buffered_bytes{0};
};

class Follower;
using FollowerPtr = std::shared_ptr<Follower>;

// Thread-safe.
class Core {
  public:
    Core(Searches& of_searches, tables::Tables& of_tables, log::Log& of_log, exec::Executor& pool,
         const Clock& the_clock, const LiveSearchesOptions& live_options);
    ~Core();

    // Runs it on the pool, a few at a time; dropped once closed.
    void Post(std::function<void()> job);
    // The follower of an index, with one more user. Null once closed.
    FollowerPtr Acquire(const std::string& name, const std::shared_ptr<internal::LiveIndex>& index);
    // The last user lets go: its thread ends.
    void Release(const FollowerPtr& follower);
    // Ends followers and jobs, and waits for them.
    void Close();

    Searches& searches;
    tables::Tables& tables;
    log::Log& log;
    exec::Executor& blocking;
    const Clock& clock;
    const LiveSearchesOptions options;
    Counters counters;
    std::atomic<bool> stopped{false};

  private:
    void RunJobs();
    // Waits for threads that were told to end.
    void Join();

    Mutex mutex_;
    CondVar idle_;
    std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
    size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
    struct Used {
        FollowerPtr follower;
        uint64_t users = 0;
    };
    std::map<std::string, Used> followers_ ABSL_GUARDED_BY(mutex_);  // by the name of the index
    std::vector<FollowerPtr> ended_ ABSL_GUARDED_BY(mutex_);         // to be joined
};

}  // namespace blasty::search::standing
