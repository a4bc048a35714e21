#include "tables/internal/replay.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "tables/internal/ddl.h"
#include "tables/internal/meta.h"
#include "tables/internal/record_codec.h"

namespace blasty::tables::internal {
namespace {

// A transaction ends after about so many bytes of records.
constexpr size_t kTransactionBytes = 8 << 20;

Status Damaged(std::string_view message) {
    return MakeError(StatusCode::kDataLoss, "TABLES_DAMAGED", message);
}

// Triggers, foreign keys and checks had their say when the change was made.
class Unguarded {
  public:
    explicit Unguarded(Handle& handle) : handle_(handle) { Set(0); }
    ~Unguarded() { Set(1); }
    Unguarded(const Unguarded&) = delete;
    Unguarded& operator=(const Unguarded&) = delete;

  private:
    void Set(int on) {
        sqlite3_db_config(handle_.db(), SQLITE_DBCONFIG_ENABLE_TRIGGER, on, nullptr);
        sqlite3_db_config(handle_.db(), SQLITE_DBCONFIG_ENABLE_FKEY, on, nullptr);
        (void)handle_.Execute(on != 0 ? "PRAGMA ignore_check_constraints = OFF"
                                      : "PRAGMA ignore_check_constraints = ON");
    }
    Handle& handle_;
};

class Replayer {
  public:
    explicit Replayer(Store& store) : store_(store), from_(store.applied()) {}

    Status Visit(const log::FramePtr& frame) {
        log::RecordIterator it = frame->Records();
        log::RecordView record;
        Sequence last;
        while (it.Next(&record)) {
            if (record.kind != log::RecordKind::kTable || record.sequence <= from_) continue;
            BLASTY_RETURN_IF_ERROR(Begin());
            if (Status applied = Apply(record); !applied.ok())
                return Annotate(Blame(applied), StrCat("record ", record.sequence.value()));
            bytes_ += record.payload.size();
            last = record.sequence;
        }
        BLASTY_RETURN_IF_ERROR(it.status());
        if (last.value() != 0) applied_ = last;
        return bytes_ < kTransactionBytes ? OkStatus() : Commit();
    }

    Status Commit() {
        if (!open_) return OkStatus();
        BLASTY_RETURN_IF_ERROR(store_.SetApplied(applied_));
        open_ = false;
        bytes_ = 0;
        return store_.handle().Execute("COMMIT");
    }

  private:
    Status Begin() {
        if (open_) return OkStatus();
        BLASTY_RETURN_IF_ERROR(store_.handle().Execute("BEGIN IMMEDIATE"));
        open_ = true;
        return OkStatus();
    }

    // What SQLite refuses in a replay means that log and file do not fit.
    static Status Blame(const Status& status) {
        const std::string reason = ReasonOf(status);
        if (reason != "SQL_ERROR" && reason != "CONSTRAINT_FAILED" &&
            reason != "PRIMARY_KEY_MISSING" && reason != "BAD_INDEX_DEFINITION" &&
            reason != "STATEMENT_REFUSED") {
            return status;
        }
        return Damaged(MessageOf(status));
    }

    Status Apply(const log::RecordView& record) {
        TableRecord decoded;
        BLASTY_RETURN_IF_ERROR(DecodeTableRecord(record, &decoded));
        switch (decoded.kind) {
            case TableRecordKind::kInsert:
            case TableRecordKind::kUpdate:
            case TableRecordKind::kDelete:
                return ApplyRow(decoded.change);
            case TableRecordKind::kRequest:
                return ApplyRequest(record.sequence, decoded);
            case TableRecordKind::kSchema:
                return ApplySchema(record.sequence, decoded.schema);
        }
        return OkStatus();
    }

    Status ApplyRow(const RowChange& change) {
        RowStatements* const rows = store_.rows().Of(change.table);
        if (rows == nullptr)
            return Damaged(StrCat("a row of table number ", change.table.value(),
                                  ", which tables.db does not have"));
        return rows->Apply(change);
    }

    Status ApplyRequest(Sequence sequence, const TableRecord& record) {
        BLASTY_ASSIGN_OR_RETURN(Statement put,
                                store_.handle().Cached(kPutRequest, Access::kInternal));
        BLASTY_RETURN_IF_ERROR(put.Bind(1, {ValueType::kBlob, 0, 0, record.request}));
        BLASTY_RETURN_IF_ERROR(
            put.Bind(2, {ValueType::kInteger, static_cast<int64_t>(sequence.value()), 0, {}}));
        BLASTY_RETURN_IF_ERROR(put.Bind(3, {ValueType::kInteger, record.time_us, 0, {}}));
        BLASTY_RETURN_IF_ERROR(put.Bind(4, {ValueType::kBlob, 0, 0, record.outcome}));
        return put.Run();
    }

    Status ApplySchema(Sequence sequence, const SchemaChange& change) {
        SchemaEdit edit(store_.handle(), nullptr, store_.schema());
        for (const std::string_view sql : change.statements)
            BLASTY_RETURN_IF_ERROR(edit.Execute(sql, Access::kInternal));
        if (edit.Change().created != change.created)
            return Damaged("the tables that a schema change made have other ids than the log says");
        BLASTY_ASSIGN_OR_RETURN(SchemaPtr schema, edit.Finish(sequence));
        store_.SetSchema(std::move(schema));
        return OkStatus();
    }

    Store& store_;
    const Sequence from_;
    Sequence applied_;
    bool open_ = false;
    size_t bytes_ = 0;
};

}  // namespace

Status Replay(Store& store, log::Log& log) {
    Sequence from = Next(store.applied());
    const log::LogState state = log.state();
    if (from > Next(state.last))
        return Damaged(StrCat("tables.db stands at sequence ", store.applied().value(),
                              ", the log ends at ", state.last.value(),
                              "; they are not of the same database, or the log lost its end: "
                              "restore both from one backup"));
    if (!store.ever_used()) {
        // A log of topics alone need not be read.
        BLASTY_ASSIGN_OR_RETURN(const auto frames,
                                log.FramesOf(StreamId(kTablesStreamBase), from, 1));
        if (frames.empty()) return OkStatus();
        from = std::max(from, state.oldest);
    }
    if (from < state.oldest)
        return Damaged(StrCat("tables.db stands at sequence ", store.applied().value(),
                              ", but the log begins at ", state.oldest.value(),
                              "; restore both from one backup"));
    store.capture().SetMode(Capture::Mode::kOff);
    Unguarded unguarded(store.handle());
    Replayer replayer(store);
    Status status =
        log.Replay(from, [&](const log::FramePtr& frame) { return replayer.Visit(frame); });
    if (status.ok()) status = replayer.Commit();
    if (!status.ok()) {
        store.Rollback();
        return Annotate(status, "replaying the log into tables.db");
    }
    return OkStatus();
}

}  // namespace blasty::tables::internal
