#include "live/internal/follower.h"

#include <algorithm>
#include <utility>

#include "live/internal/resume.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live::internal {
namespace {

constexpr int64_t kIdleWaitUs = 500'000;

}  // namespace

Result<std::unique_ptr<Follower>> Follower::Make(Core& core, Planner& planner) {
    std::unique_ptr<Follower> follower(new Follower(core, planner));
    // The schema may be newer than the position: the changes in between are of no feed.
    follower->position_ = core.tables.applied();
    follower->schema_ = core.tables.schema();
    follower->schemas_ = {follower->schema_->changed_at};
    BLASTY_ASSIGN_OR_RETURN(
        follower->matcher_,
        Matcher::Make(follower->schema_, {core.options.templates_max, core.options.residuals_max}));
    follower->cursor_ = core.log.NewCursor({Next(follower->position_), std::nullopt});
    core.counters.position.store(follower->position_.value());
    return follower;
}

void Follower::Run() {
    bool more = false;
    while (!core_.inbox.stopped()) more = Round(more ? 0 : kIdleWaitUs);
}

bool Follower::Round(int64_t timeout_us) {
    std::vector<Command> commands = core_.inbox.Take(TimeoutUs(timeout_us));
    if (core_.health().ok()) {
        const Status status = TryRound(std::move(commands));
        if (!status.ok() && !core_.inbox.stopped()) Stop(status);
    } else {
        for (Command& command : commands) {
            if (auto* attach = std::get_if<internal::Attach>(&command))
                EndWith(attach->start->subscription, core_.health());
            if (auto* inspect = std::get_if<Inspect>(&command)) inspect->call();
        }
    }
    return reevaluator_.pending() && core_.health().ok();
}

int64_t Follower::TimeoutUs(int64_t most) const {
    if (most == 0) return 0;
    const int64_t now = core_.clock.MonotonicMicros();
    int64_t until = std::min(now + most, timer_at_us_);
    if (!progress_.empty()) until = std::min(until, progress_at_us_);
    return std::max<int64_t>(1, until - now);
}

Status Follower::TryRound(std::vector<Command> commands) {
    const int64_t now = core_.clock.MonotonicMicros();
    // After the commands were taken: what they ask to see is seen.
    BLASTY_RETURN_IF_ERROR(CatchUp(core_.tables.applied()));
    for (Command& command : commands) {
        if (auto* attach = std::get_if<internal::Attach>(&command)) {
            Attach(std::move(attach->start));
        } else if (auto* detach = std::get_if<Detach>(&command)) {
            feeds_.Leave(detach->subscription);
            progress_.erase(detach->subscription);
        } else if (auto* first = std::get_if<FirstResult>(&command)) {
            first_results_.push_back(std::move(*first));
        } else {
            std::get<Inspect>(command).call();
        }
    }
    BLASTY_RETURN_IF_ERROR(TakeFirstResults());
    ServeWaiting();
    for (const auto kind : {Environment::Kind::kKeyed, Environment::Kind::kPlain})
        BLASTY_RETURN_IF_ERROR(Reevaluate(kind));
    feeds_.Evict();
    for (const SubscriptionPtr& due : core_.timers.Take(now, &timer_at_us_)) due->session->Due(due);
    Progress();
    RemoveIdle();
    MutexLock lock(mutex_);
    matcher_stats_ = matcher_->stats();
    return OkStatus();
}

Status Follower::CatchUp(Sequence limit) {
    for (;;) {
        if (!pending_) {
            if (cursor_->position() > limit) break;
            BLASTY_ASSIGN_OR_RETURN(pending_, cursor_->Next());
        }
        if (!pending_ || pending_->first > limit) break;
        if (!feeds_.empty()) {
            BLASTY_ASSIGN_OR_RETURN(const bool processed, Process(pending_));
            if (!processed) return OkStatus();
        }
        pending_.reset();
    }
    // What was passed over for want of feeds may have held a schema change.
    if (feeds_.empty()) BLASTY_RETURN_IF_ERROR(ChangeSchema());
    position_ = std::max(position_, limit);
    core_.counters.position.store(position_.value());
    return OkStatus();
}

Result<bool> Follower::Process(const log::FramePtr& frame) {
    BLASTY_ASSIGN_OR_RETURN(tables::Commit commit, tables::DecodeCommit(frame));
    if (commit.empty() || commit.last <= position_) return true;
    if (commit.schema_changed) {
        // A snapshot may show a schema that the tables are about to announce.
        if (core_.tables.schema()->changed_at < commit.first) return false;
        BLASTY_RETURN_IF_ERROR(ChangeSchema());
    } else {
        BLASTY_RETURN_IF_ERROR(Match(commit));
    }
    position_ = commit.last;
    return true;
}

