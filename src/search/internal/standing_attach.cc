// Subscriptions that begin: their feed, and what they get first.
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/standing_follower.h"
#include "search/internal/standing_replay.h"
#include "search/internal/standing_session.h"

namespace blasty::search::standing {

void Follower::Begin(standing::Start start) {
    const SubscriptionPtr& subscription = start.subscription;
    if (subscription->ended.load()) return;
    // It fell behind: what it was part of is over.
    Remove(subscription);
    if (start.deadline_us == 0) {
        start.deadline_us =
            core_.clock.MonotonicMicros() + subscription->request->search.timeout_us;
    }
    if (!view_ || !TryBegin(&start)) starts_.push_back(std::move(start));
}

// Whether the index is where the start wants it to be.
Result<bool> Follower::Reached(standing::Start* start) {
    Sequence wanted = start->fresh;
    if (start->token) wanted = std::max(wanted, start->token->sequence);
    if (wanted <= position_) return true;
    const Sequence last = core_.log.state().last;
    if (wanted > last) {
        return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD",
                         StrCat("the answer should hold sequence ", wanted.value(),
                                ", the database is at ", last.value()));
    }
    const auto comes = index_->Await(wanted, 0);
    if (ReasonOf(comes.status()) == "DEADLINE_EXCEEDED") return false;
    BLASTY_RETURN_IF_ERROR(comes.status());
    return *comes <= position_;
}

bool Follower::TryBegin(standing::Start* start) {
    const SubscriptionPtr subscription = start->subscription;
    const auto reached = Reached(start);
    ResetReason why;
    if (!reached.ok()) {
        if (!start->token || start->fresh > start->token->sequence) {
            subscription->session->End(subscription, reached.status());
            return true;
        }
        why = TokenAhead(*start->token, core_.log.state().last);
    } else if (!*reached) {
        return false;
    }
    const auto feed = FeedFor(subscription->request);
    if (!feed.ok()) {
        subscription->session->End(subscription, feed.status());
        return true;
    }
    if (!why.empty()) {
        start->token.reset();
        subscription->session->Reset(
            subscription, MarkBatch(live::EventKind::kReset, position_, why.reason, why.message));
    }
    start->attached_at = position_;
    start->generation = subscription->session->Collect(subscription);
    if (start->generation != 0) {
        (*feed)->subscribers.insert(subscription);
        subscription->member_of = *feed;
        if (subscription->request->progress) {
            progress_.insert(subscription);
            progress_told_ = Sequence();
        }
        (*feed)->waiting.push_back(std::move(*start));
    }
    if ((*feed)->subscribers.empty())
        RemoveFeed(*feed);
    else
        Serve(*feed);
    return true;
}

Result<FeedPtr> Follower::FeedFor(const LiveRequestPtr& request) {
    std::string key = FeedKey(*request);
    if (const auto found = feeds_by_key_.find(key); found != feeds_by_key_.end())
        return found->second;
    auto feed = std::make_shared<Feed>();
    BLASTY_ASSIGN_OR_RETURN(feed->plan, MakePlan(request, *view_));
    feed->id = next_feed_++;
    BLASTY_RETURN_IF_ERROR(percolator_.Add(feed->id, feed->plan->query));
    feed->key = key;
    feed->best = !request->all_matches;
    // Whoever was told something before this run of the server was not told by this feed.
    feed->born_at = core_.log.state().last;
    feed->told_at = position_;
    feeds_by_key_.emplace(std::move(key), feed);
    feeds_.emplace(feed->id, feed);
    core_.counters.feeds.fetch_add(1);
    return feed;
}

void Follower::Remove(const SubscriptionPtr& subscription) {
    progress_.erase(subscription);
    std::erase_if(starts_, [&](const auto& start) { return start.subscription == subscription; });
    const FeedPtr feed = std::move(subscription->member_of);
    if (feed == nullptr) return;
    feed->subscribers.erase(subscription);
    std::erase_if(feed->waiting,
                  [&](const auto& start) { return start.subscription == subscription; });
    if (feed->subscribers.empty()) RemoveFeed(feed);
}

void Follower::RemoveFeed(const FeedPtr& feed) {
    if (feeds_.erase(feed->id) == 0) return;
    percolator_.Remove(feed->id);
    feeds_by_key_.erase(feed->key);
    dirty_.erase(feed);
    core_.counters.feeds.fetch_sub(1);
}

void Follower::Serve(const FeedPtr& feed) {
    if (feed->evaluating || feed->waiting.empty()) return;
    const bool rows = std::any_of(feed->waiting.begin(), feed->waiting.end(),
                                  [](const auto& start) { return !start.token; });
    if (!feed->known || (!feed->best && rows)) return Evaluate(feed, rows);
    // Other rows may have moved its hits, which is told only when something else is: a newcomer
    // sees them as they are.
    const bool moved = feed->plan->by_score && feed->held_at < position_ && rows;
    if (feed->best && (moved || feed->dirty) && !ReevaluateNow(feed)) return;
    for (const standing::Start& start : std::exchange(feed->waiting, {})) {
        if (start.token)
            Replay(feed, start);
        else
            ServeBest(feed, start);
    }
}

