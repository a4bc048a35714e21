#include "rpc/internal/sql_calls.h"

#include <google/protobuf/arena.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "blasty/v1/sql.pb.h"
#include "rpc/internal/encoder.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/sql_convert.h"
#include "rpc/internal/sql_decode.h"
#include "rpc/internal/sql_wire.h"

namespace blasty::rpc {
namespace {

constexpr size_t kArenaBytes = 4096;

Status Malformed(std::string_view type) {
    return MakeError(StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                     StrCat("the request is not a valid blasty.v1.", type,
                            "; is the client built from api/blasty/v1/sql.proto?"));
}

Status TooLarge(std::string_view done) {
    return MakeError(
        StatusCode::kResourceExhausted, "RESULT_TOO_LARGE",
        StrCat("the result has more than ", kExecuteRowsMax, " rows or ", kExecuteBytesMax,
               " bytes; use Query, which streams it, or LIMIT", done));
}

// An answer that comes after the fact says so: the rows are lost, the write is not.
Status TooLargeButDone(Sequence sequence) {
    return TooLarge(StrCat(" (the write was done, at sequence ", sequence.value(), ")"));
}

// Appends an ExecuteResponse without its field tag.
void AppendResult(std::string& out, const tables::StatementResult& result,
                  const SummaryFields& summary) {
    AppendColumns(out, 1, result.columns, {});
    for (const tables::Row& row : result.rows) AppendRow(out, 2, row);
    AppendSummary(out, 3, summary);
}

SummaryFields SummaryOf(const tables::WriteResult& written, const tables::StatementResult& result) {
    SummaryFields summary;
    summary.sequence = written.sequence;
    summary.changes = result.changes;
    summary.last_insert_id = result.last_insert_id;
    summary.duplicate = written.duplicate;
    summary.rows = result.rows.size();
    return summary;
}

// Holds itself until gRPC is done with it. Finish comes exactly once.
class SqlCall : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<SqlCall> {
  public:
    SqlCall(SqlParts& parts, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
        : parts_(parts), context_(context), response_(response) {}

    void Hold() { self_ = shared_from_this(); }
    void OnDone() override { const std::shared_ptr<SqlCall> last = std::move(self_); }
    void OnCancel() override {
        cancelled_->store(true);
        query_.Cancel();
    }

    void Execute(const grpc::ByteBuffer& wire);
    void Transaction(const grpc::ByteBuffer& wire);

  private:
    void Fail(const Status& status) { Finish(ToGrpc(status, *context_)); }
    void Answer(std::string bytes) {
        const grpc::Slice slice = SliceOf(std::move(bytes));
        *response_ = grpc::ByteBuffer(&slice, 1);
        Finish(grpc::Status::OK);
    }

    void ReadLater(tables::ReadRequest request);
    Result<std::string> Read(const tables::ReadRequest& request);
    void Decide(tables::ReadRequest read, tables::WriteRequest write);
    // What a call answers when its write is done.
    using Encode = Result<std::string> (SqlCall::*)(const tables::WriteResult&) const;
    void Write(tables::WriteRequest request, Encode encode);
    Result<std::string> Written(const tables::WriteResult& written) const;
    Result<std::string> Committed(const tables::WriteResult& written) const;

    SqlParts& parts_;
    grpc::CallbackServerContext* const context_;
    grpc::ByteBuffer* const response_;
    std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
    RunningQuery query_;
    std::shared_ptr<SqlCall> self_;
};

template <typename Request>
bool Parse(const grpc::ByteBuffer& wire, Request* request) {
    grpc::ByteBuffer copy(wire);
    return grpc::SerializationTraits<Request>::Deserialize(&copy, request).ok();
}

void SqlCall::Execute(const grpc::ByteBuffer& wire) {
    alignas(std::max_align_t) char block[kArenaBytes];
    google::protobuf::Arena arena(block, sizeof(block));
    auto* request = google::protobuf::Arena::CreateMessage<v1::QueryRequest>(&arena);
    if (!Parse(wire, request)) return Fail(Malformed("QueryRequest"));
    const StatementKind kind = KindOf(request->statement().sql());
    if (kind == StatementKind::kWrite) {
        auto write = WriteRequestOf(*request);
        return write.ok() ? Write(*std::move(write), &SqlCall::Written) : Fail(write.status());
    }
    if (kind == StatementKind::kRead) {
        auto read = ReadRequestOf(*request);
        return read.ok() ? ReadLater(*std::move(read)) : Fail(read.status());
    }
    auto write = WriteRequestOf(*request);
    if (!write.ok()) return Fail(write.status());
    tables::ReadRequest read;
    read.statement = write->statements.front();
    read.at_least = Sequence(request->at_least());
    read.timeout_us = request->timeout_us();
    Decide(std::move(read), *std::move(write));
}

void SqlCall::ReadLater(tables::ReadRequest request) {
    auto self = shared_from_this();
    const Status posted = parts_.gate.Enter([self, request = std::move(request)] {
        Result<std::string> answer = self->Read(request);
        self->query_.Reset();
        self->parts_.gate.Leave();
        if (!answer.ok()) return self->Fail(answer.status());
        self->Answer(*std::move(answer));
    });
    if (!posted.ok()) Fail(posted);
}

Result<std::string> SqlCall::Read(const tables::ReadRequest& request) {
    if (cancelled_->load()) return RunningQuery::Cancelled();
    BLASTY_ASSIGN_OR_RETURN(auto opened, parts_.tables().Read(request));
    BLASTY_RETURN_IF_ERROR(query_.Set(std::move(opened)));
    const auto query = query_.Get();
    std::vector<std::string> rows;
    BLASTY_ASSIGN_OR_RETURN(const bool more,
                            query->Next(kExecuteRowsMax + 1, kExecuteBytesMax + 1, &rows));
    size_t bytes = 0;
    for (const std::string& row : rows) bytes += row.size();
    if (more || rows.size() > kExecuteRowsMax || bytes > kExecuteBytesMax) return TooLarge("");
    std::string out;
    out.reserve(bytes + bytes / 2 + 128);
    AppendColumns(out, 1, query->columns(), query->column_types());
    for (const std::string& row : rows) BLASTY_RETURN_IF_ERROR(AppendRow(out, 2, row));
    SummaryFields summary;
    summary.sequence = query->sequence();
    summary.rows = rows.size();
    summary.read_only = true;
    AppendSummary(out, 3, summary);
    return out;
}

void SqlCall::Decide(tables::ReadRequest read, tables::WriteRequest write) {
    auto self = shared_from_this();
    const Status posted =
        parts_.gate.Enter([self, read = std::move(read), write = std::move(write)]() mutable {
            const auto read_only = self->parts_.tables().IsReadOnly(read.statement.sql);
            const bool reads = read_only.ok() && *read_only;
            Result<std::string> answer = std::string();
            if (reads) answer = self->Read(read);
            self->query_.Reset();
            self->parts_.gate.Leave();
            if (!read_only.ok()) return self->Fail(read_only.status());
            if (!reads) return self->Write(std::move(write), &SqlCall::Written);
            if (!answer.ok()) return self->Fail(answer.status());
            self->Answer(*std::move(answer));
        });
    if (!posted.ok()) Fail(posted);
}

void SqlCall::Write(tables::WriteRequest request, Encode encode) {
    auto self = shared_from_this();
    parts_.tables().Execute(
        std::move(request),
        [self, encode](const Result<tables::WriteResult>& written) {
            if (!written.ok()) return self->Fail(written.status());
            Result<std::string> answer = (self.get()->*encode)(*written);
            if (!answer.ok()) return self->Fail(answer.status());
            self->Answer(*std::move(answer));
        },
        cancelled_);
}

Result<std::string> SqlCall::Written(const tables::WriteResult& written) const {
    static const tables::StatementResult nothing;
    const tables::StatementResult& result =
        written.results.empty() ? nothing : written.results.front();
    if (result.rows.size() > kExecuteRowsMax) return TooLargeButDone(written.sequence);
    std::string out;
    AppendResult(out, result, SummaryOf(written, result));
    if (out.size() > kTransactionBytesMax) return TooLargeButDone(written.sequence);
    return out;
}

void SqlCall::Transaction(const grpc::ByteBuffer& wire) {
    const auto memory = std::make_shared<grpc::Slice>();
    tables::WriteRequest read;
    if (wire.DumpToSingleSlice(memory.get()).ok() &&
        DecodeTransaction({reinterpret_cast<const char*>(memory->begin()), memory->size()}, memory,
                          &read))
        return Write(std::move(read), &SqlCall::Committed);
    google::protobuf::Arena arena;
    auto* request = google::protobuf::Arena::CreateMessage<v1::TransactionRequest>(&arena);
    if (!Parse(wire, request)) return Fail(Malformed("TransactionRequest"));
    auto write = WriteRequestOf(*request);
    if (!write.ok()) return Fail(write.status());
    Write(*std::move(write), &SqlCall::Committed);
}

Result<std::string> SqlCall::Committed(const tables::WriteResult& written) const {
    std::string out, one;
    // What a statement without rows takes at most.
    constexpr size_t kResultBytes = 32;
    out.reserve(written.results.size() * kResultBytes + kResultBytes);
    for (const tables::StatementResult& result : written.results) {
        one.clear();
        AppendResult(one, result, SummaryOf(written, result));
        PutMessageHead(out, 1, one.size());
        out += one;
        if (out.size() > kTransactionBytesMax) return TooLargeButDone(written.sequence);
    }
    PutVarintField(out, 2, written.sequence.value());
    PutVarintField(out, 3, written.duplicate ? 1 : 0);
    return out;
}

using Method = void (SqlCall::*)(const grpc::ByteBuffer&);

grpc::ServerUnaryReactor* Begin(SqlParts& parts, grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* request, grpc::ByteBuffer* response,
                                Method method) {
    const auto call = std::make_shared<SqlCall>(parts, context, response);
    call->Hold();
    (*call.*method)(*request);
    return call.get();
}

}  // namespace

grpc::ServerUnaryReactor* ExecuteStatement(SqlParts& parts, grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) {
    return Begin(parts, context, request, response, &SqlCall::Execute);
}

grpc::ServerUnaryReactor* ExecuteTransaction(SqlParts& parts, grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) {
    return Begin(parts, context, request, response, &SqlCall::Transaction);
}

}  // namespace blasty::rpc
