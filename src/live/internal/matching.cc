// How a commit is matched: images, candidates, evaluation.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/strings.h"
#include "live/internal/matcher_impl.h"
#include "live/internal/memory_database.h"
#include "live/internal/probe.h"

namespace blasty::live::internal {
namespace {

using tables::ValueView;

bool Equal(const ValueView& a, const ValueView& b) {
    return a.type == b.type && a.integer == b.integer && a.bytes == b.bytes &&
           std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real);
}

// False: not an image of the table.
bool ReadImage(std::string_view row, const tables::Table& table, size_t place, Image* image) {
    image->values.clear();
    tables::RowReader reader(row);
    ValueView value;
    while (reader.Next(&value)) image->values.push_back(value);
    if (!reader.ok() || image->values.size() != table.columns.size()) return false;
    image->rowid = static_cast<int64_t>(place);
    if (table.key_is_rowid) {
        image->rowid = image->values[static_cast<size_t>(table.key_columns[0])].integer;
    }
    return true;
}

}  // namespace

Status MatcherImpl::Decode(std::span<const tables::RowChange> changes) {
    if (changes_.size() < changes.size()) changes_.resize(changes.size());
    for (size_t i = 0; i < changes.size(); ++i) {
        Change& change = changes_[i];
        change.source = &changes[i];
        change.table = schema_->Find(changes[i].table);
        if (change.table == nullptr) {
            return MakeError(StatusCode::kInternal, "INTERNAL", "a change of an unknown table");
        }
        change.has_old = !changes[i].old_row.empty();
        change.has_new = !changes[i].new_row.empty();
        if ((change.has_old &&
             !ReadImage(changes[i].old_row, *change.table, i, &change.old_image)) ||
            (change.has_new &&
             !ReadImage(changes[i].new_row, *change.table, i, &change.new_image))) {
            return MakeError(StatusCode::kInternal, "INTERNAL",
                             StrCat("a row image of table '", Printable(change.table->name),
                                    "' has another shape than the table"));
        }
        change.columns = 0;
        if (!change.has_old || !change.has_new) continue;
        for (size_t c = 0; c < change.new_image.values.size(); ++c) {
            if (Equal(change.old_image.values[c], change.new_image.values[c])) continue;
            change.columns |= uint64_t{1} << std::min<size_t>(c, 63);
        }
    }
    return OkStatus();
}

// Rows that came or went concern everyone.
bool MatcherImpl::Reads(uint64_t columns, const Change& change) {
    return !change.has_old || !change.has_new || (columns & change.columns) != 0;
}

void MatcherImpl::FindCandidates(uint32_t place) {
    const Change& change = changes_[place];
    const auto found = indexes_.find(change.table);
    if (found == indexes_.end()) return;
    TableIndex& index = *found->second;
    for (const Side side : {kOld, kNew}) {
        if (!(side == kOld ? change.has_old : change.has_new)) continue;
        found_.clear();
        index.Find(side == kOld ? change.old_image : change.new_image, &found_);
        const uint32_t where = place * 2 + side;
        for (const FeedId feed : found_) candidates_.push_back({feed, where});
        for (const FeedId feed : index.unindexed()) candidates_.push_back({feed, where});
    }
}

void MatcherImpl::FindResiduals(size_t count) {
    for (auto& [table, set] : residual_sets_) {
        run_.clear();
        run_changes_.clear();
        for (uint32_t i = 0; i < count; ++i) {
            const Change& change = changes_[i];
            if (change.table != table) continue;
            for (const Side side : {kOld, kNew}) {
                if (!(side == kOld ? change.has_old : change.has_new)) continue;
                run_.push_back(side == kOld ? &change.old_image : &change.new_image);
                run_changes_.push_back(i * 2 + side);
            }
        }
        if (run_.empty()) continue;
        counters_.residual_evaluations += set->Find(run_, [&](FeedId feed, size_t place) {
            candidates_.push_back({feed, run_changes_[place]});
        });
    }
}

