// What a schema change does to feeds.
#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "live/internal/follower.h"
#include "live/internal/schema_change.h"
#include "live/internal/session_impl.h"
#include "live/internal/snapshot.h"

namespace blasty::live::internal {
namespace {

// What a first evaluation may lag behind; older ones are made again.
constexpr size_t kSchemasMax = 100;

bool SameMeaning(const QueryPlan& a, const QueryPlan& b) {
    const auto same_table = [](const QueryPlan::TableUse& x, const QueryPlan::TableUse& y) {
        return x.table == y.table;
    };
    return a.query_class == b.query_class && a.keyed_sql == b.keyed_sql &&
           a.key_columns == b.key_columns && a.columns == b.columns &&
           std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                      same_table);
}

}  // namespace

bool Follower::GoesOn(const QueryPlan& plan, const SchemaChange& change) {
    if (!change.Concerns(plan)) return true;
    if (change.Voids(plan)) return false;
    // A name in the text is the name of something new, too.
    const auto again = planner_.Plan(change.next, plan.sql);
    return again.ok() && SameMeaning(plan, **again);
}

Status Follower::ChangeSchema() {
    const tables::SchemaPtr schema = core_.tables.schema();
    if (schema->changed_at <= schema_->changed_at) return OkStatus();
    const SchemaChange change = Compare(*schema_, schema);
    // By text: there are few, however many feeds there are.
    absl::flat_hash_set<const QueryPlan*> ended, reordered;
    for (const auto& [sql, text] : feeds_.texts()) {
        if (!GoesOn(*text.plan, change))
            ended.insert(text.plan.get());
        else if (change.Reorders(*text.plan))
            reordered.insert(text.plan.get());
    }
    std::vector<FeedPtr> retired;
    if (!ended.empty() || !reordered.empty()) {
        for (FeedPtr& feed : feeds_.All()) {
            if (reordered.contains(feed->plan.get()))
                reevaluator_.MarkDirty(feed, {position_, schema->changed_at}, nullptr);
            else if (ended.contains(feed->plan.get()))
                retired.push_back(std::move(feed));
        }
    }
    std::vector<FeedId> gone;
    for (const FeedPtr& feed : retired) gone.push_back(feed->id);
    BLASTY_RETURN_IF_ERROR(matcher_->ChangeSchema(change, gone));
    schema_ = change.next;
    schemas_.push_back(schema_->changed_at);
    if (schemas_.size() > kSchemasMax) schemas_.pop_front();
    for (const FeedPtr& feed : retired) Retire(feed);
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

}  // namespace blasty::live::internal
