#include "tables/internal/request_runner.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "tables/internal/statement_views.h"

namespace blasty::tables::internal {

Status RequestRunner::Simple(std::optional<Statement>& statement, const char* sql) {
    if (!statement) {
        BLASTY_ASSIGN_OR_RETURN(Statement made,
                                Statement::Prepare(store_.handle(), sql, Access::kInternal));
        statement.emplace(std::move(made));
    }
    return statement->Run();
}

Status RequestRunner::Arm(const Job& job) {
    int64_t deadline = clock_.MonotonicMicros() + options_.statement_timeout_us;
    if (job.request.timeout_us > 0)
        deadline = std::min(deadline, job.queued_us + job.request.timeout_us);
    store_.handle().guard().Arm(deadline, job.cancelled.get());
    return store_.handle().guard().Check();
}

Ran RequestRunner::Run(const Job& job) {
    HeapAccount& heap = store_.handle().heap();
    const int64_t used_before = heap.used();
    Ran ran = RunCounted(job);
    // What stays is SQLite's page cache, and what was freed outside the count was counted all the
    // same: the limit is one for each request.
    heap.Give(heap.used() - used_before);
    heap.Settle();
    return ran;
}

Ran RequestRunner::RunCounted(const Job& job) {
    Ran ran;
    sqlite3* const db = store_.handle().db();
    store_.capture().Clear();
    result_bytes_ = 0;
    ran.status = Simple(savepoint_, "SAVEPOINT blasty_request");
    if (ran.status.ok()) {
        ran.status = Arm(job);
        if (ran.status.ok()) {
            sqlite3_set_last_insert_rowid(db, 0);
            ran.status = Verdict(RunInSavepoint(job, &ran));
        }
        store_.handle().guard().Disarm();
    }
    const bool schema = ran.how == Ran::How::kSchema;
    if (ran.status.ok() && !schema) ran.status = Simple(release_, "RELEASE blasty_request");
    if (ran.status.ok()) {
        if (!schema) ran.how = Ran::How::kDone;
        return ran;
    }
    ran.how = Ran::How::kFailed;
    store_.capture().Clear();
    if (sqlite3_get_autocommit(db) != 0 || !Simple(undo_, "ROLLBACK TO blasty_request").ok() ||
        !Simple(release_, "RELEASE blasty_request").ok()) {
        store_.Rollback();
        ran.how = Ran::How::kLost;
    }
    return ran;
}

Status RequestRunner::Verdict(Status status) const {
    const Status& captured = store_.capture().status();
    if (!captured.ok()) return captured;
    return status;
}

Status RequestRunner::RunInSavepoint(const Job& job, Ran* ran) {
    BLASTY_RETURN_IF_ERROR(CheckConditions(job.request.conditions));
    StatementViews statements(job.request);
    ran->result.results.reserve(statements.size());
    std::optional<Statement> prepared;  // of `sql`: batches repeat one text
    std::string_view sql;
    for (size_t i = 0; i < statements.size(); ++i) {
        const StatementView text = statements.At(i);
        if (!prepared || text.sql != sql) {
            prepared.reset();
            BLASTY_ASSIGN_OR_RETURN(Statement found,
                                    store_.handle().Cached(text.sql, Access::kUser));
            prepared.emplace(std::move(found));
            sql = text.sql;
        }
        BLASTY_RETURN_IF_ERROR(RunStatement(*prepared, text, i == 0, ran));
        if (ran->how == Ran::How::kSchema) return OkStatus();
        BLASTY_RETURN_IF_ERROR(store_.capture().status());
    }
    // What COMMIT would only find when the log has it already.
    int open = 0, unused = 0;
    sqlite3_db_status(store_.handle().db(), SQLITE_DBSTATUS_DEFERRED_FKS, &open, &unused, 0);
    if (open != 0)
        return MakeError(StatusCode::kFailedPrecondition, "CONSTRAINT_FAILED",
                         "FOREIGN KEY constraint failed (deferred): a row refers to one that is "
                         "not there at the end of the request");
    return OkStatus();
}

Status RequestRunner::CheckConditions(const std::vector<RowCondition>& conditions) {
    if (conditions.empty()) return OkStatus();
    const SchemaPtr schema = store_.schema();
    for (const RowCondition& condition : conditions) {
        const Table* table = schema->Find(condition.table);
        if (table == nullptr)
            return MakeError(StatusCode::kInvalidArgument, "SQL_ERROR",
                             StrCat("a condition names table '", Printable(condition.table),
                                    "', which does not exist"));
        if (condition.key.size() != table->key_columns.size())
            return MakeError(StatusCode::kInvalidArgument, "INVALID_PARAMETERS",
                             StrCat("a condition on table '", Printable(table->name), "' has ",
                                    condition.key.size(), " key values, the primary key has ",
                                    table->key_columns.size()));
        BLASTY_ASSIGN_OR_RETURN(const auto row,
                                store_.rows().Of(table->id)->Find(EncodeRow(condition.key)));
        const uint64_t version = row ? RowVersion(*row) : 0;
        if (version == condition.version) continue;
        return MakeError(
            StatusCode::kFailedPrecondition, "ROW_CHANGED",
            StrCat("the row of table '", Printable(table->name), "' ",
                   version == 0 ? "does not exist"
                                : StrCat(condition.version == 0 ? "exists already" : "has changed",
                                         " (its version is ", version, ")"),
                   "; read it again"));
    }
    return OkStatus();
}

Status RequestRunner::RunStatement(Statement& statement, const StatementView& text, bool first,
                                   Ran* ran) {
    Handle& handle = store_.handle();
    if (statement.facts().changes_schema()) {
        if (first) {
            ran->how = Ran::How::kSchema;
            return OkStatus();
        }
        return MakeError(StatusCode::kPermissionDenied, "STATEMENT_REFUSED",
                         "a schema statement cannot stand in a transaction with others; send it "
                         "on its own");
    }
    BLASTY_RETURN_IF_ERROR(statement.Bind(text.parameters, text.named));
    StatementResult& result = ran->result.results.emplace_back();
    const size_t inserted_before = store_.capture().inserted();
    {
        const HeapScope scope(&handle.heap());
        BLASTY_RETURN_IF_ERROR(Collect(statement, &result));
    }
    if (!statement.read_only()) result.changes = sqlite3_changes64(handle.db());
    if (store_.capture().inserted() != inserted_before)
        result.last_insert_id = sqlite3_last_insert_rowid(handle.db());
    return OkStatus();
}

Status RequestRunner::Collect(Statement& statement, StatementResult* result) {
    const int columns = statement.column_count();
    if (columns > 0) result->columns = statement.columns()->names;
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const bool more, statement.Step());
        if (!more) return OkStatus();
        if (columns == 0) continue;
        Row& row = result->rows.emplace_back();
        row.reserve(static_cast<size_t>(columns));
        for (int i = 0; i < columns; ++i) {
            const ValueView value = statement.Column(i);
            result_bytes_ += sizeof(Value) + value.bytes.size();
            row.push_back(ValueOf(value));
        }
        if (result_bytes_ > options_.write_bytes_max ||
            result->rows.size() > options_.write_rows_max) {
            return MakeError(
                StatusCode::kResourceExhausted, "RESULT_TOO_LARGE",
                StrCat("a request returns more than ", options_.write_bytes_max, " bytes or ",
                       options_.write_rows_max, " rows; return less, or read them in a query"));
        }
    }
}

}  // namespace blasty::tables::internal
