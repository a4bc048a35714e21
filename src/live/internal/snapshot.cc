#include "live/internal/snapshot.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "live/internal/session_impl.h"

namespace blasty::live::internal {
namespace {

constexpr size_t kStartsAtOnce = 32;
// Of the snapshot of one subscription, until it is fetched.
constexpr uint64_t kSnapshotBytesMax = 128 << 20;
// Of all snapshots and replays that are not fetched yet.
constexpr uint64_t kOwnBytesMax = 512 << 20;
constexpr int64_t kEvaluationUsMax = 10'000'000;
constexpr int64_t kAtLeastWaitUs = 5'000'000;

}  // namespace

Status RowsOverLimit(uint64_t rows_max) {
    return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                     StrCat("the result has more than ", rows_max,
                            " rows; narrow the query, or raise rows_max"));
}

void EndWith(const SubscriptionPtr& subscription, const Status& why) {
    subscription->session->End(subscription, MarkBatch(EventKind::kError, Sequence(), ReasonOf(why),
                                                       std::string(MessageOf(why))));
}

EventBatchPtr ResetBatch(Core& core, const ResetReason& why) {
    core.counters.resets.fetch_add(1);
    return MarkBatch(EventKind::kReset, Sequence(core.counters.position.load()), why.reason,
                     why.message);
}

void Starter::Run() {
    do {
        std::unique_ptr<Slot> slot = TakeSlot();
        for (;;) {
            std::vector<StartPtr> starts = core_.starts.Take(kStartsAtOnce);
            if (starts.empty()) break;
            Work(*slot, std::move(starts));
        }
        MutexLock lock(mutex_);
        slots_.push_back(std::move(slot));
    } while (!core_.starts.GiveBack());
}

std::unique_ptr<Starter::Slot> Starter::TakeSlot() {
    MutexLock lock(mutex_);
    if (slots_.empty()) return std::make_unique<Slot>();
    std::unique_ptr<Slot> slot = std::move(slots_.back());
    slots_.pop_back();
    return slot;
}

void Starter::Work(Slot& slot, std::vector<StartPtr> starts) {
    std::vector<StartPtr> snapshots;
    for (StartPtr& start : starts) {
        if (start->subscription->ended.load()) continue;
        if (!start->plan)
            Plan(std::move(start));
        else if (start->token)
            Resume(slot, std::move(start), &snapshots);
        else
            snapshots.push_back(std::move(start));
    }
    if (!snapshots.empty()) Snapshots(slot, std::move(snapshots));
}

Status Starter::PlanNow(Start& start) {
    if (start.at_least.value() > 0) {
        if (start.at_least > core_.log.state().last)
            return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD",
                             StrCat("the snapshot should hold sequence ", start.at_least.value(),
                                    ", the database is at ", core_.log.state().last.value()));
        BLASTY_RETURN_IF_ERROR(
            core_.tables.WaitApplied(start.at_least, core_.options.manual ? 0 : kAtLeastWaitUs));
    }
    const tables::SchemaPtr schema = core_.tables.schema();
    BLASTY_ASSIGN_OR_RETURN(start.plan, planner_.Plan(schema, start.query.sql));
    BLASTY_ASSIGN_OR_RETURN(start.parameters, BindParameters(*start.plan, start.query));
    start.schema_at = schema->changed_at;
    return OkStatus();
}

void Starter::Plan(StartPtr start) {
    const Status status = PlanNow(*start);
    if (!status.ok()) return EndWith(start->subscription, status);
    core_.inbox.Post(Attach{std::move(start)});
}

void Starter::Again(StartPtr start) {
    start->query.sql = start->plan->sql;
    start->query.parameters = start->parameters;
    start->query.named.clear();
    start->plan.reset();
    start->feed.reset();
    start->held.reset();
    core_.starts.Push(std::move(start));
}

Result<Environment*> Starter::EnvironmentOf(Slot& slot, Environment::Kind kind) {
    auto& environment = slot.environments[static_cast<size_t>(kind)];
    if (!environment) {
        BLASTY_ASSIGN_OR_RETURN(environment, Environment::Make(core_.tables, core_.clock, kind));
    }
    return environment.get();
}

Status Starter::PrepareMatcher(Slot& slot, const tables::SchemaPtr& schema) {
    if (slot.matcher && slot.matcher_schema->changed_at == schema->changed_at) return OkStatus();
    if (slot.matcher) {
        const SchemaChange change = Compare(*slot.matcher_schema, schema);
        if (slot.matcher->ChangeSchema(change, {}).ok()) {
            slot.matcher_schema = change.next;
            return OkStatus();
        }
    }
    slot.matcher.reset();
    BLASTY_ASSIGN_OR_RETURN(slot.matcher, Matcher::Make(schema, {}));
    slot.matcher_schema = schema;
    return OkStatus();
}

Environment::Limits Starter::LimitsOf(const Start& start) const {
    Environment::Limits limits{core_.options.result_rows_max, kSnapshotBytesMax, kEvaluationUsMax,
                               core_.inbox.stop_flag()};
    if (start.feed->filter) limits.rows_max = UINT64_MAX;
    const uint64_t own = start.subscription->options.rows_max;
    if (own > 0) limits.rows_max = std::min(limits.rows_max, own);
    return limits;
}