void Follower::ServeBest(const FeedPtr& feed, const standing::Start& start) {
    start.subscription->session->Deliver(
        start.subscription, start.generation,
        AnswerBatches(*feed->plan, feed->held, feed->total, feed->facets, position_), 0, position_);
}

void Follower::Replay(const FeedPtr& feed, const standing::Start& start) {
    const Sequence token = start.token->sequence;
    const Plan& plan = *feed->plan;
    // Scores drift, and only the list that is held knows how far they had.
    const bool same_list = feed->born_at < token && feed->told_at <= token;
    const bool same_order = !plan.by_score && (plan.by_key || token > view_->since);
    ReplayTask task{.plan = feed->plan,
                    .index = name_,
                    .token = *start.token,
                    .to = position_,
                    .total = feed->total,
                    .facets = feed->facets,
                    .another_index = view_->built_here && token < view_->since,
                    .same_list = same_list,
                    .same_order = same_order};
    // Of best hits nothing is replayed: whatever is told from now on is for it.
    const Sequence after = feed->best ? Sequence() : position_;
    core_.Post([self = shared_from_this(), task = std::move(task), start, after] {
        auto replayed = ReplayChanges(self->core_, task);
        const SubscriptionPtr& subscription = start.subscription;
        SessionCore& session = *subscription->session;
        if (!replayed.ok()) return session.End(subscription, replayed.status());
        if (replayed->reset.empty()) {
            return session.Deliver(subscription, start.generation, replayed->batches,
                                   replayed->skip, after);
        }
        const live::EventBatchPtr reset = MarkBatch(
            live::EventKind::kReset, task.to, replayed->reset.reason, replayed->reset.message);
        if (session.Reset(subscription, reset) != 0) self->AttachAnew(subscription);
    });
}

void Follower::Evaluate(const FeedPtr& feed, bool rows) {
    feed->evaluating = true;
    core_.Post([self = shared_from_this(), index = index_, id = feed->id, plan = feed->plan,
                view = *view_, rows] {
        auto answer = plan->request->all_matches ? EvaluateAll(self->core_, *plan, view, rows)
                                                 : EvaluateBest(self->core_, *plan, view, {});
        if (!answer.ok() && ReasonOf(answer.status()) == "INDEX_DAMAGED")
            index->Damaged(view.snapshot);
        self->Answered(id, view.snapshot->sequence, rows, std::move(answer));
    });
}

void Follower::Take(Came came) {
    const auto found = feeds_.find(came.feed);
    if (found == feeds_.end()) return;
    const FeedPtr feed = found->second;
    feed->evaluating = false;
    if (!came.answer.ok()) {
        // The index is built again, and then all begin anew.
        if (ReasonOf(came.answer.status()) == "INDEX_DAMAGED" || Reshaped()) return;
        return EndFeed(feed, came.answer.status());
    }
    if (feed->best)
        TakeBest(feed, std::move(came));
    else
        TakeAll(feed, came);
    Serve(feed);
}

bool Follower::Reshaped() const {
    if (view_->of_topic) return false;
    const tables::SchemaPtr schema = core_.tables.schema();
    const tables::Table* table = schema->Find(view_->table->id);
    return table == nullptr || table->shaped_at != view_->table->shaped_at;
}

void Follower::TakeBest(const FeedPtr& feed, Came came) {
    feed->held = std::move(came.answer->hits);
    feed->total = came.answer->total;
    feed->facets = std::move(came.answer->facets);
    feed->held_at = came.at;
    feed->known = true;
    // What touched it while it was evaluated makes it dirty: Serve evaluates again.
    if (feed->dirty) dirty_.insert(feed);
}

void Follower::TakeAll(const FeedPtr& feed, const Came& came) {
    // What came since is not known: nobody was told of any of it, and Serve evaluates again.
    if (std::exchange(feed->missed, false)) return;
    if (!feed->known) {
        feed->known = true;
        feed->total = feed->told_total = came.answer->total;
        feed->facets = came.answer->facets;
        feed->unpublished_bytes = 0;
        for (auto& [batch, delta] : std::exchange(feed->unpublished, {})) {
            feed->open = std::move(batch);
            feed->open_delta = delta;
            PublishOpen(feed);
        }
        if (feed->plan->HasFacets()) FinishFacets(feed);
    }
    if (!came.rows) return;
    const auto batches = AnswerBatches(*feed->plan, came.answer->hits, came.answer->total,
                                       came.answer->facets, came.at);
    std::vector<standing::Start> later;
    for (standing::Start& start : std::exchange(feed->waiting, {})) {
        // A token waits for the counts, and a later one for an answer of its own.
        if (start.token || start.attached_at > came.at) {
            later.push_back(std::move(start));
            continue;
        }
        start.subscription->session->Deliver(start.subscription, start.generation, batches, 0,
                                             came.at);
    }
    feed->waiting = std::move(later);
}

}  // namespace blasty::search::standing
