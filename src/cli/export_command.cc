#include <unistd.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/sql_parameters.h"
#include "cli/sql_text.h"
#include "cli/value_text.h"
#include "client/sql.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct ExportArgs {
    std::string what, file = "-", format, delimiter = ",";
    std::vector<std::string> parameters;
    bool no_header = false, force = false, quiet = false;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

// Rows as text to a file or to standard output.
class RowWriter {
  public:
    RowWriter(bool csv, char delimiter, bool header)
        : csv_(csv), delimiter_(delimiter), header_(header) {}

    Status Open(const std::string& path, bool force) {
        to_file_ = path != "-";
        return to_file_ ? file_.Open(path, force) : OkStatus();
    }
    Status Columns(const v1::QueryResponse& response);
    Status Add(const v1::Row& row);
    Status Commit() {
        if (to_file_) return file_.Commit();
        out_.Flush();
        return OkStatus();
    }
    bool reader_gone() const { return out_.broken(); }
    uint64_t bytes() const { return bytes_; }

  private:
    Status Line() {
        line_ += '\n';
        bytes_ += line_.size();
        if (to_file_) return file_.Write(line_);
        out_.Write(line_);
        return OkStatus();
    }

    const bool csv_;
    const char delimiter_;
    const bool header_;
    bool to_file_ = false;
    OutputFile file_;
    Output out_;
    std::vector<std::string> names_;
    std::string line_;
    uint64_t bytes_ = 0;
};

Status RowWriter::Columns(const v1::QueryResponse& response) {
    for (const v1::Column& column : response.columns()) names_.push_back(column.name());
    names_ = UniqueNames(names_);
    if (!csv_ || !header_) return OkStatus();
    line_.clear();
    for (const std::string& name : names_) {
        v1::Value value;
        value.set_text(name);
        if (&name != names_.data()) line_ += delimiter_;
        AppendCsv(line_, value, delimiter_);
    }
    return Line();
}

Status RowWriter::Add(const v1::Row& row) {
    line_.clear();
    if (!csv_) {
        line_ = JsonRow(names_, row);
        return Line();
    }
    for (int i = 0; i < row.values_size(); ++i) {
        if (i > 0) line_ += delimiter_;
        AppendCsv(line_, row.values(i), delimiter_);
    }
    return Line();
}

Result<bool> WantsCsv(const ExportArgs& args, bool json) {
    if (json || args.format == "ndjson") return false;
    if (args.format == "csv") return true;
    for (const char* end : {".ndjson", ".jsonl", ".json"})
        if (args.file.ends_with(end)) return false;
    if (args.file == "-" || args.file.ends_with(".csv") || args.file.ends_with(".tsv")) return true;
    return Usage(StrCat("the name '", Printable(args.file),
                        "' does not tell a format; say --format csv or --format ndjson"));
}

Status Export(const ExportArgs& args, const Session& session, client::Sql& sql) {
    BLASTY_ASSIGN_OR_RETURN(const bool csv, WantsCsv(args, session.json));
    std::string delimiter = args.delimiter;
    if (delimiter == "\\t" || delimiter == "tab") delimiter = "\t";
    if (delimiter.size() != 1)
        return Usage(StrCat("--delimiter '", Printable(delimiter), "' is not one character"));
    const bool query = LooksLikeQuery(args.what) && Tokens(args.what).size() > 1;
    v1::QueryRequest request;
    BLASTY_ASSIGN_OR_RETURN(
        *request.mutable_statement(),
        MakeStatement(query ? args.what : StrCat("SELECT * FROM ", QuotedName(args.what)),
                      args.parameters));
    RowWriter writer(csv, args.file.ends_with(".tsv") ? '\t' : delimiter[0], !args.no_header);
    BLASTY_RETURN_IF_ERROR(writer.Open(args.file, args.force));
    const int64_t started = SystemClock().MonotonicMicros();
    uint64_t rows = 0;
    Status failed;
    Result<v1::QuerySummary> summary = v1::QuerySummary();
    {
        Progress progress(0, "rows");
        summary = sql.Query(request, [&](v1::QueryResponse& response) {
            if (response.columns_size() > 0) failed = writer.Columns(response);
            for (const v1::Row& row : response.rows()) {
                if (failed.ok()) failed = writer.Add(row);
                if (args.file != "-") progress.Update(0, ++rows);
            }
            return failed.ok() && !writer.reader_gone();
        });
    }
    BLASTY_RETURN_IF_ERROR(failed);
    if (writer.reader_gone()) return OkStatus();
    BLASTY_RETURN_IF_ERROR(summary.status());
    BLASTY_RETURN_IF_ERROR(writer.Commit());
    if (!args.quiet && args.file != "-")
        Note(StrCat(Printable(args.file), ": ", server::Counted(summary->rows(), "row"), ", ",
                    server::FormatBytes(writer.bytes()), " in ",
                    server::FormatDuration(SystemClock().MonotonicMicros() - started),
                    ", as of sequence ", summary->sequence()));
    return OkStatus();
}

int RunExport(const ExportArgs& args, const Session& session) {
    std::atomic<client::Sql*> running = nullptr;
    const Interrupts interrupts([&running] {
        if (client::Sql* const sql = running.load()) sql->Cancel();
    });
    client::Client client(session.client_options());
    client::Sql sql(client);
    running.store(&sql);
    if (interrupts.interrupted()) sql.Cancel();
    const Status status = Export(args, session, sql);
    running.store(nullptr);
    return PrintError(status);
}

}  // namespace

void AddExport(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("export", "write a table or a result as CSV or NDJSON");
    auto args = std::make_shared<ExportArgs>();
    command->add_option("what", args->what, "name of a table, or a SELECT")
        ->required()
        ->type_name("");
    command->add_option("file", args->file, "the file [- standard output]")->type_name("");
    command->add_option("--format", args->format, "csv or ndjson [by the file's name, else csv]")
        ->type_name("F")
        ->check(CLI::IsMember({"csv", "ndjson"}));
    command->add_option("--param", args->parameters, "of the SELECT, as of `blasty sql`")
        ->type_name("V")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_option("--delimiter", args->delimiter, "between fields [, or tab in .tsv]")
        ->type_name("C");
    command->add_flag("--no-header", args->no_header, "no line with the names of the columns");
    command->add_flag("--force", args->force, "replace a file that is there");
    command->add_flag("-q,--quiet", args->quiet, "no summary on standard error");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty export users users.csv", "blasty export users --format ndjson",
                           "blasty export 'SELECT name FROM users WHERE age > 30' - > names.csv",
                           "", "The rows are those of one moment. A file appears once it is whole.",
                           "NULL is nothing in CSV, the empty text \"\", a BLOB x'00ff'."});
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunExport(*args, session); }; });
}

}  // namespace blasty::cli
