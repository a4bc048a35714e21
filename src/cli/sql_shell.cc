#include "cli/sql_shell.h"

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "cli/column_types.h"
#include "cli/exit_codes.h"
#include "cli/explain.h"
#include "cli/interrupts.h"
#include "cli/line_editor.h"
#include "cli/output.h"
#include "cli/sql_parameters.h"
#include "cli/sql_text.h"
#include "cli/sql_words.h"
#include "cli/value_text.h"
#include "cli/watch.h"
#include "server/server.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr int64_t kSchemaAgeUs = 2'000'000;

// What Ctrl-C stops now.
class Stopper {
  public:
    // Replaces what was set before. The old one is not called after this returns.
    void Set(std::function<void()> stop) {
        MutexLock lock(mutex_);
        stop_ = std::move(stop);
    }
    // Under the lock on purpose: what is to be stopped must not go away meanwhile. Each only sets
    // flags and wakes.
    void Stop() {
        MutexLock lock(mutex_);
        if (stop_) stop_();
    }

  private:
    Mutex mutex_;
    std::function<void()> stop_ ABSL_GUARDED_BY(mutex_);
};

class Shell {
  public:
    Shell(SqlRunOptions options, const Session& session)
        : session_(session),
          interrupts_(Interrupts::ForShell([this] { stopper_.Stop(); })),
          client_(session.client_options()),
          runner_(client_, std::move(options)),
          editor_(HistoryFile(), [this](std::string_view before) { return Complete(before); }) {}

    int Run();

  private:
    std::vector<std::string> Complete(std::string_view before);
    bool RefreshSchema();
    void TakeLine(const std::string& line);
    void RunStatement(const std::string& text);
    // False: leave.
    bool Command(const std::string& line);
    void Tables();
    void Schema(const std::string& table);
    void Mode(const std::string& name);
    void WatchStatement(const std::string& sql);
    void Explain(const std::string& sql);
    static void Help();

    const Session& session_;
    Stopper stopper_;
    std::unique_ptr<Interrupts> interrupts_;  // before every thread
    client::Client client_;
    SqlRunner runner_;
    LineEditor editor_;
    v1::GetSchemaResponse schema_;
    int64_t schema_us_ = 0;
    std::string begun_;  // a statement without its ; yet
};

bool Shell::RefreshSchema() {
    Result<v1::GetSchemaResponse> schema = runner_.Schema();
    if (!schema.ok()) return false;
    schema_ = *std::move(schema);
    schema_us_ = SystemClock().MonotonicMicros();
    return true;
}

std::vector<std::string> Shell::Complete(std::string_view before) {
    if (SystemClock().MonotonicMicros() - schema_us_ > kSchemaAgeUs) RefreshSchema();
    return CompleteSql(StrCat(begun_, before), schema_);
}

void Shell::RunStatement(const std::string& text) {
    const Result<v1::Statement> statement = MakeStatement(text, {});
    if (!statement.ok()) {
        PrintError(statement.status());
        return;
    }
    stopper_.Set([this] { runner_.Cancel(); });
    const Status status = runner_.Run(*statement);
    stopper_.Set([this] { editor_.Cancel(); });
    PrintError(status);
    if (!LooksLikeQuery(text)) schema_us_ = 0;
}

void Shell::TakeLine(const std::string& line) {
    begun_ += line;
    SqlScript script = SplitStatements(begun_);
    const bool one_line = begun_.find("--") == std::string::npos;
    if (!one_line) {
        editor_.Remember(line);
    } else if (script.rest.empty() && !IsBlank(begun_)) {
        std::string entry = begun_;
        for (char& c : entry)
            if (c == '\n') c = ' ';
        editor_.Remember(entry);
    }
    begun_ = std::move(script.rest);
    for (const std::string& statement : script.statements) RunStatement(statement);
}

void Shell::Tables() {
    if (!RefreshSchema()) {
        PrintError(runner_.Schema().status());
        return;
    }
    Output out;
    for (const auto& object : schema_.objects())
        if (object.type() == "table" || object.type() == "view")
            out.Line(StrCat(object.name(), object.type() == "view" ? "  (view)" : ""));
    if (schema_.objects_size() == 0) out.Line("no tables yet");
}

void Shell::Schema(const std::string& table) {
    RefreshSchema();
    Output out;
    bool any = false;
    for (const auto& object : schema_.objects()) {
        if (!table.empty() && !SameName(object.name(), table) && !SameName(object.table(), table))
            continue;
        any = true;
        if (!object.sql().empty()) out.Line(object.sql() + ";");
    }
    if (!any) Note(table.empty() ? "no tables yet" : StrCat("no table ", Printable(table)));
}

