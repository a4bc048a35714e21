#include "live/internal/resume.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/strings.h"
#include "live/coalesce.h"
#include "tables/commit.h"

namespace blasty::live::internal {
namespace {

// Of the events or images held while resuming one subscription.
constexpr size_t kReplayBytesMax = 128 << 20;

ResetReason HistoryGone(Sequence token) {
    return {"HISTORY_GONE", StrCat("the changes after sequence ", token.value(),
                                   " are not all stored any more; a new snapshot follows")};
}

ResetReason TooMuch() {
    return {"HISTORY_TOO_LONG",
            "more changed since the token than is worth replaying; a new snapshot follows"};
}

// Commits with changes of `table` in (from, to], each with just those changes. False from `visit`
// ends it. SEQUENCE_GONE when they are no longer stored.
Status VisitTable(Core& core, tables::TableId table, Sequence from, Sequence to,
                  const std::function<Result<bool>(tables::Commit&)>& visit) {
    const auto cursor = core.log.NewCursor({Next(from), tables::StreamOf(table)});
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (!frame || frame->first > to) return OkStatus();
        BLASTY_ASSIGN_OR_RETURN(tables::Commit commit, tables::DecodeCommit(frame));
        if (commit.empty() || commit.last <= from) continue;
        if (commit.last > to) return OkStatus();
        std::erase_if(commit.changes, [&](const auto& change) { return change.table != table; });
        if (commit.changes.empty()) continue;
        BLASTY_ASSIGN_OR_RETURN(const bool more, visit(commit));
        if (!more) return OkStatus();
    }
}

bool Gone(const Status& status) { return ReasonOf(status) == "SEQUENCE_GONE"; }

EventBatchPtr WithoutOldValues(const EventBatch& batch) {
    auto out = std::make_shared<EventBatch>();
    out->base = batch.base;
    out->sequence = batch.sequence;
    out->columns = batch.columns;
    out->events = batch.events;
    for (Event& event : out->events) event.old_row.clear();
    out->bytes = BytesOf(*out);
    return out;
}

// Batches of (token.base, token.sequence] as the subscriber saw them: as one.
void MergeFirst(const ResumeToken& token, bool old_values, Resumed* resumed) {
    if (token.taken == 0) return;
    std::vector<EventBatchPtr> first;
    while (!resumed->batches.empty() && resumed->batches.front()->sequence <= token.sequence) {
        first.push_back(resumed->batches.front());
        resumed->batches.pop_front();
    }
    if (first.empty()) return;
    const EventBatchPtr merged = Coalesce(first);
    if (token.taken >= merged->events.size()) return;
    resumed->batches.push_front(old_values ? merged : WithoutOldValues(*merged));
    resumed->skip = token.taken;
}

// The rows of the query's tables as they were at `from`, into the overlay. False: too many.
Result<bool> OverlaySince(Core& core, Environment& environment, const Start& start, Sequence from) {
    BLASTY_RETURN_IF_ERROR(environment.shadow().ClearOverlay());
    uint64_t changes = 0;
    size_t bytes = 0;
    for (const QueryPlan::TableUse& use : start.plan->tables) {
        const tables::Table* table = environment.schema()->Find(use.table);
        if (!table) return MakeError(StatusCode::kInternal, "INTERNAL", "a table is missing");
        std::vector<tables::RowChange> all;
        std::vector<log::FramePtr> frames;
        bool too_many = false;
        const auto visit = [&](tables::Commit& commit) -> Result<bool> {
            changes += commit.changes.size();
            bytes += commit.frame->records.size();
            too_many = changes > core.options.replay_changes_max || bytes > kReplayBytesMax;
            all.insert(all.end(), commit.changes.begin(), commit.changes.end());
            frames.push_back(commit.frame);
            return !too_many;
        };
        BLASTY_RETURN_IF_ERROR(VisitTable(core, use.table, from, environment.sequence(), visit));
        if (too_many) return false;
        for (const tables::RowChange& change : tables::NetChanges(all)) {
            const std::string_view key =
                change.kind == tables::ChangeKind::kUpdate ? change.old_key : change.key;
            BLASTY_RETURN_IF_ERROR(environment.shadow().Overlay(
                *table, key.empty() ? change.key : key, change.old_row));
        }
    }
    return true;
}

EventBatchPtr DiffBatch(const ResultSet& before, Sequence base, const ResultSet& after,
                        Sequence sequence, const Feed& feed) {
    auto batch = std::make_shared<EventBatch>();
    batch->events = Diff(before, after, feed.old_values);
    if (batch->events.empty()) return nullptr;
    batch->base = base;
    batch->sequence = sequence;
    batch->columns = feed.columns;
    batch->bytes = BytesOf(*batch);
    return batch;
}

}  // namespace

bool MentionsName(std::string_view sql, std::string_view name) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(sql.begin(), sql.end(), name.begin(), name.end(), same) != sql.end();
}

