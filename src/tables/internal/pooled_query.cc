#include "tables/internal/pooled_query.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::tables::internal {

Status PooledQuery::Start(const ReadRequest& request, int64_t deadline_us, uint64_t rows_max) {
    rows_limit_ = rows_left_ = rows_max;
    Handle& handle = *reader_->handle;
    const HeapScope scope(&handle.heap());
    handle.guard().Arm(deadline_us, &cancelled_);
    BLASTY_ASSIGN_OR_RETURN(const Sequence applied, reader_->snapshots.Begin());
    sequence_ = std::max(applied, request.at_least);
    return Prepare(request);
}

Status PooledQuery::Prepare(const ReadRequest& request) {
    BLASTY_ASSIGN_OR_RETURN(Statement statement,
                            reader_->handle->Cached(request.statement.sql, Access::kUser));
    if (!statement.read_only())
        return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED",
                         "the statement writes and was sent as a query; send it to be executed");
    columns_ = statement.columns();
    parameters_ = request.statement.parameters;
    named_ = request.statement.named;
    statement_ = std::move(statement);
    return statement_->Bind(parameters_, named_);
}

Result<bool> PooledQuery::Next(size_t rows_max, size_t bytes_max, std::vector<std::string>* rows) {
    if (reader_ == nullptr) {
        if (!error_.ok()) return error_;
        return false;
    }
    const HeapScope scope(&reader_->handle->heap());
    const Result<bool> more = Fetch(rows_max, bytes_max, rows);
    if (!more.ok()) error_ = more.status();
    if (!more.ok() || !*more) Finish();
    return more;
}

Result<bool> PooledQuery::Fetch(size_t rows_max, size_t bytes_max, std::vector<std::string>* rows) {
    // Few steps between two looks of the progress handler may still be a long time in all.
    BLASTY_RETURN_IF_ERROR(reader_->handle->guard().Check());
    size_t bytes = 0;
    for (size_t count = 0; count < std::max<size_t>(rows_max, 1); ++count) {
        if (count > 0 && bytes >= bytes_max) return true;
        BLASTY_ASSIGN_OR_RETURN(const bool has_row, statement_->Step());
        if (!has_row) return false;
        if (rows_left_ == 0)
            return MakeError(StatusCode::kResourceExhausted, "RESULT_TOO_LARGE",
                             StrCat("the result has more than ", rows_limit_,
                                    " rows; add a LIMIT or a WHERE, or raise the limit"));
        --rows_left_;
        ++rows_read_;
        std::string& row = rows->emplace_back();
        statement_->AppendRow(&row);
        bytes += row.size();
    }
    return true;
}

void PooledQuery::Finish() {
    if (reader_ == nullptr) return;
    Handle& handle = *reader_->handle;
    {
        const HeapScope scope(&handle.heap());
        statement_.reset();
        handle.guard().Disarm();
        reader_->snapshots.End();
        handle.heap().Settle();
    }
    pool_.rows_read_.fetch_add(rows_read_, std::memory_order_relaxed);
    pool_.GiveBack(std::move(reader_));
}

}  // namespace blasty::tables::internal
