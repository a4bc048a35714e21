#include "search/internal/standing_replay.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/strings.h"
#include "index/percolator.h"
#include "search/internal/standing_answer.h"
#include "search/internal/standing_rows.h"
#include "tables/commit.h"

namespace blasty::search::standing {

using live::Event;
using live::EventBatch;
using live::EventKind;

namespace {

// Of the events held while one subscription is resumed.
constexpr size_t kReplayBytesMax = 64 << 20;

ResetReason HistoryGone(Sequence token) {
    return {"HISTORY_GONE", StrCat("the changes after sequence ", token.value(),
                                   " are not all stored any more; a new answer follows")};
}

bool Mentions(std::string_view sql, std::string_view name) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(sql.begin(), sql.end(), name.begin(), name.end(), same) != sql.end();
}

// Whether a schema change after `after` names the index.
Result<bool> IndexChanged(Core& core, Sequence after, std::string_view name) {
    const auto cursor =
        core.log.NewCursor({.from = Next(after), .stream = StreamId(tables::kTablesStreamBase)});
    while (!core.stopped.load()) {
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (frame == nullptr) break;
        BLASTY_ASSIGN_OR_RETURN(const tables::Commit commit, tables::DecodeCommit(frame));
        if (commit.last <= after) continue;
        for (const std::string_view sql : commit.schema_sql) {
            if (Mentions(sql, name)) return true;
        }
    }
    return false;
}

// What can be told without reading changes of rows.
ResetReason CheckToken(Core& core, const ReplayTask& task) {
    const Sequence base = task.token.base;
    const bool of_topic = task.plan->messages != nullptr;
    if (!of_topic && task.plan->table->shaped_at > base)
        return {"SCHEMA_CHANGED",
                "the table has another shape since the token; a new answer follows"};
    if (!of_topic && Next(base) < core.tables.history_from()) return HistoryGone(base);
    const auto changed = IndexChanged(core, base, task.index);
    if (!changed.ok()) return HistoryGone(base);
    if (*changed)
        return {"INDEX_CHANGED",
                "the index has another definition since the token; a new answer follows"};
    if (task.another_index)
        return {"INDEX_REBUILT", "the index was built again since the token; a new answer follows"};
    return {};
}

// Replays one search over the log.
class Replayer {
  public:
    Replayer(Core& core, const ReplayTask& task)
        : core_(core),
          task_(task),
          plan_(*task.plan),
          before_(plan_.mapping->infos()),
          now_(plan_.mapping->infos()) {}

    Result<Replayed> Run();

  private:
    struct Fitting {
        bool concerns = false;  // fits the query itself
        bool match = false;
    };
    Result<bool> Visit(const TableChanges& commit);
    Result<Fitting> Fits(std::string_view key, std::string_view row, index::Document* document);
    void Finish();

