// What the parts of Live share: settings, counters, and the queues between sessions, the live
// thread and the starts on the pool.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "exec/executor.h"
#include "exec/worker_pool.h"
#include "live/internal/analysis.h"
#include "live/internal/feed.h"
#include "live/internal/subscription.h"
#include "live/live.h"
#include "log/log.h"
#include "tables/tables.h"

namespace blasty::live::internal {

struct Counters {
    std::atomic<uint64_t> subscriptions{0}, feeds{0}, reevaluations{0}, increments{0}, events{0},
        resets{0}, fallbacks{0}, window_bytes{0};
    std::array<std::atomic<uint64_t>, 5> classes{};  // feeds by Explanation::Class
    // Of snapshots and replays that nobody fetched yet.
    std::atomic<uint64_t> own_bytes{0};
    std::atomic<uint64_t> position{0};
};

// A subscription on its way: planned on the pool, attached to its feed on the live thread, filled
// on the pool (snapshot.h, resume.h).
struct Start {
    SubscriptionPtr subscription;
    uint64_t generation = 0;
    tables::Statement query;
    std::optional<ResumeToken> token;
    Sequence at_least;
    std::string reset_reason, reset_message;  // tell the subscriber first

    // From planning.
    QueryPlanPtr plan;
    tables::Row parameters;
    Sequence schema_at;  // Schema::changed_at the plan was made for

    // From attaching.
    FeedPtr feed;
    uint64_t cursor = 0;
    Sequence position;  // batches of the feed from `cursor` on are after this
    tables::SchemaPtr schema;
    ResultSetPtr held;  // not filters: at `position`
};
using StartPtr = std::unique_ptr<Start>;

// The first result of a feed that is not a filter, on its way: asked for by the live thread,
// evaluated on the pool (first_results.h), taken by the live thread.
struct FirstResult {
    FeedPtr feed;
    // What the snapshot at `at` says; null with the error in `status`.
    std::shared_ptr<ResultSet> held;
    std::shared_ptr<ResultSet> state;  // IncrementPlan::state
    Sequence at;
    Sequence schema_at;  // Schema::changed_at of the snapshot
    Status status;
};

// To the live thread.
struct Attach {
    StartPtr start;
};
struct Detach {
    SubscriptionPtr subscription;
};
struct Inspect {  // runs on the live thread
    std::function<void()> call;
};
using Command = std::variant<Attach, Detach, Inspect, FirstResult>;

class Inbox {
  public:
    void Post(Command command);
    // New commits are there.
    void Poke();
    // Waits for something or until `timeout_us`, then takes everything.
    std::vector<Command> Take(int64_t timeout_us);
    void Stop() { stopped_.store(true), Poke(); }
    bool stopped() const { return stopped_.load(); }
    bool empty() const;
    const std::atomic<bool>* stop_flag() const { return &stopped_; }

  private:
    mutable Mutex mutex_;
    CondVar changed_;
    std::vector<Command> commands_ ABSL_GUARDED_BY(mutex_);
    bool poked_ ABSL_GUARDED_BY(mutex_) = false;
    std::atomic<bool> stopped_{false};
};

// To the pool. `run` is posted when there is work and fewer than the slots run.
template <typename Job>
class JobQueue {
  public:
    explicit JobQueue(size_t slots) : slots_(slots) {}
    void Push(Job job) {
        {
            MutexLock lock(mutex_);
            if (stopped_) return;
            jobs_.push_back(std::move(job));
            if (running_ >= slots_) return;
            ++running_;
        }
        run_();
    }
    // For a slot.
    std::vector<Job> Take(size_t max) {
        std::vector<Job> taken;
        MutexLock lock(mutex_);
        while (!stopped_ && !jobs_.empty() && taken.size() < max) {
            taken.push_back(std::move(jobs_.front()));
            jobs_.pop_front();
        }
        return taken;
    }
    // Ends the work of a slot, which must not touch anything after it; false: there is more.
    bool GiveBack() {
        MutexLock lock(mutex_);
        if (!stopped_ && !jobs_.empty()) return false;
        --running_;
        idle_.SignalAll();
        return true;
    }
    // Posts the work of one slot to the pool. Set before the first Push.
    void set_run(std::function<void()> run) { run_ = std::move(run); }
    // Nothing is taken any more; waits until every slot is given back.
    void Stop() {
        std::deque<Job> dropped;
        MutexLock lock(mutex_);
        stopped_ = true;
        dropped.swap(jobs_);
        while (running_ > 0) idle_.Wait(mutex_);
    }

  private:
    const size_t slots_;
    std::function<void()> run_;
    mutable Mutex mutex_;
    CondVar idle_;
    std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
    size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
    bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// Coalescing subscriptions that wait for their interval. Thread-safe.
class Timers {
  public:
    void Add(int64_t due_us, SubscriptionPtr subscription);
    // Those that are due, and when the next one is (INT64_MAX: none).
    std::vector<SubscriptionPtr> Take(int64_t now_us, int64_t* next_us);

  private:
    Mutex mutex_;
    std::multimap<int64_t, SubscriptionPtr> timers_ ABSL_GUARDED_BY(mutex_);
};

struct Core {
    Core(tables::Tables& of_tables, log::Log& of_log, exec::Executor& pool, const Clock& the_clock,
         const LiveOptions& live_options);

    tables::Tables& tables;
    log::Log& log;
    exec::Executor& blocking;
    const Clock& clock;
    const LiveOptions options;
    Counters counters;
    // Shared with the commit listener of the tables, which may come last.
    const std::shared_ptr<Inbox> shared_inbox = std::make_shared<Inbox>();
    Inbox& inbox = *shared_inbox;
    JobQueue<StartPtr> starts;
    JobQueue<FeedPtr> first_results;  // to be evaluated
    Timers timers;
    // Marks the subscriptions of a hot feed; null in manual mode.
    std::unique_ptr<exec::WorkerPool> notifier;

    // First cause wins.
    void Fail(const Status& why);
    Status health() const;

  private:
    mutable Mutex mutex_;
    Status health_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::live::internal
