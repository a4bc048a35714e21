// One watched index: its live searches are told of every commit, on a thread of its own.
//
// It stands at a position: all commits up to there were looked at, and its view of the index is of
// that sequence. A round takes the newest view there is, reads the commits in between from the
// log, asks the percolator which searches their rows fit, and evaluates touched lists of best hits
// once on the new view.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "index/percolator.h"
#include "search/internal/live_index.h"
#include "search/internal/standing_core.h"
#include "search/internal/standing_feed.h"
#include "search/internal/standing_rows.h"

namespace blasty::search::standing {

class Follower : public std::enable_shared_from_this<Follower> {
  public:
    Follower(Core& core, std::string name, std::shared_ptr<internal::LiveIndex> index);
    const std::string& name() const { return name_; }

    // From any thread.
    void Attach(Start start);
    void Detach(const SubscriptionPtr& subscription);
    // A replay found that it must begin anew.
    void AttachAnew(const SubscriptionPtr& subscription);
    // A first answer came from the pool.
    void Answered(uint64_t feed, Sequence at, bool rows, Result<Answer> answer);

    void Start();
    void Stop();  // soon; from any thread
    void Join();

  private:
    struct Came {
        uint64_t feed = 0;
        Sequence at;
        bool rows = false;
        Result<Answer> answer;
    };
    using Command = std::variant<standing::Start, SubscriptionPtr, Came>;
    // Commands, and that the index moved.
    class Inbox {
      public:
        void Post(Command command);
        void Poke();
        // Waits for anything, at most so long; then takes what there is.
        std::vector<Command> Take(int64_t timeout_us);
        void Stop();
        bool stopped() const { return stopped_.load(); }

      private:
        Mutex mutex_;
        CondVar changed_;
        std::vector<Command> commands_ ABSL_GUARDED_BY(mutex_);
        bool poked_ ABSL_GUARDED_BY(mutex_) = true;
        std::atomic<bool> stopped_{false};
    };

    void Run();
    void Handle(Command command);
    int64_t WaitUs() const;

    // standing_follower.cc: the index under it.
    void Watch();
    // What can be searched now, if anything.
    std::optional<internal::LiveIndex::View> Look();
    void LookAgain();
    void Rebase(internal::LiveIndex::View view);
    void Renew(const std::shared_ptr<const Mapping>& mapping);
    void ResetAll(std::string_view reason, std::string_view message);
    void EndAll(const Status& why);
    // Those who wait longer than they wanted to.
    void EndLate(const Status& why);

    // standing_attach.cc: subscriptions that begin.
    void Begin(standing::Start start);
    // False: it goes on waiting.
    bool TryBegin(standing::Start* start);
    Result<bool> Reached(standing::Start* start);
    Result<FeedPtr> FeedFor(const LiveRequestPtr& request);
    void Remove(const SubscriptionPtr& subscription);
    void RemoveFeed(const FeedPtr& feed);
    void Serve(const FeedPtr& feed);
    void ServeBest(const FeedPtr& feed, const standing::Start& start);
    void Replay(const FeedPtr& feed, const standing::Start& start);
    void Evaluate(const FeedPtr& feed, bool rows);
    void Take(Came came);
    // The table has another shape than the index knows.
    bool Reshaped() const;
    void TakeAll(const FeedPtr& feed, const Came& came);
    void TakeBest(const FeedPtr& feed, Came came);

    // standing_round.cc: commits.
    void Follow(internal::LiveIndex::View view);
    Status FollowTo(const internal::LiveIndex::View& view);
    Status LookAt(const TableChanges& commit);
    Status LookAtRow(const tables::RowChange& change);
    // Adds what a change means to a feed that it fits, before or now.
    Status Touch(const FeedPtr& feed, const tables::RowChange& change, bool before, bool now);
    void FinishCommit(const TableChanges& commit);
    void FinishRound();
    // The counts with facets, behind the last batch of the round.
    void FinishFacets(const FeedPtr& feed);
    void PublishOpen(const FeedPtr& feed);
    // Until the feed's total is known.
    void KeepOpen(const FeedPtr& feed);
    // Evaluates the best hits on the present view, and tells what changed. False: it failed.
    bool ReevaluateNow(const FeedPtr& feed);
    void Publish(const FeedPtr& feed, std::shared_ptr<live::EventBatch> batch);
    void TellProgress();
    void EndFeed(const FeedPtr& feed, const Status& why);

    Core& core_;
    const std::string name_;
    const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
    std::thread thread_;

    // The thread's.
    std::shared_ptr<internal::LiveIndex> index_;
    std::shared_ptr<const std::function<void()>> watcher_;
    std::optional<internal::LiveIndex::View> view_;  // at position_
    Sequence position_;
    index::Percolator percolator_;
    std::unique_ptr<index::Document> old_document_, new_document_;
    absl::flat_hash_map<std::string, FeedPtr> feeds_by_key_;
    absl::flat_hash_map<uint64_t, FeedPtr> feeds_;
    uint64_t next_feed_ = 1;
    std::vector<standing::Start> starts_;  // wait for the index
    absl::flat_hash_set<FeedPtr> dirty_;   // best hits to be evaluated
    std::vector<FeedPtr> opened_;          // with a batch of the commit that is looked at
    std::vector<FeedPtr> held_back_;
    std::vector<uint64_t> before_ids_, now_ids_;  // kept for their memory
    absl::flat_hash_set<SubscriptionPtr> progress_;
    int64_t progress_at_us_ = 0;
    Sequence progress_told_;
};

}  // namespace blasty::search::standing
