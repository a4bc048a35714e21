#include "rpc/internal/query_stream.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/sql_convert.h"
#include "rpc/internal/sql_wire.h"

namespace blasty::rpc {
namespace {

PartStream::Options StreamOptions(int64_t idle_us) {
    return {kQueryAheadBytes, idle_us,
            MakeError(StatusCode::kDeadlineExceeded, "QUERY_IDLE",
                      StrCat("no row was taken for ", idle_us / 1'000'000,
                             " seconds, and the query holds a connection that others need; read "
                             "on, or ask for fewer rows (LIMIT)"))};
}

size_t RowsMax(const v1::QueryRequest& request) {
    const uint32_t asked = request.batch_rows_max();
    return std::min(asked == 0 ? kQueryRowsDefault : asked, kQueryRowsMax);
}

}  // namespace

QueryStream::QueryStream(grpc::CallbackServerContext& context, SqlParts& parts,
                         std::shared_ptr<const v1::QueryRequest> request)
    : PartStream(context, parts.streams, parts.reads, StreamOptions(parts.client_idle_us)),
      parts_(parts),
      request_(std::move(request)) {}

void QueryStream::OnBegin() {
    write_begun_ = KindOf(request_->statement().sql()) == StatementKind::kWrite;
    if (!write_begun_) return Start();
    const Status status = Write([this] { Start(); });
    if (status.ok()) return;
    written_ = status;
    Start();
}

// Goes to the writer; the answer is told by a step of its own: the writer has better things to do.
Status QueryStream::Write(std::function<void()> then) {
    BLASTY_ASSIGN_OR_RETURN(auto request, WriteRequestOf(*request_));
    auto self = std::static_pointer_cast<QueryStream>(shared_from_this());
    parts_.tables().Execute(
        std::move(request),
        [self, then = std::move(then)](Result<tables::WriteResult> result) {
            self->written_ = std::move(result);
            then();
        },
        cancelled_);
    return OkStatus();
}

Status QueryStream::Admit(exec::Task step) {
    if (write_begun_) {  // it was done, and must be told
        parts_.reads.PostAnyway(std::move(step));
        return OkStatus();
    }
    in_gate_ = true;
    const Status entered = parts_.gate.Enter(std::move(step));
    if (!entered.ok()) in_gate_ = false;
    return entered;
}

void QueryStream::CloseQuery() {
    query_.Reset();
    if (in_gate_.exchange(false)) parts_.gate.Leave();
}

void QueryStream::Interrupt() {
    cancelled_->store(true);
    query_.Cancel();
}

Result<PartStream::Step> QueryStream::Produce() {
    if (write_begun_) {
        BLASTY_RETURN_IF_ERROR(PutWritten(written_));
        return Step::kDone;
    }
    return opened_ ? ReadOn() : Open();
}

Result<PartStream::Step> QueryStream::Open() {
    opened_ = true;
    if (KindOf(request_->statement().sql()) == StatementKind::kUnsure) {
        BLASTY_ASSIGN_OR_RETURN(const bool read_only,
                                parts_.tables().IsReadOnly(request_->statement().sql()));
        if (!read_only) {
            write_begun_ = true;
            CloseQuery();
            BLASTY_RETURN_IF_ERROR(Write([this] { Resume(); }));
            return Step::kPause;
        }
    }
    BLASTY_ASSIGN_OR_RETURN(const auto request, ReadRequestOf(*request_));
    BLASTY_ASSIGN_OR_RETURN(auto query, parts_.tables().Read(request));
    BLASTY_RETURN_IF_ERROR(query_.Set(std::move(query)));
    return ReadOn();
}

Result<PartStream::Step> QueryStream::ReadOn() {
    const auto query = query_.Get();
    if (query == nullptr) return RunningQuery::Cancelled();
    std::vector<std::string> rows;
    BLASTY_ASSIGN_OR_RETURN(const bool more, query->Next(RowsMax(*request_), kQueryBytes, &rows));
    std::string part;
    if (!std::exchange(columns_told_, true)) {
        AppendColumns(part, 1, query->columns(), query->column_types());
    }
    for (const std::string& row : rows) BLASTY_RETURN_IF_ERROR(AppendRow(part, 2, row));
    rows_told_ += rows.size();
    if (!more) {
        SummaryFields summary;
        summary.sequence = query->sequence();
        summary.rows = rows_told_;
        summary.read_only = true;
        AppendSummary(part, 3, summary);
        CloseQuery();
    }
    Put(std::move(part));
    return more ? Step::kMore : Step::kDone;
}

Status QueryStream::PutWritten(const Result<tables::WriteResult>& result) {
    BLASTY_RETURN_IF_ERROR(result.status());
    SummaryFields summary;
    summary.sequence = result->sequence;
    summary.duplicate = result->duplicate;
    std::string part;
    if (!result->results.empty()) {
        const tables::StatementResult& first = result->results.front();
        summary.changes = first.changes;
        summary.last_insert_id = first.last_insert_id;
        summary.rows = first.rows.size();
        AppendColumns(part, 1, first.columns, {});
        size_t in_part = 0;
        for (const tables::Row& row : first.rows) {
            if (in_part == RowsMax(*request_) || part.size() >= kQueryBytes) {
                Put(std::exchange(part, std::string()));
                in_part = 0;
            }
            AppendRow(part, 2, row);
            ++in_part;
        }
    }
    AppendSummary(part, 3, summary);
    Put(std::move(part));
    return OkStatus();
}

}  // namespace blasty::rpc