void Shell::Mode(const std::string& name) {
    RowFormat& format = runner_.options().format;
    if (name == "table") {
        format = RowFormat::kTable;
    } else if (name == "json") {
        format = RowFormat::kJson;
    } else if (name == "csv") {
        format = RowFormat::kCsv;
    } else {
        Note(".mode is table, json or csv");
    }
}

void Shell::WatchStatement(const std::string& sql) {
    const Result<v1::Statement> statement = MakeStatement(sql, {});
    if (!statement.ok() || IsBlank(sql)) {
        Note("what? .watch SELECT …");
        return;
    }
    WatchOptions options;
    *options.request.mutable_query() = *statement;
    options.json = runner_.options().format == RowFormat::kJson;
    options.screen = !options.json && CanDrawScreen();
    options.request.set_progress(options.screen);
    Status status;
    {
        Watch watch(client_, std::move(options));
        stopper_.Set([&watch] { watch.Cancel(); });
        status = watch.Run();
        stopper_.Set([this] { editor_.Cancel(); });
    }
    PrintError(status);
}

void Shell::Explain(const std::string& sql) {
    const Result<v1::Statement> statement = MakeStatement(sql, {});
    if (!statement.ok() || IsBlank(sql)) {
        Note("what? .explain SELECT …");
        return;
    }
    PrintExplanation(client_, *statement, runner_.options().format == RowFormat::kJson);
}

void Shell::Help() {
    Table table({"COMMAND", ""});
    for (const DotCommand& command : kDotCommands)
        table.Add({StrCat(command.name, command.arguments.empty() ? "" : " ", command.arguments),
                   std::string(command.what)});
    table.Add({"SELECT …;", "any SQL; a statement ends with ; and may take several lines"});
    table.Add({"Ctrl-C", "stops the statement that runs, or drops what was typed"});
    Output().Write(table.Text());
}

bool Shell::Command(const std::string& line) {
    const size_t space = line.find_first_of(" \t");
    const std::string name = line.substr(0, space);
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    while (rest.starts_with(' ')) rest.erase(0, 1);
    while (rest.ends_with(' ') || rest.ends_with(';')) rest.pop_back();
    if (name == ".quit" || name == ".exit" || name == ".q") return false;
    if (name == ".tables") {
        Tables();
    } else if (name == ".schema") {
        Schema(rest);
    } else if (name == ".mode") {
        Mode(rest);
    } else if (name == ".watch") {
        WatchStatement(rest);
    } else if (name == ".explain") {
        Explain(rest);
    } else if (name == ".help") {
        Help();
    } else {
        std::vector<std::string> known;
        for (const DotCommand& command : kDotCommands) known.emplace_back(command.name);
        const std::string near = DidYouMean(name, known);
        Note(StrCat("there is no command ", Printable(name),
                    near.empty() ? "" : StrCat("; did you mean ", near, "?"),
                    " (.help lists all)"));
    }
    return true;
}

int Shell::Run() {
    const Result<v1::GetSchemaResponse> schema = runner_.Schema();
    if (!schema.ok()) return PrintError(schema.status());
    schema_ = *schema;
    const auto tables = static_cast<uint64_t>(
        std::count_if(schema_.objects().begin(), schema_.objects().end(),
                      [](const auto& object) { return object.type() == "table"; }));
    Output().Line(StrCat("Blasty ", server::kVersion, " at ", session_.server, ", ",
                         server::Counted(tables, "table"),
                         ". Statements end with ; and .help lists commands."));
    stopper_.Set([this] { editor_.Cancel(); });
    std::string line;
    while (true) {
        const LineEditor::Outcome outcome =
            editor_.Read(begun_.empty() ? "blasty> " : "   ...> ", &line);
        if (outcome == LineEditor::Outcome::kEnd) break;
        if (outcome == LineEditor::Outcome::kCancelled) {
            Output().Line("^C");
            begun_.clear();
            continue;
        }
        if (begun_.empty() && line.starts_with('.')) {
            editor_.Remember(line);
            if (!Command(line)) break;
        } else {
            TakeLine(line + "\n");
        }
        if (!OutputStatus().ok()) break;
    }
    stopper_.Set(nullptr);
    return kOk;
}

}  // namespace

int RunShell(SqlRunOptions options, const Session& session) {
    return Shell(std::move(options), session).Run();
}

}  // namespace blasty::cli
