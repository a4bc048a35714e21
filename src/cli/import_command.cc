#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "base/strings.h"
#include "cli/bad_lines.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/import_plan.h"
#include "cli/import_sender.h"
#include "cli/import_source.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table_schema.h"
#include "client/sql.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
constexpr uint64_t kBatchRowsMax = 100'000;

struct ImportArgs {
    std::string table, file, format, delimiter, columns, keys, on_error = "stop";
    std::vector<std::string> types;
    bool create = false, replace = false, ignore = false, no_header = false, quiet = false;
    uint64_t batch = 1000, from_line = 0;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

// The names of "a,b,c".
std::vector<std::string> NamesIn(const std::string& list) {
    std::vector<std::string> out;
    for (size_t at = 0; at < list.size();) {
        const size_t comma = std::min(list.find(',', at), list.size());
        out.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return out;
}

Result<ImportSourceOptions> SourceOptions(const ImportArgs& args) {
    ImportSourceOptions options;
    options.path = args.file;
    options.header = !args.no_header;
    options.columns = NamesIn(args.columns);
    const auto ends = [&args](std::string_view end) { return args.file.ends_with(end); };
    std::string format = args.format;
    if (format.empty() && (ends(".csv") || ends(".tsv"))) format = "csv";
    if (format.empty() && (ends(".ndjson") || ends(".jsonl") || ends(".json"))) format = "ndjson";
    if (format.empty())
        return Usage(StrCat("the name '", Printable(args.file),
                            "' does not tell what is in it; say --format csv or --format ndjson"));
    options.format = format == "csv" ? ImportFormat::kCsv : ImportFormat::kNdjson;
    std::string delimiter = args.delimiter;
    if (delimiter.empty()) delimiter = ends(".tsv") ? "\t" : ",";
    if (delimiter == "\\t" || delimiter == "tab") delimiter = "\t";
    if (delimiter.size() != 1 || delimiter == "\"" || delimiter == "\n")
        return Usage(
            StrCat("--delimiter '", Printable(args.delimiter), "' is not one character (or tab)"));
    options.delimiter = delimiter[0];
    return options;
}

// One `blasty import`.
class Import {
  public:
    Import(const ImportArgs& args, const Session& session, const std::atomic<bool>& stop)
        : args_(args),
          json_(session.json),
          stop_(stop),
          client_(session.client_options()),
          sql_(client_) {}

    Status Run();

  private:
    Result<ImportPlan> Prepare();
    Result<ImportPlan> Create();
    Status Rows(ImportPlan& plan);
    Status TakeRow(ImportPlan& plan, ImportRow& row);
    Status SendBatch();
    void Summary(int64_t elapsed_us) const;

    const ImportArgs& args_;
    const bool json_;
    const std::atomic<bool>& stop_;
    client::Client client_;
    client::Sql sql_;
    ImportSourceOptions source_options_;
    std::unique_ptr<ImportSource> source_;
    InferredTable inferred_;
    BadLines bad_;
    uint64_t bad_here_ = 0, read_ = 0, last_line_ = 0;
    std::vector<ImportItem> batch_;
    size_t batch_bytes_ = 0;
    std::unique_ptr<ImportSender> sender_;
};

OnConflict ConflictOf(const ImportArgs& args) {
    return args.replace  ? OnConflict::kReplace
           : args.ignore ? OnConflict::kIgnore
                         : OnConflict::kFail;
}

// "zip=TEXT" of each --type.
Result<std::vector<std::pair<std::string, std::string>>> TypesOf(const ImportArgs& args) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& word : args.types) {
        const size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return Usage(StrCat("--type '", Printable(word), "' is not NAME=TYPE"));
        out.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    return out;
}

Result<ImportPlan> Import::Create() {
    InferOptions infer;
    BLASTY_ASSIGN_OR_RETURN(infer.types, TypesOf(args_));
    const bool once = args_.file == "-";
    infer.keep = once;
    infer.written = source_options_.format == ImportFormat::kCsv;
    BLASTY_ASSIGN_OR_RETURN(source_, ImportSource::Open(source_options_, stop_));
    BLASTY_ASSIGN_OR_RETURN(inferred_, InferTable(*source_, infer));
    if (!once) {
        BLASTY_ASSIGN_OR_RETURN(source_, ImportSource::Open(source_options_, stop_));
    }
    if (stop_.load()) return MakeError(StatusCode::kCancelled, "CANCELLED", "interrupted");
    if (inferred_.columns.empty()) return Usage("the file has no columns to make a table of");
    const std::vector<std::string> keys = NamesIn(args_.keys);
    for (const std::string& key : keys) {
        bool known = false;
        for (const NewColumn& column : inferred_.columns) known |= SameName(column.name, key);
        if (!known)
            return MakeError(StatusCode::kInvalidArgument, "UNKNOWN_COLUMN",
                             StrCat("--key ", Printable(key), ": the file has no such column"));
    }
    v1::Statement create;
    create.set_sql(CreateTableSql(args_.table, inferred_.columns, keys));
    if (!args_.quiet) Note(create.sql());
    BLASTY_RETURN_IF_ERROR(sql_.Execute(create).status());
    ImportPlan plan(args_.table, inferred_.columns, ConflictOf(args_));
    if (infer.written) plan.CheckInferred();
    return plan;
}

Result<ImportPlan> Import::Prepare() {
    BLASTY_ASSIGN_OR_RETURN(source_options_, SourceOptions(args_));
    BLASTY_ASSIGN_OR_RETURN(const v1::GetSchemaResponse schema, sql_.GetSchema());
    const auto* const table = FindTable(schema, args_.table);
    if (table != nullptr && args_.create)
        return MakeError(StatusCode::kAlreadyExists, "TABLE_EXISTS",
                         StrCat("table ", Printable(args_.table),
                                " exists; leave --create away to add rows to it"));
    if (args_.create) return Create();
    if (table == nullptr) {
        const Status status = TableNotFound(schema, args_.table);
        return MakeError(status.code(), ReasonOf(status),
                         StrCat(MessageOf(status), "; --create makes it from the file"));
    }
    if (!args_.keys.empty() || !args_.types.empty())
        return Usage("--key and --type are for a new table: --create");
    std::vector<NewColumn> columns;
    for (const v1::Column& column : table->columns()) {
        columns.push_back({column.name(), column.declared_type()});
        source_options_.fallback.push_back(column.name());
    }
    BLASTY_ASSIGN_OR_RETURN(source_, ImportSource::Open(source_options_, stop_));
    ImportPlan plan(table->name(), std::move(columns), ConflictOf(args_));
    BLASTY_RETURN_IF_ERROR(plan.CheckColumns(source_->columns()));
    return plan;
}

Status Import::SendBatch() {
    batch_bytes_ = 0;
    return sender_->Send(std::exchange(batch_, {}));
}

Status Import::TakeRow(ImportPlan& plan, ImportRow& row) {
    ++read_;
    if (row.line < args_.from_line) return OkStatus();
    ImportItem item;
    item.line = row.line;
    if (bad_.keeps_text() && row.problem.empty()) item.text = source_->TextOf(row);
    if (row.problem.empty()) item.statement = plan.StatementOf(source_->columns(), row);
    if (!row.problem.empty()) {
        // Those before it first: what is told of them comes in order, and `stop` leaves them in.
        BLASTY_RETURN_IF_ERROR(SendBatch());
        BLASTY_RETURN_IF_ERROR(sender_->Finish());
        ++bad_here_;
        BLASTY_RETURN_IF_ERROR(
            bad_.Take(row.line, row.text.empty() ? item.text : row.text,
                      MakeError(StatusCode::kInvalidArgument, "BAD_LINE", row.problem)));
        last_line_ = row.line;
        return OkStatus();
    }
    batch_bytes_ += item.statement.ByteSizeLong() + item.text.size();
    batch_.push_back(std::move(item));
    return batch_.size() >= args_.batch || batch_bytes_ >= kBatchBytes ? SendBatch() : OkStatus();
}

Status Import::Rows(ImportPlan& plan) {
    Progress progress(source_->bytes_total(), "rows");
    for (ImportRow& row : inferred_.kept) {
        if (stop_.load()) return OkStatus();
        BLASTY_RETURN_IF_ERROR(TakeRow(plan, row));
        row = {};
    }
    ImportRow row;
    while (!inferred_.ended || args_.file != "-") {
        if (stop_.load() || !source_->Next(&row)) break;
        BLASTY_RETURN_IF_ERROR(TakeRow(plan, row));
        progress.Update(source_->bytes_read(), read_);
    }
    BLASTY_RETURN_IF_ERROR(source_->status());
    BLASTY_RETURN_IF_ERROR(SendBatch());
    return sender_->Finish();
}

void Import::Summary(int64_t elapsed_us) const {
    const ImportCounts& counts = sender_->counts();
    const uint64_t bad = counts.bad + bad_here_;
    const double seconds = static_cast<double>(std::max<int64_t>(elapsed_us, 1)) / 1e6;
    Output out;
    if (json_) {
        out.Line(server::JsonObject()
                     .AddBytes("table", args_.table)
                     .Add("rows", counts.rows)
                     .Add("ignored", counts.ignored)
                     .Add("bad", bad)
                     .Add("sequence", counts.sequence)
                     .Add("bytes", source_->bytes_read())
                     .Add("seconds", seconds)
                     .Add("interrupted", stop_.load())
                     .Take());
    } else if (!args_.quiet) {
        const auto rate = static_cast<uint64_t>(static_cast<double>(counts.rows) / seconds);
        out.Line(StrCat(Printable(args_.table), ": ", server::Counted(counts.rows, "row"),
                        " imported, ", server::FormatBytes(source_->bytes_read()), " in ",
                        server::FormatDuration(elapsed_us), " (", server::FormatCount(rate), "/s)",
                        counts.ignored > 0
                            ? StrCat(", ", server::FormatCount(counts.ignored), " were there")
                            : "",
                        bad > 0 ? StrCat(", ", server::Counted(bad, "bad line")) : "",
                        stop_.load() ? ", interrupted" : ""));
    }
}

Status Import::Run() {
    BLASTY_RETURN_IF_ERROR(bad_.Open(args_.on_error));
    BLASTY_ASSIGN_OR_RETURN(ImportPlan plan, Prepare());
    sender_ = std::make_unique<ImportSender>(sql_, StrCat("import-", RandomHex(8)),
                                             [this](const ImportItem& item, const Status& why) {
                                                 return bad_.Take(item.line, item.text, why);
                                             });
    const int64_t started = SystemClock().MonotonicMicros();
    Status status = Rows(plan);
    const Status last = sender_->Finish();
    if (status.ok()) status = last;
    Summary(SystemClock().MonotonicMicros() - started);
    const uint64_t done = std::max(sender_->counts().last_line, last_line_);
    if (!args_.quiet && (stop_.load() || !status.ok()) && args_.file != "-" && done > 0)
        Note(StrCat("everything up to line ", done, " is done; go on with --from-line ", done + 1));
    return status;
}

int RunImport(const ImportArgs& args, const Session& session) {
    if (args.replace && args.ignore)
        return PrintError(Usage("give either --replace or --ignore, not both"));
    if (args.batch > kBatchRowsMax)
        return PrintError(Usage(StrCat("--batch ", args.batch, " is more than ", kBatchRowsMax)));
    std::atomic<bool> stop = false;
    const Interrupts interrupts([&stop] { stop.store(true); });
    Status status = Import(args, session, stop).Run();
    if (stop.load() && ReasonOf(status) == "CANCELLED") status = OkStatus();
    return PrintError(status);
}

}  // namespace