Status Follower::Match(tables::Commit& commit) {
    // When the schema is ahead of the commit, tables that changed their shape since have no feeds.
    std::erase_if(commit.changes, [&](const tables::RowChange& change) {
        const tables::Table* table = schema_->Find(change.table);
        return !table || table->shaped_at > commit.last || !matcher_->Watches(*table);
    });
    if (commit.changes.empty()) return OkStatus();
    std::vector<tables::RowChange> changes = tables::NetChanges(commit.changes);
    MatchResult result;
    BLASTY_RETURN_IF_ERROR(matcher_->Match(changes, &result));
    for (const auto& [id, why] : result.failed)
        if (const FeedPtr feed = feeds_.Shared(id)) EndFeed(feed, why);
    const Sequence before(commit.first.value() - 1);
    std::vector<Feed*> touched;
    for (const FeedChange& change : result.filters) {
        Feed* feed = feeds_.At(change.feed);
        if (!feed) continue;
        if (!feed->open_batch) {
            feed->open_batch = std::make_shared<EventBatch>();
            feed->open_batch->base = before;
            feed->open_batch->sequence = commit.last;
            feed->open_batch->columns = feed->columns;
            touched.push_back(feed);
        }
        AddChange(feed->open_batch.get(), change, feed->old_values);
    }
    for (Feed* feed : touched) feeds_.Publish(*feed, std::exchange(feed->open_batch, nullptr));
    feeds_.WakePublished();
    if (result.affected.empty()) return OkStatus();
    auto kept = std::make_shared<CommitChanges>();
    kept->frame = commit.frame;
    kept->changes = std::move(changes);
    kept->last = commit.last;
    for (const FeedId id : result.affected)
        if (const FeedPtr feed = feeds_.Shared(id))
            reevaluator_.MarkDirty(feed, {before, commit.last}, kept);
    return OkStatus();
}

Status Follower::Reevaluate(Environment::Kind kind) {
    BLASTY_ASSIGN_OR_RETURN(Environment * environment, reevaluator_.Begin(kind));
    if (!environment) return OkStatus();
    // The commits that the snapshot shows must have been seen by everyone.
    Status status = CatchUp(environment->sequence());
    if (status.ok() && position_ >= environment->sequence() &&
        environment->schema()->changed_at == schema_->changed_at) {
        while (const FeedPtr feed = reevaluator_.Next(kind)) {
            auto batch = reevaluator_.Evaluate(*environment, *feed);
            if (batch.ok())
                Updated(feed, *batch);
            else
                EndFeed(feed, batch.status());
        }
    }
    environment->End();
    feeds_.WakePublished();
    if (status.ok()) ServeWaiting();
    return status;
}

void Follower::Updated(const FeedPtr& feed, const std::shared_ptr<EventBatch>& batch) {
    if (batch) feeds_.Publish(*feed, batch);
    if (feed->held->size() <= feed->rows_max_least) return;
    std::vector<SubscriptionPtr> over;
    for (const SubscriptionPtr& subscription : feed->subscribers)
        if (const uint64_t most = subscription->options.rows_max;
            most > 0 && feed->held->size() > most)
            over.push_back(subscription);
    for (const SubscriptionPtr& subscription : over)
        EndWith(subscription, RowsOverLimit(subscription->options.rows_max));
}

void Follower::ServeWaiting() {
    std::vector<StartPtr> waiting = std::exchange(waiting_, {});
    for (StartPtr& start : waiting) {
        // A feed that ended has told its subscribers.
        if (start->subscription->ended.load() || start->feed->retired.load()) continue;
        if (Servable(*start))
            Serve(std::move(start));
        else
            waiting_.push_back(std::move(start));
    }
}

Status Follower::TakeFirstResults() {
    for (FirstResult& first : std::exchange(first_results_, {})) {
        // The commits that the snapshot shows must have been seen: they may touch the feed, or end
        // it (then an error is the schema's, not the query's).
        if (first.at > position_) BLASTY_RETURN_IF_ERROR(CatchUp(first.at));
        if (first.feed->retired.load()) continue;
        if (first.at > position_)
            first_results_.push_back(std::move(first));
        else if (!Trusts(first))
            core_.first_results.Push(first.feed);
        else if (first.status.ok())
            reevaluator_.SetFirst(std::move(first));
        else
            EndFeed(first.feed, first.status);
    }
    return OkStatus();
}

// Several schema changes may have been taken at once: what the query meant between them is not
// known.
bool Follower::Trusts(const FirstResult& first) const {
    const bool no_snapshot = first.at.value() == 0;  // the error of beginning one
    return no_snapshot ||
           std::find(schemas_.begin(), schemas_.end(), first.schema_at) != schemas_.end();
}

void Follower::EndFeed(const FeedPtr& feed, const Status& why) {
    std::vector<SubscriptionPtr> subscribers(feed->subscribers.begin(), feed->subscribers.end());
    matcher_->Remove(feed->id);
    feeds_.Remove(feed);
    for (const SubscriptionPtr& subscription : subscribers) EndWith(subscription, why);
}

void Follower::RemoveIdle() {
    for (const FeedPtr& feed : feeds_.TakeIdle(core_.clock.MonotonicMicros())) {
        matcher_->Remove(feed->id);
        feeds_.Remove(feed);
    }
}

void Follower::Progress() {
    const int64_t now = core_.clock.MonotonicMicros();
    if (progress_.empty() || now < progress_at_us_) return;
    progress_at_us_ = now + core_.options.progress_us;
    for (const SubscriptionPtr& subscription : progress_) {
        const FeedPtr& feed = subscription->member_of;
        if (feed && !feed->dirty) subscription->session->Progress(subscription, position_);
    }
}

void Follower::Stop(const Status& why) {
    core_.Fail(why);
    for (const FeedPtr& feed : feeds_.All()) EndFeed(feed, why);
    for (const StartPtr& start : std::exchange(waiting_, {})) EndWith(start->subscription, why);
}

MatcherStats Follower::matcher_stats() const {
    MutexLock lock(mutex_);
    return matcher_stats_;
}

}  // namespace blasty::live::internal