ResetReason CheckToken(const ResumeToken& token, const QueryPlan& plan,
                       const tables::Schema& schema, Sequence history_from, Sequence last) {
    if (token.sequence > last)
        return {"TOKEN_AHEAD", StrCat("the token is of sequence ", token.sequence.value(),
                                      ", this database is at ", last.value(),
                                      ": it is another one, or was restored; a new snapshot "
                                      "follows")};
    bool reshaped = false;
    for (const QueryPlan::TableUse& use : plan.tables) {
        const tables::Table* table = schema.Find(use.table);
        reshaped |= !table || table->shaped_at > token.base;
    }
    // Views carry no sequence of their own.
    if (schema.changed_at > token.base)
        for (const tables::SchemaObject& object : schema.others)
            reshaped |= object.type == "view" && MentionsName(plan.sql, object.name);
    if (reshaped)
        return {"SCHEMA_CHANGED",
                "a table of the query has another shape since the token; a new "
                "snapshot follows"};
    if (Next(token.base) < history_from) return HistoryGone(token.base);
    return {};
}

void AddChange(EventBatch* batch, const FeedChange& change, bool with_old_values) {
    Event& event = batch->events.emplace_back();
    event.kind = change.kind;
    event.key = change.key;
    if (change.kind != EventKind::kLeave) event.row = change.new_row;
    if (with_old_values && change.kind != EventKind::kEnter) event.old_row = change.old_row;
}

Result<Resumed> ReplayFilter(Core& core, Matcher& matcher, const Start& start) {
    Resumed resumed;
    resumed.up_to = start.position;
    const size_t most = start.subscription->options.buffer_bytes_max;
    uint64_t changes = 0;
    size_t bytes = 0;
    std::vector<FeedChange> matched;
    const auto visit = [&](tables::Commit& commit) -> Result<bool> {
        changes += commit.changes.size();
        const std::vector<tables::RowChange> net = tables::NetChanges(commit.changes);
        matched.clear();
        BLASTY_RETURN_IF_ERROR(matcher.MatchOne(start.plan, start.parameters, net, &matched));
        if (!matched.empty()) {
            auto batch = std::make_shared<EventBatch>();
            batch->base = Sequence(commit.first.value() - 1);
            batch->sequence = commit.last;
            batch->columns = start.feed->columns;
            // Merging needs the old values, whoever wants them.
            const bool old_values = start.feed->old_values || commit.first <= start.token->sequence;
            for (const FeedChange& change : matched) AddChange(batch.get(), change, old_values);
            batch->bytes = BytesOf(*batch);
            bytes += batch->bytes;
            resumed.batches.push_back(std::move(batch));
        }
        if (changes > core.options.replay_changes_max) resumed.reset = TooMuch();
        // The commit that the token is in the middle of is needed whole.
        if (bytes <= most || commit.last < start.token->sequence) return resumed.reset.empty();
        resumed.up_to = commit.last;
        return false;
    };
    const Status status = VisitTable(core, start.plan->tables.front().table, start.token->base,
                                     start.position, visit);
    if (Gone(status))
        resumed.reset = HistoryGone(start.token->base);
    else
        BLASTY_RETURN_IF_ERROR(status);
    if (!resumed.reset.empty()) {
        resumed.batches.clear();
        return resumed;
    }
    MergeFirst(*start.token, start.feed->old_values, &resumed);
    return resumed;
}

Result<Resumed> ReplayResult(Core& core, Environment& environment, const Start& start,
                             const Environment::Limits& limits) {
    Resumed resumed;
    resumed.up_to = start.position;
    const ResumeToken& token = *start.token;
    ResultSetPtr before;
    Sequence base = token.base;
    // In the middle of a commit: its events again, then what came after it.
    for (const Sequence at : {token.base, token.sequence}) {
        if (before && at == base) break;
        const auto overlaid = OverlaySince(core, environment, start, at);
        if (Gone(overlaid.status()))
            resumed.reset = HistoryGone(at);
        else if (overlaid.ok() && !*overlaid)
            resumed.reset = TooMuch();
        else
            BLASTY_RETURN_IF_ERROR(overlaid.status());
        if (!resumed.reset.empty()) return resumed;
        BLASTY_ASSIGN_OR_RETURN(const ResultSetPtr then,
                                environment.Run(start.plan, start.parameters, limits));
        if (before) {
            const EventBatchPtr middle = DiffBatch(*before, base, *then, at, *start.feed);
            if (middle && token.taken < middle->events.size()) {
                resumed.batches.push_back(middle);
                resumed.skip = token.taken;
            }
        }
        before = then;
        base = at;
    }
    const EventBatchPtr rest = DiffBatch(*before, base, *start.held, start.position, *start.feed);
    if (rest) resumed.batches.push_back(rest);
    return resumed;
}

}  // namespace blasty::live::internal
