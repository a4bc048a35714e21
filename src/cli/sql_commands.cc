#include "cli/sql_commands.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cli/column_types.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/output.h"
#include "cli/sql_parameters.h"
#include "cli/sql_text.h"
#include "cli/sql_words.h"
#include "cli/value_text.h"
#include "cli/watch.h"
#include "io/file_system.h"

namespace blasty::cli {
namespace {

constexpr int kReadingMax = 8;  // scripts that read scripts

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

// The statement of `.watch SELECT …`.
Result<v1::Statement> StatementOf(const std::string& sql, std::string_view command) {
    if (IsBlank(sql)) return Usage(StrCat("which? ", command, " SELECT …"));
    return MakeStatement(sql, {});
}

// The path of `.read 'my script.sql'`.
std::string WithoutQuotes(const std::string& text) {
    const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                        (text.front() == '\'' || text.front() == '"');
    return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

Result<std::string> ReadScriptFile(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return Usage(StrCat("'", Printable(path), "' is a directory; name a file"));
    return io::ReadFile(io::PosixFileSystem(), path, kScriptBytesMax);
}

Status InPlace(const Status& status, size_t index, size_t count) {
    if (status.ok() || count == 1 || ReasonOf(status) == "SERVER_UNREACHABLE") return status;
    return Annotate(status, StrCat("statement ", index + 1, " of ", count));
}

Status SqlCommands::RunStatement(const std::string& text) {
    BLASTY_ASSIGN_OR_RETURN(const v1::Statement statement, MakeStatement(text, {}));
    stopper_.Set([this] { runner_.Cancel(); });
    const Status status = runner_.Run(statement);
    stopper_.Set(idle_);
    return status;
}

Status SqlCommands::RunScript(const std::string& text) {
    SqlScript script = SplitStatements(text);
    if (!script.rest.empty()) script.statements.push_back(std::move(script.rest));
    const size_t count = script.statements.size();
    const int stops = stopper_.count();
    for (size_t i = 0; i < count; ++i) {
        if (stopper_.count() != stops)
            return MakeError(StatusCode::kCancelled, "CANCELLED", "interrupted");
        const std::string& each = script.statements[i];
        if (!each.starts_with('.')) {
            BLASTY_RETURN_IF_ERROR(InPlace(RunStatement(each), i, count));
            continue;
        }
        const Result<bool> more = Run(each);
        if (!more.ok()) return InPlace(more.status(), i, count);
        if (!*more) break;
    }
    return OkStatus();
}

Status SqlCommands::Tables() {
    BLASTY_ASSIGN_OR_RETURN(const v1::GetSchemaResponse schema, runner_.Schema());
    Output out;
    bool any = false;
    for (const auto& object : schema.objects()) {
        if (object.type() != "table" && object.type() != "view") continue;
        out.Line(StrCat(object.name(), object.type() == "view" ? "  (view)" : ""));
        any = true;
    }
    if (!any) Note("no tables yet");
    return OkStatus();
}

Status SqlCommands::Schema(const std::string& table) {
    BLASTY_ASSIGN_OR_RETURN(const v1::GetSchemaResponse schema, runner_.Schema());
    Output out;
    bool any = false;
    for (const auto& object : schema.objects()) {
        if (!table.empty() && !SameName(object.name(), table) && !SameName(object.table(), table))
            continue;
        any = true;
        if (!object.sql().empty()) out.Line(object.sql() + ";");
    }
    if (!any && table.empty()) Note("no tables yet");
    if (any || table.empty()) return OkStatus();
    return MakeError(StatusCode::kNotFound, "TABLE_NOT_FOUND",
                     StrCat("there is no table '", Printable(table), "' (.tables lists them)"));
}

Status SqlCommands::Mode(const std::string& name) {
    RowFormat& format = runner_.options().format;
    if (name == "table") {
        format = RowFormat::kTable;
    } else if (name == "json") {
        format = RowFormat::kJson;
    } else if (name == "csv") {
        format = RowFormat::kCsv;
    } else {
        return Usage(".mode is table, json or csv");
    }
    return OkStatus();
}

Status SqlCommands::WatchStatement(const std::string& sql) {
    WatchOptions options;
    BLASTY_ASSIGN_OR_RETURN(*options.request.mutable_query(), StatementOf(sql, ".watch"));
    options.json = runner_.options().format == RowFormat::kJson;
    options.screen = !options.json && CanDrawScreen();
    options.request.set_progress(options.screen);
    Watch watch(client_, std::move(options));
    stopper_.Set([&watch] { watch.Cancel(); });
    const Status status = watch.Run();
    stopper_.Set(idle_);
    return status;
}

Status SqlCommands::Explain(const std::string& sql) {
    BLASTY_ASSIGN_OR_RETURN(const v1::Statement statement, StatementOf(sql, ".explain"));
    return PrintExplanation(client_, statement, runner_.options().format == RowFormat::kJson);
}

Status SqlCommands::Read(const std::string& path) {
    if (path.empty()) return Usage("which? .read FILE");
    if (reading_ >= kReadingMax)
        return Usage(StrCat(".read '", Printable(path), "': ", kReadingMax,
                            " scripts already read one another"));
    BLASTY_ASSIGN_OR_RETURN(const std::string text, ReadScriptFile(path));
    ++reading_;
    const Status status = RunScript(text);
    --reading_;
    return Annotate(status, Printable(path));
}

Status SqlCommands::Help() {
    Table table({"COMMAND", ""});
    for (const DotCommand& command : kDotCommands)
        table.Add({StrCat(command.name, command.arguments.empty() ? "" : " ", command.arguments),
                   std::string(command.what)});
    table.Add({"SELECT …;", "any SQL; a statement ends with ; and may take several lines"});
    table.Add({"Ctrl-C", "stops the statement that runs, or drops what was typed"});
    Output().Write(table.Text());
    return OkStatus();
}

Result<bool> SqlCommands::Run(const std::string& line) {
    const size_t space = line.find_first_of(" \t");
    std::string name = line.substr(0, space);
    while (name.ends_with(';')) name.pop_back();
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    while (rest.starts_with(' ')) rest.erase(0, 1);
    while (rest.ends_with(' ') || rest.ends_with(';')) rest.pop_back();
    if (name == ".quit" || name == ".exit" || name == ".q") return false;
    Status status;
    if (name == ".tables") {
        status = Tables();
    } else if (name == ".schema") {
        status = Schema(rest);
    } else if (name == ".mode") {
        status = Mode(rest);
    } else if (name == ".watch") {
        status = WatchStatement(rest);
    } else if (name == ".explain") {
        status = Explain(rest);
    } else if (name == ".read") {
        status = Read(WithoutQuotes(rest));
    } else if (name == ".help") {
        status = Help();
    } else {
        std::vector<std::string> known;
        for (const DotCommand& command : kDotCommands) known.emplace_back(command.name);
        const std::string near = DidYouMean(name, known);
        status = Usage(StrCat("there is no command ", Printable(name),
                              near.empty() ? "" : StrCat("; did you mean ", near, "?"),
                              " (.help lists all)"));
    }
    if (!status.ok()) return status;
    return true;
}

}  // namespace blasty::cli
