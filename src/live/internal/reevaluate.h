// Queries that are followed by running them again: which are due, and what changed.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "live/internal/core.h"
#include "live/internal/environment.h"
#include "live/internal/feed.h"

namespace blasty::live::internal {

// A result, and the state that goes with it (IncrementPlan::state) or null.
struct Evaluated {
    std::shared_ptr<ResultSet> result, state;
};
// The whole query of a feed on the snapshot that `environment` is in. Any thread: of the feed only
// what never changes is read. Errors of Environment::Run.
Result<Evaluated> EvaluateQuery(Core& core, Environment& environment, const Feed& feed);

// The live thread's.
class Reevaluator {
  public:
    explicit Reevaluator(Core& core) : core_(core) {}

    // What happened at `touched.at` may have changed the result of the feed, which was right up to
    // `touched.clean_until`. `changes`: those of the commit; null: not because of changes. While
    // the feed is evaluated first this is only remembered.
    struct Touched {
        Sequence clean_until, at;
    };
    void MarkDirty(const FeedPtr& feed, const Touched& touched,
                   const std::shared_ptr<const CommitChanges>& changes);
    // The feed has its first result. What was remembered beyond it makes it dirty; everything up to
    // it has been matched.
    void SetFirst(FirstResult first);
    bool pending() const { return !dirty_[0].empty() || !dirty_[1].empty(); }

    // One snapshot for the dirty feeds of a kind; null when there are none.
    Result<Environment*> Begin(Environment::Kind kind);
    // The next one to evaluate; null when there is none, or the others should wait for the next
    // round so that filters are not held up.
    FeedPtr Next(Environment::Kind kind);
    // Brings its result to the snapshot, by its changes or by evaluating it. The batch to publish,
    // or null.
    Result<std::shared_ptr<EventBatch>> Evaluate(Environment& environment, Feed& feed);

  private:
    using Events = std::vector<Event>;
    // Nullopt: evaluate it. The feed's result is as before then.
    Result<std::optional<Events>> Increment(Environment& environment, Feed& feed,
                                            const Environment::Limits& limits);
    Result<Events> EvaluateAll(Environment& environment, Feed& feed);
    void Queue(const FeedPtr& feed, Sequence valid_at);
    std::deque<FeedPtr>& dirty(Environment::Kind kind) {
        return dirty_[kind == Environment::Kind::kKeyed ? 1 : 0];
    }

    Core& core_;
    std::array<std::unique_ptr<Environment>, 2> environments_;
    std::array<std::deque<FeedPtr>, 2> dirty_;
    int64_t began_us_ = 0;
};

}  // namespace blasty::live::internal
