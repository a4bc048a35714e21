#include "search/internal/table_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/sql_text.h"
#include "tables/query.h"

namespace blasty::search::internal {
namespace {

// Of one batch: bounds memory, and the time until the first of it can be found.
constexpr size_t kBatchBytes = 16 << 20;
constexpr size_t kBatchChanges = 20'000;
constexpr size_t kRowsAtOnce = 1000;
constexpr int64_t kDayUs = int64_t{24} * 3'600'000'000;

}  // namespace

Result<std::shared_ptr<const tables::Table>> TableSource::Shape() const {
    const tables::SchemaPtr schema = tables_.schema();
    const tables::Table* const found = schema->Find(name_);
    if (found != nullptr) return std::shared_ptr<const tables::Table>(schema, found);
    return MakeError(StatusCode::kNotFound, "TABLE_NOT_FOUND",
                     StrCat("table '", Printable(name_), "' does not exist"));
}

bool TableSource::CanFollow(Sequence position) const {
    return Next(position) >= tables_.history_from();
}

uint64_t TableSource::Count(const tables::Table& shape) const {
    tables::ReadRequest count;
    count.statement.sql = StrCat("SELECT count(*) FROM ", QuotedName(shape.name));
    const auto query = tables_.Read(count);
    std::vector<std::string> rows;
    if (!query.ok() || !(*query)->Next(1, 1 << 20, &rows).ok() || rows.size() != 1) return 0;
    const auto row = tables::DecodeRow(rows[0]);
    if (!row.ok() || row->size() != 1) return 0;
    return static_cast<uint64_t>(std::get<int64_t>((*row)[0]));
}

Result<Sequence> TableSource::ReadAll(const tables::Table& shape, const std::atomic<bool>& stop,
                                      const VisitRows& visit) {
    std::vector<std::string> columns;
    for (const tables::Column& column : shape.columns) columns.push_back(column.name);
    const auto expected = static_cast<double>(std::max<uint64_t>(Count(shape), 1));
    tables::ReadRequest request;
    request.statement.sql =
        StrCat("SELECT ", QuotedNames(columns), " FROM ", QuotedName(shape.name));
    request.timeout_us = kDayUs;
    BLASTY_ASSIGN_OR_RETURN(const auto query, tables_.Read(request));
    std::vector<std::string> rows;
    uint64_t read = 0;
    for (bool more = true; more;) {
        if (stop.load()) return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped");
        rows.clear();
        BLASTY_ASSIGN_OR_RETURN(more, query->Next(kRowsAtOnce, 4 << 20, &rows));
        read += rows.size();
        BLASTY_RETURN_IF_ERROR(visit(rows, std::min(0.999, static_cast<double>(read) / expected)));
    }
    return query->sequence();
}

Status TableSource::Follow(const tables::Table& shape, Sequence position, Sequence limit,
                           const std::atomic<bool>& stop, const Apply& apply) {
    if (position >= limit) return OkStatus();
    if (cursor_ == nullptr)
        cursor_ = log_.NewCursor({.from = Next(position), .stream = tables::StreamOf(shape.id)});
    std::vector<tables::Commit> commits;  // keep the frames of the changes
    std::vector<tables::RowChange> changes;
    size_t bytes = 0;
    while (!stop.load()) {
        if (cursor_->position() > limit) break;
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor_->Next());
        if (frame == nullptr) break;
        BLASTY_ASSIGN_OR_RETURN(tables::Commit commit, tables::DecodeCommit(frame));
        if (commit.empty() || commit.last <= position) continue;
        if (commit.first > limit) {
            cursor_->Seek(commit.first);
            break;
        }
        for (const tables::RowChange& change : commit.changes) {
            if (change.table != shape.id) continue;
            changes.push_back(change);
            bytes += change.new_row.size() + change.old_row.size();
        }
        const Sequence last = commit.last;
        commits.push_back(std::move(commit));
        if (changes.size() < kBatchChanges && bytes < kBatchBytes) continue;
        BLASTY_RETURN_IF_ERROR(apply(changes, last));
        changes.clear();
        commits.clear();
        bytes = 0;
    }
    if (stop.load()) return OkStatus();
    return apply(changes, limit);
}

Result<Sequence> TableSource::Await(Sequence fresh, int64_t timeout_us) {
    if (fresh == Sequence(0)) return fresh;
    BLASTY_RETURN_IF_ERROR(tables_.WaitApplied(fresh, timeout_us));
    // What came after the last commit of tables changes no index.
    return std::min(fresh, tables_.applied());
}

Result<tables::Row> TableSource::ReadMessage(Sequence /*sequence*/) { return tables::Row(); }

Status TableSource::VisitMessages(Sequence /*after*/, Sequence /*to*/,
                                  const std::atomic<bool>& /*stop*/,
                                  const VisitMessage& /*visit*/) {
    return OkStatus();
}

}  // namespace blasty::search::internal
