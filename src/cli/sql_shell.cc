#include "cli/sql_shell.h"

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/line_editor.h"
#include "cli/output.h"
#include "cli/sql_commands.h"
#include "cli/sql_text.h"
#include "cli/sql_words.h"
#include "cli/stopper.h"
#include "server/server.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr int64_t kSchemaAgeUs = 2'000'000;

class Shell {
  public:
    Shell(SqlRunOptions options, const Session& session)
        : session_(session),
          interrupts_(Interrupts::ForShell([this] { stopper_.Stop(); })),
          client_(session.client_options()),
          runner_(client_, std::move(options)),
          editor_(HistoryFile(), [this](std::string_view before) { return Complete(before); }),
          commands_(client_, runner_, stopper_, [this] { editor_.Cancel(); }) {}

    int Run();

  private:
    std::vector<std::string> Complete(std::string_view before);
    bool RefreshSchema();
    // False: leave.
    bool TakeLine(const std::string& line);
    // False: leave.
    bool RunOne(const std::string& text);

    const Session& session_;
    Stopper stopper_;
    std::unique_ptr<Interrupts> interrupts_;  // before every thread
    client::Client client_;
    SqlRunner runner_;
    LineEditor editor_;
    SqlCommands commands_;
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

bool Shell::RunOne(const std::string& text) {
    schema_us_ = LooksLikeQuery(text) ? schema_us_ : 0;
    if (!text.starts_with('.')) {
        PrintError(commands_.RunStatement(text));
        return true;
    }
    const Result<bool> more = commands_.Run(text);
    if (!more.ok()) PrintError(more.status());
    return !more.ok() || *more;
}

// What people type before they know of the dots.
std::string AsCommand(const std::string& line) {
    for (const std::string_view word : {"help", "quit", "exit"})
        if (line == word || line == StrCat(word, ";")) return StrCat(".", word);
    return line;
}

bool Shell::TakeLine(const std::string& line) {
    begun_ += line;
    SqlScript script = SplitStatements(begun_);
    const bool one_line = begun_.find("--") == std::string::npos;
    if (!one_line) {
        editor_.Remember(line);
    } else if (script.rest.empty() && !IsBlank(begun_)) {
        std::string entry = begun_;
        for (char& c : entry)
            if (c == '\n') c = ' ';
        while (entry.ends_with(' ')) entry.pop_back();
        editor_.Remember(entry);
    }
    begun_ = std::move(script.rest);
    for (const std::string& each : script.statements)
        if (!RunOne(each)) return false;
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
        if (begun_.empty()) line = AsCommand(line);
        if (!TakeLine(line + "\n") || !OutputStatus().ok()) break;
    }
    stopper_.Set(nullptr);
    return kOk;
}

}  // namespace

int RunShell(SqlRunOptions options, const Session& session) {
    return Shell(std::move(options), session).Run();
}

}  // namespace blasty::cli