Status MatcherImpl::Match(std::span<const tables::RowChange> changes, MatchResult* result) {
    result->filters.clear();
    result->affected.clear();
    result->failed.clear();
    BLASTY_RETURN_IF_ERROR(Decode(changes));
    counters_.changes += changes.size();
    candidates_.clear();
    for (uint32_t i = 0; i < changes.size(); ++i) FindCandidates(i);
    FindResiduals(changes.size());
    std::sort(candidates_.begin(), candidates_.end());
    candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
    counters_.candidates += candidates_.size();

    for (const Candidate& candidate : candidates_) feeds_.Prefetch(candidate.feed);
    std::vector<Output> outputs;
    const std::span<const Candidate> all(candidates_);
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        const FeedId id = all[begin].feed;
        while (end < all.size() && all[end].feed == id) ++end;
        const FeedStore::Feed& feed = *feeds_.Find(id);
        const Query& query = *by_number_[feed.query];
        const std::span<const Candidate> mine = all.subspan(begin, end - begin);
        if (query.table != nullptr) {
            const size_t before = outputs.size();
            Status status = Evaluate(query, id, FeedStore::ParametersOf(feed), mine, &outputs);
            if (status.ok()) continue;
            outputs.resize(before);
            if (status.code() != StatusCode::kInvalidArgument) return status;
            result->failed.emplace_back(id, std::move(status));
            continue;
        }
        const bool affected = std::any_of(mine.begin(), mine.end(), [&](const Candidate& one) {
            const Change& change = changes_[one.place / 2];
            for (const QueryPlan::TableUse& use : query.plan->tables) {
                if (use.table == change.table->id) return Reads(use.columns, change);
            }
            return false;
        });
        if (affected) result->affected.push_back(id);
    }
    std::sort(outputs.begin(), outputs.end(), [](const Output& a, const Output& b) {
        return std::pair(a.change, a.event.feed) < std::pair(b.change, b.event.feed);
    });
    for (Output& output : outputs) result->filters.push_back(std::move(output.event));
    return OkStatus();
}

Status MatcherImpl::Run(const Query& query, std::span<const Candidate> candidates, Side side) {
    projections_[side].clear();
    run_.clear();
    run_changes_.clear();
    for (const Candidate& candidate : candidates) {
        const Change& change = changes_[candidate.place / 2];
        if (candidate.place % 2 != side || !Reads(query.columns, change)) continue;
        run_.push_back(side == kOld ? &change.old_image : &change.new_image);
        run_changes_.push_back(candidate.place / 2);
    }
    if (run_.empty()) return OkStatus();
    ++counters_.evaluations;
    tables_->BeginRun(query.table, run_);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(query.statement)) == SQLITE_ROW) {
        auto& [change, row] = projections_[side].emplace_back();
        change = run_changes_[tables_->current()];
        PutResultRow(row, query.statement);
    }
    Status status = code == SQLITE_DONE ? OkStatus() : SqlError(tables_->db(), code);
    sqlite3_reset(query.statement);
    // An OR is taken arm by arm.
    std::sort(projections_[side].begin(), projections_[side].end());
    return status;
}

Status MatcherImpl::Evaluate(const Query& query, FeedId feed, std::string_view parameters,
                             std::span<const Candidate> candidates, std::vector<Output>* out) {
    BindEncoded(query.statement, parameters);
    Status status = Run(query, candidates, kOld);
    if (status.ok()) status = Run(query, candidates, kNew);
    sqlite3_clear_bindings(query.statement);
    BLASTY_RETURN_IF_ERROR(status);
    auto& before = projections_[kOld];
    auto& after = projections_[kNew];
    for (size_t i = 0, j = 0; i < before.size() || j < after.size();) {
        const bool has_old =
            i < before.size() && (j == after.size() || before[i].first <= after[j].first);
        const bool has_new =
            j < after.size() && (i == before.size() || after[j].first <= before[i].first);
        Output output;
        output.change = has_old ? before[i].first : after[j].first;
        FeedChange& event = output.event;
        event.feed = feed;
        event.key = changes_[output.change].source->key;
        event.kind = !has_old  ? EventKind::kEnter
                     : has_new ? EventKind::kChange
                               : EventKind::kLeave;
        if (has_old) event.old_row = std::move(before[i++].second);
        if (has_new) event.new_row = std::move(after[j++].second);
        if (event.kind == EventKind::kChange && event.old_row == event.new_row) continue;
        out->push_back(std::move(output));
    }
    return OkStatus();
}

Status MatcherImpl::MatchOne(const QueryPlanPtr& plan, const tables::Row& parameters,
                             std::span<const tables::RowChange> changes,
                             std::vector<FeedChange>* result) {
    result->clear();
    BLASTY_RETURN_IF_ERROR(Decode(changes));
    BLASTY_ASSIGN_OR_RETURN(Query * query, QueryOf(plan));
    std::vector<Candidate> candidates;
    for (uint32_t i = 0; i < changes.size(); ++i) {
        if (changes_[i].table != query->table) continue;
        if (changes_[i].has_old) candidates.push_back({0, i * 2 + kOld});
        if (changes_[i].has_new) candidates.push_back({0, i * 2 + kNew});
    }
    std::vector<Output> outputs;
    const std::string encoded = tables::EncodeRow(parameters);
    Status status = Evaluate(*query, 0, encoded, candidates, &outputs);
    DropQuery(query);
    BLASTY_RETURN_IF_ERROR(status);
    for (Output& output : outputs) result->push_back(std::move(output.event));
    return OkStatus();
}

}  // namespace blasty::live::internal
