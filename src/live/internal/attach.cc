// The live thread's part of a subscription's start.
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "live/internal/follower.h"
#include "live/internal/resume.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live::internal {
namespace {

std::string KeyText(const QueryPlan& plan) {
    if (plan.single_row) return "none: one row";
    if (plan.key_columns == 0)
        return plan.unique_rows ? "all values of the row"
                                : "all values of the row, and a number for each equal one";
    if (plan.query_class == Explanation::Class::kAggregate) return "the GROUP BY expressions";
    std::string text = "the primary key of ";
    for (size_t i = 0; i < plan.tables.size(); ++i)
        StrAppend(text, i == 0 ? "" : " and of ", plan.tables[i].name);
    return text;
}

}  // namespace

void Follower::Attach(StartPtr start) {
    const SubscriptionPtr& subscription = start->subscription;
    if (subscription->ended.load()) return;
    if (start->feed) {  // it fell behind
        // A feed that is gone has told its subscribers.
        if (start->feed->retired.load()) return;
        start->plan = start->feed->plan;
        start->parameters = start->feed->parameters;
        start->schema_at = schema_->changed_at;
    }
    if (start->schema_at != schema_->changed_at) {
        start->plan.reset();
        return core_.starts.Push(std::move(start));
    }
    const bool old_values = subscription->options.old_values;
    FeedPtr feed = feeds_.Find(*start->plan, start->parameters, old_values);
    if (!feed) {
        feed = feeds_.Create(start->plan, start->parameters, old_values);
        feed->window.set_complete_from(position_);
        const Status added = matcher_->Add(feed->id, feed->plan, feed->parameters);
        if (!added.ok()) {
            feeds_.Remove(feed);
            return EndWith(subscription, added);
        }
        feed->evaluating = !feed->filter;
        if (feed->evaluating) core_.first_results.Push(feed);
    }
    feeds_.Join(feed, subscription);
    if (subscription->options.rows_max > 0)
        feed->rows_max_least = std::min(feed->rows_max_least, subscription->options.rows_max);
    if (subscription->options.progress) progress_.insert(subscription);
    start->feed = feed;
    if (Servable(*start))
        Serve(std::move(start));
    else
        waiting_.push_back(std::move(start));
}

bool Follower::Servable(const Start& start) {
    const Feed& feed = *start.feed;
    if (feed.filter) return true;
    if (!feed.held) return false;
    // A dirty feed does not show what the subscriber has seen or wants to see; soon it will.
    const Sequence wanted =
        start.token ? std::max(start.at_least, start.token->sequence) : start.at_least;
    return !feed.dirty || wanted <= feed.valid_at;
}

void Follower::Serve(StartPtr start) {
    Feed& feed = *start->feed;
    start->plan = feed.plan;
    start->schema = schema_;
    start->cursor = feed.window.end();
    start->position = feed.dirty ? feed.valid_at : position_;
    start->held = feed.held;
    const uint64_t most = start->subscription->options.rows_max;
    if (feed.held && most > 0 && feed.held->size() > most)
        return EndWith(start->subscription, RowsOverLimit(most));
    if (start->token) {
        const Sequence last = core_.log.state().last;
        // What the window still has needs no history.
        ResetReason why = CheckToken(*start->token, *feed.plan, *schema_, Sequence(), last);
        if (why.empty() && ServeFromWindow(*start)) return;
        if (why.empty())
            why =
                CheckToken(*start->token, *feed.plan, *schema_, core_.tables.history_from(), last);
        if (!why.empty()) {
            start->reset_reason = why.reason;
            start->reset_message = why.message;
            start->token.reset();
        }
    }
    if (start->token || feed.filter || !start->reset_reason.empty() ||
        start->at_least > start->position) {
        feed.held_shared = true;
        return core_.starts.Push(std::move(start));
    }
    if (feed.snapshot.empty() || feed.snapshot_at != start->position) {
        feed.snapshot = SnapshotBatches(*feed.held, start->position, feed.columns);
        feed.snapshot_at = start->position;
    }
    Onward onward;
    onward.batches.assign(feed.snapshot.begin(), feed.snapshot.end());
    onward.feed = start->feed;
    onward.reader.cursor = start->cursor;
    onward.from = start->position;
    start->subscription->session->Deliver(start->subscription, start->generation,
                                          std::move(onward));
}

bool Follower::ServeFromWindow(Start& start) {
    const ResumeToken& token = *start.token;
    Onward onward;
    onward.feed = start.feed;
    onward.from = token.sequence;
    onward.reader.cursor = start.cursor;
    if (token.taken == 0 && token.sequence >= start.position) {
        // Nothing happened since. A filter may have told of a commit that is not matched again yet.
        if (start.feed->filter) onward.reader.after = token.sequence;
    } else {
        uint32_t skip = 0;
        if (!start.feed->window.Find(token, &onward.reader.cursor, &skip)) return false;
        // Merged with what follows, the places of the events are others.
        if (skip > 0 && start.subscription->options.interval_us > 0) return false;
        onward.skip = skip;
        if (skip > 0) onward.middle = token;
    }
    start.subscription->session->Deliver(start.subscription, start.generation, std::move(onward));
    return true;
}

Result<Explanation> Follower::Explain(const tables::Statement& query) {
    BLASTY_ASSIGN_OR_RETURN(const QueryPlanPtr plan, planner_.Plan(schema_, query.sql));
    BLASTY_ASSIGN_OR_RETURN(const tables::Row parameters, BindParameters(*plan, query));
    Explanation explanation;
    explanation.query_class = plan->query_class;
    explanation.why = plan->why;
    for (const QueryPlan::TableUse& use : plan->tables) explanation.tables.push_back(use.name);
    explanation.key = KeyText(*plan);
    BLASTY_RETURN_IF_ERROR(matcher_->Explain(plan, parameters, &explanation));
    return explanation;
}

}  // namespace blasty::live::internal