Result<Resumed> Starter::ResumeNow(Slot& slot, const Start& start, bool* replan) {
    if (start.feed->filter) {
        BLASTY_RETURN_IF_ERROR(PrepareMatcher(slot, start.schema));
        return ReplayFilter(core_, *slot.matcher, start);
    }
    BLASTY_ASSIGN_OR_RETURN(Environment * environment,
                            EnvironmentOf(slot, Environment::AsOfKindFor(*start.plan)));
    BLASTY_RETURN_IF_ERROR(environment->Begin());
    *replan = environment->schema()->changed_at != start.schema->changed_at;
    Result<Resumed> resumed = Resumed();
    if (!*replan) {
        resumed = ReplayResult(core_, *environment, start, LimitsOf(start));
        // What cannot be evaluated over an older state begins anew.
        if (!resumed.ok() && ReasonOf(resumed.status()) == "SQL_ERROR") {
            const std::string message(MessageOf(resumed.status()));
            resumed = Resumed();
            resumed->reset = {"RESUME_UNSUPPORTED",
                              StrCat("the query cannot be evaluated as of the token (", message,
                                     "); a new snapshot follows")};
        }
    }
    environment->shadow().ClearOverlay().IgnoreError();
    environment->End();
    return resumed;
}

void Starter::Resume(Slot& slot, StartPtr start, std::vector<StartPtr>* snapshots) {
    bool replan = false;
    auto resumed = ResumeNow(slot, *start, &replan);
    if (!resumed.ok()) return EndWith(start->subscription, resumed.status());
    if (replan) return Again(std::move(start));
    // History may have been removed while it was read.
    if (resumed->reset.empty())
        resumed->reset = CheckToken(*start->token, *start->plan, *start->schema,
                                    core_.tables.history_from(), core_.log.state().last);
    if (resumed->reset.empty())
        return Finish(*start, std::move(resumed->batches), resumed->skip, resumed->up_to);
    start->reset_reason = resumed->reset.reason;
    start->reset_message = resumed->reset.message;
    start->token.reset();
    snapshots->push_back(std::move(start));
}

Status Starter::SnapshotOf(Environment& environment, const StartPtr& start, ResultSetPtr* result) {
    if (core_.counters.own_bytes.load() > kOwnBytesMax)
        return MakeError(StatusCode::kResourceExhausted, "LIVE_LIMIT",
                         "too much waits for clients that do not read; try again later");
    BLASTY_ASSIGN_OR_RETURN(*result,
                            environment.Run(start->plan, start->parameters, LimitsOf(*start)));
    return OkStatus();
}

void Starter::Snapshots(Slot& slot, std::vector<StartPtr> starts) {
    // Others have theirs from the feed.
    std::vector<StartPtr> filters;
    for (StartPtr& start : starts) {
        if (start->feed->filter) {
            filters.push_back(std::move(start));
            continue;
        }
        const Sequence at = std::max(start->position, start->at_least);
        auto batches = SnapshotBatches(*start->held, at, start->feed->columns);
        Finish(*start, {batches.begin(), batches.end()}, 0, at);
    }
    if (filters.empty()) return;
    auto made = EnvironmentOf(slot, Environment::Kind::kKeyed);
    Status begun = made.status();
    if (made.ok()) begun = (*made)->Begin();
    if (!begun.ok()) {
        for (const StartPtr& start : filters) EndWith(start->subscription, begun);
        return;
    }
    Environment& environment = **made;
    absl::flat_hash_map<const Feed*, std::vector<EventBatchPtr>> same;
    for (StartPtr& start : filters) {
        if (environment.schema()->changed_at != start->schema->changed_at) {
            Again(std::move(start));
            continue;
        }
        // What is asked for and can be seen is in the snapshot.
        const Sequence at = std::max(environment.sequence(), start->at_least);
        const bool shared =
            start->subscription->options.rows_max == 0 && at == environment.sequence();
        const auto known = same.find(start->feed.get());
        std::vector<EventBatchPtr> batches;
        if (shared && known != same.end()) {
            batches = known->second;
        } else {
            ResultSetPtr result;
            const Status status = SnapshotOf(environment, start, &result);
            if (!status.ok()) {
                EndWith(start->subscription, status);
                continue;
            }
            batches = SnapshotBatches(*result, at, start->feed->columns);
            if (shared) same.emplace(start->feed.get(), batches);
        }
        Finish(*start, {batches.begin(), batches.end()}, 0, at);
    }
    environment.End();
}

void Starter::Finish(const Start& start, std::deque<EventBatchPtr> batches, uint32_t skip,
                     Sequence at) {
    if (!start.reset_reason.empty())
        batches.push_front(ResetBatch(core_, {start.reset_reason, start.reset_message}));
    Onward onward;
    onward.batches = std::move(batches);
    onward.skip = skip;
    onward.feed = start.feed;
    onward.reader.cursor = start.cursor;
    onward.reader.after = at;
    onward.reader.behind = at < start.position;
    onward.from = at;
    start.subscription->session->Deliver(start.subscription, start.generation, std::move(onward));
}

}  // namespace blasty::live::internal
