#include "live/internal/reevaluate.h"

#include <algorithm>
#include <utility>

#include "live/internal/aggregate.h"
#include "live/internal/join.h"
#include "live/internal/round_changes.h"
#include "live/internal/top_k.h"

namespace blasty::live::internal {
namespace {

// Of one snapshot: then commits are looked at again.
constexpr int64_t kRoundUsMax = 20'000;
// Of one feed. All but the first evaluation run on the live thread, which everyone else waits for.
constexpr int64_t kReevaluationUsMax = 2'000'000;
constexpr uint64_t kHeldBytesMax = 256 << 20;

Environment::Limits LimitsOf(const Core& core) {
    return {core.options.result_rows_max, kHeldBytesMax, kReevaluationUsMax,
            core.inbox.stop_flag()};
}

// The result of the feed to be changed in place: a copy, when someone else may look at it.
ResultSet& OwnResult(Feed& feed) {
    if (feed.held_shared) feed.held = feed.held->Copy();
    feed.held_shared = false;
    return *feed.held;
}

}  // namespace

Result<Evaluated> EvaluateQuery(Core& core, Environment& environment, const Feed& feed) {
    core.counters.reevaluations.fetch_add(1);
    const Environment::Limits limits = LimitsOf(core);
    Evaluated out;
    if (const QueryPlanPtr& plan = feed.plan->increment.state) {
        auto state = environment.Run(plan, feed.parameters, limits);
        if (state.ok()) out.result = ResultOfState(feed.plan->increment, **state);
        if (out.result) out.state = *std::move(state);
    }
    if (!out.result) {
        BLASTY_ASSIGN_OR_RETURN(out.result, environment.Run(feed.plan, feed.parameters, limits));
    }
    return out;
}

void Reevaluator::MarkDirty(const FeedPtr& feed, const Touched& touched,
                            const std::shared_ptr<const CommitChanges>& changes) {
    feed->touched_at = std::max(feed->touched_at, touched.at);
    const bool follows = (feed->held || feed->evaluating) && !feed->missed && changes &&
                         feed->plan->increment.kind != IncrementPlan::Kind::kNone;
    if (follows) feed->pending_changes += changes->changes.size();
    if (follows && feed->pending_changes <= kIncrementChangesMax) {
        feed->pending.push_back(changes);
    } else {
        feed->missed = true;
        feed->pending.clear();
    }
    if (!feed->dirty && !feed->evaluating)
        Queue(feed, std::max(feed->held_at, touched.clean_until));
}

void Reevaluator::Queue(const FeedPtr& feed, Sequence valid_at) {
    feed->dirty = true;
    feed->valid_at = valid_at;
    dirty(Environment::KindFor(*feed->plan)).push_back(feed);
}

void Reevaluator::SetFirst(FirstResult first) {
    Feed& feed = *first.feed;
    feed.evaluating = false;
    feed.held = std::move(first.held);
    feed.held_shared = false;
    feed.state = std::move(first.state);
    feed.held_at = feed.valid_at = first.at;
    feed.window.set_complete_from(first.at);
    std::erase_if(feed.pending, [&](const auto& commit) { return commit->last <= first.at; });
    feed.pending_changes = 0;
    for (const auto& commit : feed.pending) feed.pending_changes += commit->changes.size();
    if (feed.touched_at > first.at)
        Queue(first.feed, first.at);
    else
        feed.missed = false;
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
    while (!feeds.empty() && feeds.front()->retired.load()) feeds.pop_front();
    if (feeds.empty() || core_.clock.MonotonicMicros() - began_us_ > kRoundUsMax) return nullptr;
    FeedPtr feed = std::move(feeds.front());
    feeds.pop_front();
    return feed;
}

Result<std::optional<std::vector<Event>>> Reevaluator::Increment(
    Environment& environment, Feed& feed, const Environment::Limits& limits) {
    auto changes = ChangesOf(feed, *environment.schema(), environment.sequence());
    if (!changes || feed.held->bytes() >= limits.bytes_max) return std::nullopt;
    const Round round{environment, limits, *std::move(changes)};
    switch (feed.plan->increment.kind) {
        case IncrementPlan::Kind::kTopK: {
            BLASTY_ASSIGN_OR_RETURN(auto result, UpdateTopK(round, feed));
            if (!result) return std::nullopt;
            Events events = Diff(*feed.held, *result, feed.old_values);
            feed.held = std::move(result);
            feed.held_shared = false;
            return events;
        }
        case IncrementPlan::Kind::kAggregate: {
            BLASTY_ASSIGN_OR_RETURN(auto updates, UpdateGroups(round, feed));
            if (!updates) return std::nullopt;
            if (feed.held->size() + updates->result.size() > limits.rows_max) return std::nullopt;
            Apply(std::move(updates->state), false, feed.state.get());
            return Apply(std::move(updates->result), feed.old_values, &OwnResult(feed));
        }
        case IncrementPlan::Kind::kJoin: {
            BLASTY_ASSIGN_OR_RETURN(auto updates, UpdateJoin(round, feed));
            if (!updates) return std::nullopt;
            return Apply(*std::move(updates), feed.old_values, &OwnResult(feed));
        }
        case IncrementPlan::Kind::kNone:
            break;
    }
    return std::nullopt;
}

Result<std::vector<Event>> Reevaluator::EvaluateAll(Environment& environment, Feed& feed) {
    feed.state.reset();
    BLASTY_ASSIGN_OR_RETURN(Evaluated evaluated, EvaluateQuery(core_, environment, feed));
    Events events = Diff(*feed.held, *evaluated.result, feed.old_values);
    feed.held = std::move(evaluated.result);
    feed.state = std::move(evaluated.state);
    feed.held_shared = false;
    return events;
}

Result<std::shared_ptr<EventBatch>> Reevaluator::Evaluate(Environment& environment, Feed& feed) {
    const Environment::Limits limits = LimitsOf(core_);
    // What cannot be worked in is told by the query itself, errors as well.
    auto incremented = Increment(environment, feed, limits);
    Events events;
    if (incremented.ok() && incremented->has_value()) {
        core_.counters.increments.fetch_add(1);
        events = **std::move(incremented);
    } else {
        BLASTY_ASSIGN_OR_RETURN(events, EvaluateAll(environment, feed));
    }
    std::shared_ptr<EventBatch> batch;
    if (!events.empty()) {
        batch = std::make_shared<EventBatch>();
        batch->events = std::move(events);
        batch->base = feed.valid_at;
        batch->sequence = environment.sequence();
        batch->columns = feed.columns;
    }
    feed.held_at = feed.valid_at = environment.sequence();
    feed.dirty = false;
    feed.missed = false;
    feed.pending.clear();
    feed.pending_changes = 0;
    feed.snapshot.clear();
    return batch;
}

}  // namespace blasty::live::internal
