// Queries that are followed by running them again: which are due, and what changed.
#pragma once

#include <array>
#include <deque>
#include <memory>

#include "live/internal/core.h"
#include "live/internal/environment.h"
#include "live/internal/feed.h"

namespace blasty::live::internal {

// The live thread's.
class Reevaluator {
  public:
    explicit Reevaluator(Core& core) : core_(core) {}

    // The result of the feed was right up to `clean_until`, and may not be after.
    void MarkDirty(const FeedPtr& feed, Sequence clean_until);
    bool pending() const { return !dirty_[0].empty() || !dirty_[1].empty(); }

    // One snapshot for the dirty feeds of a kind; null when there are none.
    Result<Environment*> Begin(Environment::Kind kind);
    // The next one to evaluate; null when there is none, or the others should wait for the next
    // round so that filters are not held up.
    FeedPtr Next(Environment::Kind kind);
    // Evaluates it at the snapshot and takes the new result. The batch to publish, or null.
    Result<std::shared_ptr<EventBatch>> Evaluate(Environment& environment, Feed& feed);

  private:
    std::deque<FeedPtr>& dirty(Environment::Kind kind) {
        return dirty_[kind == Environment::Kind::kKeyed ? 1 : 0];
    }

    Core& core_;
    std::array<std::unique_ptr<Environment>, 2> environments_;
    std::array<std::deque<FeedPtr>, 2> dirty_;
    int64_t began_us_ = 0;
};

}  // namespace blasty::live::internal
