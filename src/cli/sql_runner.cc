#include "cli/sql_runner.h"

#include <unistd.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/output.h"
#include "server/units.h"

namespace blasty::cli {

std::string SummaryText(const v1::QuerySummary& summary, bool has_rows) {
    std::string out;
    const auto add = [&out](const std::string& part) {
        StrAppend(out, out.empty() ? "" : " · ", part);
    };
    if (has_rows) add(server::Counted(summary.rows(), "row"));
    if (!summary.read_only()) {
        const auto changes = static_cast<uint64_t>(std::max<int64_t>(summary.changes(), 0));
        if (changes > 0 || !has_rows) add(StrCat(server::Counted(changes, "row"), " changed"));
        if (summary.last_insert_id() != 0) add(StrCat("last id ", summary.last_insert_id()));
        if (summary.duplicate()) add("done before with this id, not again");
    }
    add(StrCat("sequence ", summary.sequence()));
    return out;
}

SqlRunner::SqlRunner(client::Client& client, SqlRunOptions options)
    : client_(client), options_(std::move(options)), written_(options_.at_least) {}

SqlRunner::~SqlRunner() = default;

std::shared_ptr<client::Sql> SqlRunner::Begin() {
    auto sql = std::make_shared<client::Sql>(client_);
    MutexLock lock(mutex_);
    running_ = sql;
    return sql;
}

void SqlRunner::End() {
    std::shared_ptr<client::Sql> ended;
    MutexLock lock(mutex_);
    ended.swap(running_);
}

void SqlRunner::Cancel() {
    std::shared_ptr<client::Sql> running;
    {
        MutexLock lock(mutex_);
        running = running_;
    }
    if (running != nullptr) running->Cancel();
}

Status SqlRunner::Run(const v1::Statement& statement) {
    v1::QueryRequest request;
    *request.mutable_statement() = statement;
    request.set_id(options_.id);
    request.set_at_least(written_);
    request.set_timeout_us(options_.timeout_us);
    Output out;
    ResultPrinter printer(out, options_.format, TerminalWidth(STDOUT_FILENO));
    const auto sql = Begin();
    const Result<v1::QuerySummary> summary =
        sql->Query(request, [&printer, &out](v1::QueryResponse& response) {
            if (response.columns_size() > 0) {
                const std::vector<v1::Column> columns(response.columns().begin(),
                                                      response.columns().end());
                printer.Columns(columns);
            }
            for (v1::Row& row : *response.mutable_rows()) printer.Add(std::move(row));
            return !out.broken();
        });
    End();
    printer.End();
    if (!out.Flush()) return OkStatus();  // its reader is gone, or OutputStatus tells
    if (!summary.ok()) return summary.status();
    if (!summary->read_only()) written_ = std::max(written_, summary->sequence());
    if (!options_.quiet) Note(SummaryText(*summary, printer.has_columns()));
    return OkStatus();
}

Status SqlRunner::RunTransaction(const std::vector<v1::Statement>& statements) {
    v1::TransactionRequest request;
    request.mutable_statements()->Assign(statements.begin(), statements.end());
    request.set_id(options_.id);
    request.set_timeout_us(options_.timeout_us);
    const auto sql = Begin();
    const Result<v1::TransactionResponse> done = sql->Transaction(request);
    End();
    if (!done.ok()) return done.status();
    Output out;
    int64_t changes = 0;
    for (const v1::ExecuteResponse& result : done->results()) {
        changes += result.summary().changes();
        if (result.columns_size() == 0) continue;
        ResultPrinter printer(out, options_.format, TerminalWidth(STDOUT_FILENO));
        printer.Columns({result.columns().begin(), result.columns().end()});
        for (const v1::Row& row : result.rows()) printer.Add(row);
        printer.End();
    }
    if (!out.Flush()) return OkStatus();
    written_ = std::max(written_, done->sequence());
    if (!options_.quiet)
        Note(StrCat(server::Counted(statements.size(), "statement"), " in one commit · ",
                    server::Counted(static_cast<uint64_t>(std::max<int64_t>(changes, 0)), "row"),
                    " changed · sequence ", done->sequence(),
                    done->duplicate() ? " · done before with this id, not again" : ""));
    return OkStatus();
}

Result<v1::GetSchemaResponse> SqlRunner::Schema() {
    const auto sql = Begin();
    Result<v1::GetSchemaResponse> schema = sql->GetSchema();
    End();
    return schema;
}

}  // namespace blasty::cli
