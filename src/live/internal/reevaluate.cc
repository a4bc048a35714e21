#include "live/internal/reevaluate.h"

#include <algorithm>
#include <utility>

namespace blasty::live::internal {
namespace {

// Of one snapshot: then commits are looked at again.
constexpr int64_t kRoundUsMax = 20'000;
// Of one feed. It runs on the live thread, which everyone else waits for.
constexpr int64_t kReevaluationUsMax = 2'000'000;
constexpr uint64_t kHeldBytesMax = 256 << 20;

}  // namespace

void Reevaluator::MarkDirty(const FeedPtr& feed, Sequence clean_until) {
    if (feed->dirty) return;
    feed->dirty = true;
    feed->valid_at = std::max(feed->held_at, clean_until);
    dirty(Environment::KindFor(*feed->plan)).push_back(feed);
}

Result<Environment*> Reevaluator::Begin(Environment::Kind kind) {
    if (dirty(kind).empty()) return nullptr;
    auto& environment = environments_[kind == Environment::Kind::kKeyed ? 1 : 0];
    if (!environment) {
        BLASTY_ASSIGN_OR_RETURN(environment, Environment::Make(core_.tables, core_.clock, kind));
    }
    BLASTY_RETURN_IF_ERROR(environment->Begin());
    began_us_ = core_.clock.MonotonicMicros();
    return environment.get();
}

FeedPtr Reevaluator::Next(Environment::Kind kind) {
    std::deque<FeedPtr>& feeds = dirty(kind);
    while (!feeds.empty() && feeds.front()->retired) feeds.pop_front();
    if (feeds.empty() || core_.clock.MonotonicMicros() - began_us_ > kRoundUsMax) return nullptr;
    FeedPtr feed = std::move(feeds.front());
    feeds.pop_front();
    return feed;
}

Result<std::shared_ptr<EventBatch>> Reevaluator::Evaluate(Environment& environment, Feed& feed) {
    const Environment::Limits limits{core_.options.result_rows_max, kHeldBytesMax,
                                     kReevaluationUsMax, core_.inbox.stop_flag()};
    core_.counters.reevaluations.fetch_add(1);
    BLASTY_ASSIGN_OR_RETURN(ResultSetPtr result,
                            environment.Run(feed.plan, feed.parameters, limits));
    std::shared_ptr<EventBatch> batch;
    if (feed.held) {
        batch = std::make_shared<EventBatch>();
        batch->events = Diff(*feed.held, *result, feed.old_values);
        batch->base = feed.valid_at;
        batch->sequence = environment.sequence();
        batch->columns = feed.columns;
        if (batch->events.empty()) batch.reset();
    } else {
        feed.window.set_complete_from(environment.sequence());
    }
    feed.held = std::move(result);
    feed.held_at = feed.valid_at = environment.sequence();
    feed.dirty = false;
    feed.snapshot.clear();
    return batch;
}

}  // namespace blasty::live::internal
