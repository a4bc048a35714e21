// The live thread: follows the log up to what the tables show, matches every commit, and gives each
// feed its batches in order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "live/internal/core.h"
#include "live/internal/feeds.h"
#include "live/internal/matcher.h"
#include "live/internal/planner.h"
#include "live/internal/reevaluate.h"
#include "log/log.h"
#include "tables/commit.h"

namespace blasty::live::internal {

class Follower {
  public:
    // Both must outlive it. Begins after what the tables show now.
    static Result<std::unique_ptr<Follower>> Make(Core& core, Planner& planner);

    // Until the inbox is stopped.
    void Run();
    // Takes what is there (waits for it up to `timeout_us`) and everything committed. True when
    // something is left to do at once.
    bool Round(int64_t timeout_us);

    // Of the matcher, at the end of the last round. From any thread.
    MatcherStats matcher_stats() const;
    // On the live thread only.
    Result<Explanation> Explain(const tables::Statement& query);

  private:
    Follower(Core& core, Planner& planner)
        : core_(core), planner_(planner), feeds_(core), reevaluator_(core) {}
    // Why it stops, if not ok.
    Status TryRound(std::vector<Command> commands);
    // Ends before `limit` when the tables have not announced a schema yet.
    Status CatchUp(Sequence limit);
    // False: not yet.
    Result<bool> Process(const log::FramePtr& frame);
    Status Match(tables::Commit& commit);  // takes the changes nobody reads from it
    Status ChangeSchema();
    // The plan means the same after `change`.
    bool GoesOn(const QueryPlan& plan, const SchemaChange& change);
    // The matcher has forgotten it: its subscribers begin anew.
    void Retire(const FeedPtr& feed);

    void Attach(StartPtr start);
    void Serve(StartPtr start);
    // True when a token needs no more than the window.
    bool ServeFromWindow(Start& start);
    Status Reevaluate(Environment::Kind kind);
    void Updated(const FeedPtr& feed, const std::shared_ptr<EventBatch>& batch);
    // What it asks for is in the result that the feed holds, or (a filter) needs none.
    static bool Servable(const Start& start);
    void ServeWaiting();
    Status TakeFirstResults();
    // Has the live thread been at the schema of the snapshot, and the feed gone on there?
    bool Trusts(const FirstResult& first) const;
    void EndFeed(const FeedPtr& feed, const Status& why);
    void RemoveIdle();
    void Progress();
    int64_t TimeoutUs(int64_t most) const;
    void Stop(const Status& why);

    Core& core_;
    Planner& planner_;
    Feeds feeds_;
    Reevaluator reevaluator_;
    std::unique_ptr<Matcher> matcher_;
    std::unique_ptr<log::Cursor> cursor_;
    log::FramePtr pending_;  // read, but not visible yet
    Sequence position_;      // everything up to here was matched
    tables::SchemaPtr schema_;
    std::deque<Sequence> schemas_;  // Schema::changed_at of it and of those before it, oldest first
    std::vector<StartPtr> waiting_;           // for the result of their feed
    std::vector<FirstResult> first_results_;  // that came, but show more than was matched
    absl::flat_hash_set<SubscriptionPtr> progress_;
    int64_t progress_at_us_ = 0;
    int64_t timer_at_us_ = INT64_MAX;

    mutable Mutex mutex_;
    MatcherStats matcher_stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::live::internal