void AddImport(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("import", "put a CSV or NDJSON file into a table");
    auto args = std::make_shared<ImportArgs>();
    command->add_option("table", args->table, "name of the table")->required()->type_name("");
    command->add_option("file", args->file, "the file, - standard input")
        ->required()
        ->type_name("");
    command->add_option("--format", args->format, "csv or ndjson [by the file's name]")
        ->type_name("F")
        ->check(CLI::IsMember({"csv", "ndjson"}));
    command->add_flag("--create", args->create, "make the table from what is in the file");
    command->add_option("--key", args->keys, "with --create: primary key [id]")
        ->type_name("COL,COL");
    command->add_option("--type", args->types, "with --create: type of a column: zip=TEXT")
        ->type_name("COL=T")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_option("--columns", args->columns, "names of the file's columns, - leaves out")
        ->type_name("COL,COL");
    command->add_flag("--no-header", args->no_header, "the first line of a CSV file is a row");
    command->add_option("--delimiter", args->delimiter, "between fields [, or tab in .tsv]")
        ->type_name("C");
    command->add_option("--on-error", args->on_error, "stop, skip or file=PATH [stop]")
        ->type_name("HOW");
    command->add_flag("--replace", args->replace, "rows with the same key are replaced");
    command->add_flag("--ignore", args->ignore, "rows with the same key are left as they are");
    AddCountOption(*command, "--batch", args->batch, "rows in one commit [1000]");
    AddCountOption(*command, "--from-line", args->from_line, "begin at this line of the file");
    command->add_flag("-q,--quiet", args->quiet, "no summary and no notes");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty import users users.csv --create --key id",
                           "blasty import packages packages.jsonl --create --key name",
                           "blasty import users - --format ndjson --replace < more.ndjson",
                           "blasty import users old.csv --on-error file=bad.ndjson", "",
                           "In CSV nothing is NULL and \"\" the empty text. Arrays and objects of",
                           "NDJSON become JSON text. A column gets a number type only when every",
                           "value is a plain number: 007 and +1 make it TEXT."});
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunImport(*args, session); }; });
}

}  // namespace blasty::cli