    Core& core_;
    const ReplayTask& task_;
    const Plan& plan_;
    index::Document before_, now_;
    Replayed out_;
    uint64_t changes_ = 0;
    size_t bytes_ = 0;
    std::vector<std::shared_ptr<EventBatch>> batches_;
    std::vector<int64_t> deltas_;
};

Result<Replayer::Fitting> Replayer::Fits(std::string_view key, std::string_view row,
                                         index::Document* document) {
    Fitting fitting;
    if (row.empty()) return fitting;
    document->Begin(key);
    const Status filled = plan_.mapping->Fill(row, document);
    document->End();
    BLASTY_RETURN_IF_ERROR(filled);
    BLASTY_ASSIGN_OR_RETURN(fitting.concerns, index::Matches(*plan_.query, *document));
    fitting.match = fitting.concerns;
    if (fitting.match && plan_.chosen != nullptr) {
        BLASTY_ASSIGN_OR_RETURN(fitting.match, index::Matches(*plan_.chosen, *document));
    }
    return fitting;
}

Result<bool> Replayer::Visit(const TableChanges& commit) {
    changes_ += commit.changes.size();
    if (changes_ > core_.options.replay_changes_max || bytes_ > kReplayBytesMax) {
        out_.reset = {"HISTORY_TOO_LONG",
                      "more changed since the token than is worth replaying; a new answer follows"};
        return false;
    }
    auto batch = std::make_shared<EventBatch>();
    int64_t delta = 0;
    bool concerned = false;
    for (const tables::RowChange& change : commit.changes) {
        BLASTY_ASSIGN_OR_RETURN(const Fitting before, Fits(change.key, change.old_row, &before_));
        BLASTY_ASSIGN_OR_RETURN(const Fitting now, Fits(change.key, change.new_row, &now_));
        if (!before.concerns && !now.concerns) continue;
        if (!plan_.request->all_matches) {
            out_.reset = {"RESULT_MOVED_ON",
                          "matches changed since the token; a new answer follows"};
            return false;
        }
        concerned = true;
        if (!before.match && !now.match) continue;
        delta += static_cast<int64_t>(now.match) - static_cast<int64_t>(before.match);
        BLASTY_RETURN_IF_ERROR(
            AddRowEvent(plan_, change.key, before.match ? change.old_row : std::string_view(),
                        now.match ? change.new_row : std::string_view(), batch.get())
                .status());
    }
    // Facets may count what is not shown.
    if (batch->events.empty() && !(concerned && plan_.HasFacets())) return true;
    batch->base = commit.base;
    batch->sequence = commit.last;
    batch->columns = plan_.result_columns;
    bytes_ += BytesOf(*batch);
    batches_.push_back(std::move(batch));
    deltas_.push_back(delta);
    return true;
}

void Replayer::Finish() {
    uint64_t total = task_.total;
    for (const int64_t delta : deltas_) total -= static_cast<uint64_t>(delta);
    for (size_t i = 0; i < batches_.size(); ++i) {
        total += static_cast<uint64_t>(deltas_[i]);
        const bool last = i + 1 == batches_.size();
        if (plan_.HasFacets() ? last : deltas_[i] != 0)
            batches_[i]->events.push_back(CountsEvent(total, task_.facets));
        if (batches_[i]->events.empty()) continue;
        batches_[i]->bytes = BytesOf(*batches_[i]);
        out_.batches.push_back(std::move(batches_[i]));
    }
}

Result<Replayed> Replayer::Run() {
    const live::ResumeToken& token = task_.token;
    out_.reset = CheckToken(core_, task_);
    if (!out_.reset.empty()) return std::move(out_);
    // In the middle of the best hits' changes, or of merged ones: nobody knows the rest.
    const bool exact = plan_.request->all_matches && plan_.request->coalesce_us == 0;
    if (token.taken > 0 && !exact) {
        out_.reset = {"RESULT_MOVED_ON",
                      "the token is in the middle of several changes; a new answer follows"};
        return std::move(out_);
    }
    const Status status =
        VisitChanges(core_, {plan_.table->id, plan_.messages}, token.base, task_.to,
                     [&](const TableChanges& commit) { return Visit(commit); });
    if (ReasonOf(status) == "SEQUENCE_GONE")
        out_.reset = HistoryGone(token.base);
    else
        BLASTY_RETURN_IF_ERROR(status);
    // History may have been removed while it was read.
    if (out_.reset.empty() && plan_.messages == nullptr &&
        Next(token.base) < core_.tables.history_from())
        out_.reset = HistoryGone(token.base);
    // The list that this client has may be in another order, or hold others of equal hits.
    const bool known = task_.same_list || task_.same_order || plan_.request->all_matches;
    if (out_.reset.empty() && !known)
        out_.reset = {"RESULT_MOVED_ON",
                      "the order of the hits may be another; a new answer "
                      "follows"};
    if (!out_.reset.empty()) return std::move(out_);
    Finish();
    if (token.taken == 0) return std::move(out_);
    if (out_.batches.empty() || out_.batches.front()->sequence != token.sequence ||
        out_.batches.front()->base != token.base) {
        out_.batches.clear();
        out_.reset = {"RESULT_MOVED_ON",
                      "the commit that the token is in the middle of is not stored as it was; a "
                      "new answer follows"};
    } else {
        out_.skip = token.taken;
    }
    return std::move(out_);
}

}  // namespace

ResetReason TokenAhead(const live::ResumeToken& token, Sequence last) {
    return {"TOKEN_AHEAD",
            StrCat("the token is of sequence ", token.sequence.value(), ", this database is at ",
                   last.value(), ": it is another one, or was restored; a new answer follows")};
}

Result<Replayed> ReplayChanges(Core& core, const ReplayTask& task) {
    return Replayer(core, task).Run();
}

Result<bool> AddRowEvent(const Plan& plan, std::string_view key, std::string_view old_row,
                         std::string_view new_row, EventBatch* batch) {
    Plan::Shown before, now;
    if (!new_row.empty()) {
        BLASTY_ASSIGN_OR_RETURN(now, plan.Show(new_row));
    }
    const bool needs_old = plan.old_values || !new_row.empty();
    if (!old_row.empty() && needs_old) {
        BLASTY_ASSIGN_OR_RETURN(before, plan.Show(old_row));
    }
    const bool change = !old_row.empty() && !new_row.empty();
    if (change && (plan.bare() ? old_row == new_row : before == now)) return false;
    Event& event = batch->events.emplace_back();
    event.kind = change            ? EventKind::kChange
                 : old_row.empty() ? EventKind::kEnter
                                   : EventKind::kLeave;
    event.key = key;
    event.row = std::move(now.row);
    if (plan.old_values) event.old_row = std::move(before.row);
    if (!now.fragments.empty()) {
        auto details = std::make_shared<EventDetails>();
        details->fragments = std::move(now.fragments);
        event.details = std::move(details);
    }
    return true;
}

}  // namespace blasty::search::standing
