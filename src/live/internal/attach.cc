// The live thread's part of a subscription's start, and what a schema change does to feeds.
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "live/internal/follower.h"
#include "live/internal/resume.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live::internal {
namespace {

bool SameTable(const tables::Table* a, const tables::Table* b) {
    return a && b && a->name == b->name && a->sql == b->sql && a->shaped_at == b->shaped_at;
}

bool SameMeaning(const QueryPlan& a, const QueryPlan& b) {
    const auto same_table = [](const QueryPlan::TableUse& x, const QueryPlan::TableUse& y) {
        return x.table == y.table;
    };
    return a.query_class == b.query_class && a.keyed_sql == b.keyed_sql &&
           a.key_columns == b.key_columns && a.columns == b.columns &&
           std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                      same_table);
}

std::string ViewsOf(const tables::Schema& schema) {
    std::string out;
    for (const tables::SchemaObject& object : schema.others)
        if (object.type == "view") StrAppend(out, object.name, "\n", object.sql, "\n");
    return out;
}

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
        if (start->feed->retired) return;
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
        if (!feed->filter) reevaluator_.MarkDirty(feed, position_, nullptr);
    }
    feeds_.Join(feed, subscription);
    if (subscription->options.rows_max > 0)
        feed->rows_max_least = std::min(feed->rows_max_least, subscription->options.rows_max);
    if (subscription->options.progress) progress_.insert(subscription);
    start->feed = feed;
    if (feed->filter || feed->held)
        Serve(std::move(start));
    else
        waiting_.push_back(std::move(start));
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

Result<QueryPlanPtr> Follower::Replanned(const QueryPlan& before, const tables::SchemaPtr& next) {
    BLASTY_ASSIGN_OR_RETURN(QueryPlanPtr plan, planner_.Plan(next, before.sql));
    bool same = SameMeaning(before, *plan);
    for (const QueryPlan::TableUse& use : before.tables)
        same &= SameTable(schema_->Find(use.table), next->Find(use.table));
    if (!same) return MakeError(StatusCode::kAborted, "SCHEMA_CHANGED", "it means something else");
    return plan;
}

Status Follower::ChangeSchema() {
    const tables::SchemaPtr next = core_.tables.schema();
    if (next->changed_at <= schema_->changed_at) return OkStatus();
    const bool views_changed = ViewsOf(*schema_) != ViewsOf(*next);
    absl::flat_hash_map<std::string, QueryPlanPtr> plans;  // of texts that go on
    for (auto& [sql, text] : feeds_.texts()) {
        auto plan = Replanned(*text.plan, next);
        bool reads_view = false;
        if (views_changed)
            for (const auto* schema : {schema_.get(), next.get()})
                for (const tables::SchemaObject& object : schema->others)
                    reads_view |= object.type == "view" && MentionsName(sql, object.name);
        if (!plan.ok() || reads_view) continue;
        plans.emplace(sql, *plan);
        text.plan = *plan;
    }
    BLASTY_RETURN_IF_ERROR(matcher_->Reset(next));
    const tables::SchemaPtr before = std::exchange(schema_, next);
    for (const FeedPtr& feed : feeds_.All()) {
        const auto plan = plans.find(feed->plan->sql);
        if (plan == plans.end()) {
            Retire(feed);
            continue;
        }
        feed->plan = plan->second;
        const Status added = matcher_->Add(feed->id, feed->plan, feed->parameters);
        if (!added.ok()) {
            EndFeed(feed, added);
        } else if (!feed->filter) {
            // An index may change which of equal rows a LIMIT takes.
            reevaluator_.MarkDirty(feed, position_, nullptr);
        }
    }
    return OkStatus();
}

void Follower::Retire(const FeedPtr& feed) {
    std::vector<SubscriptionPtr> subscribers(feed->subscribers.begin(), feed->subscribers.end());
    feeds_.Remove(feed);
    const ResetReason why{"SCHEMA_CHANGED",
                          "a table of the query was changed; a new snapshot follows"};
    for (const SubscriptionPtr& subscription : subscribers) {
        StartPtr start = subscription->session->Restart(subscription, ResetBatch(core_, why));
        if (!start) continue;
        start->query.sql = feed->plan->sql;
        start->query.parameters = feed->parameters;
        core_.starts.Push(std::move(start));
    }
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
