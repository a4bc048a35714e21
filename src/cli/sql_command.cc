#include <unistd.h>

#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/sql_commands.h"
#include "cli/sql_parameters.h"
#include "cli/sql_runner.h"
#include "cli/sql_shell.h"
#include "cli/sql_text.h"
#include "cli/standard_streams.h"
#include "cli/stopper.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct SqlArgs {
    std::string statement, file, id, timeout;
    std::vector<std::string> parameters;
    uint64_t at_least = 0;
    bool csv = false, quiet = false, transaction = false;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

Result<SqlRunOptions> MakeOptions(const SqlArgs& args, const Session& session) {
    SqlRunOptions options;
    if (args.csv && session.json) return Usage("give either --csv or --json, not both");
    if (!args.statement.empty() && !args.file.empty())
        return Usage("give either a STATEMENT or --file, not both");
    options.format = session.json ? RowFormat::kJson
                     : args.csv   ? RowFormat::kCsv
                                  : RowFormat::kTable;
    options.quiet = args.quiet;
    options.id = args.id;
    options.at_least = args.at_least;
    if (!args.timeout.empty()) {
        BLASTY_ASSIGN_OR_RETURN(options.timeout_us, server::ParseDuration(args.timeout));
    }
    return options;
}

Result<std::string> ReadScript(const SqlArgs& args) {
    if (!args.statement.empty() && args.statement != "-") return args.statement;
    if (!args.file.empty() && args.file != "-") return ReadScriptFile(args.file);
    BLASTY_RETURN_IF_ERROR(CheckStandardInput(args.file.empty() ? "sql" : "--file"));
    return ReadStandardInput(kScriptBytesMax);
}

// One statement with parameters, or several in one commit.
Status RunStatements(const SqlArgs& args, const std::vector<std::string>& texts,
                     SqlRunner& runner) {
    std::vector<v1::Statement> statements;
    for (const std::string& text : texts) {
        if (text.starts_with('.'))
            return Usage(StrCat("--param and --transaction are for statements, not for ",
                                Printable(text, 100)));
        BLASTY_ASSIGN_OR_RETURN(v1::Statement statement, MakeStatement(text, args.parameters));
        statements.push_back(std::move(statement));
    }
    return args.transaction ? runner.RunTransaction(statements) : runner.Run(statements[0]);
}

Status RunScript(const SqlArgs& args, const std::string& script, client::Client& client,
                 SqlRunner& runner, Stopper& stopper) {
    SqlScript parts = SplitStatements(script);
    if (!parts.rest.empty()) parts.statements.push_back(parts.rest);
    if (parts.statements.empty())
        return Usage("there is no statement; give one: blasty sql 'SELECT 1'");
    const bool several = parts.statements.size() > 1;
    if (!args.parameters.empty() && several)
        return Usage("--param belongs to one statement; give them one at a time");
    if (!args.id.empty() && several && !args.transaction)
        return Usage("--id names one commit; use --transaction to make one of several statements");
    if (args.parameters.empty() && !args.transaction)
        return SqlCommands(client, runner, stopper).RunScript(script);
    stopper.Set([&runner] { runner.Cancel(); });
    const Status status = RunStatements(args, parts.statements, runner);
    stopper.Set(nullptr);
    return status;
}

int RunSql(const SqlArgs& args, const Session& session) {
    Result<SqlRunOptions> options = MakeOptions(args, session);
    if (!options.ok()) return PrintError(options.status());
    const bool shell = args.statement.empty() && args.file.empty() && isatty(STDIN_FILENO) == 1;
    if (shell) return RunShell(*std::move(options), session);
    Stopper stopper;
    const Interrupts interrupts([&stopper] { stopper.Stop(); });
    const Result<std::string> script = ReadScript(args);
    if (!script.ok()) return PrintError(script.status());
    client::Client client(session.client_options());
    SqlRunner runner(client, *std::move(options));
    if (interrupts.interrupted())
        return PrintError(MakeError(StatusCode::kCancelled, "CANCELLED", "interrupted"));
    return PrintError(RunScript(args, *script, client, runner, stopper));
}

}  // namespace

void AddSql(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("sql", "run SQL statements, or a shell for them");
    auto args = std::make_shared<SqlArgs>();
    command->add_option("statement", args->statement, "one or several with ; between; - reads them")
        ->type_name("");
    command->add_option("--file", args->file, "read statements from a file, - standard input")
        ->type_name("FILE");
    command->add_option("--param", args->parameters, "of the statement, once for each; see below")
        ->type_name("V")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_flag("--transaction", args->transaction, "all statements or none, one commit");
    command->add_flag("--csv", args->csv, "print CSV");
    AddCountOption(*command, "--at-least", args->at_least, "see everything up to this sequence");
    command->add_option("--id", args->id, "a write with an id happens once within 2 min")
        ->type_name("ID");
    command->add_option("--timeout", args->timeout, "give up after [the server's limit]")
        ->type_name("TIME");
    command->add_flag("-q,--quiet", args->quiet, "no summary on standard error");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    std::vector<std::string> examples = {
        "blasty sql                         a shell: .help inside",
        "blasty sql 'SELECT * FROM users WHERE age > ?' --param 30 --json",
        "blasty sql 'INSERT INTO users(name) VALUES (:name)' --param name=ged",
        "blasty sql --file schema.sql --transaction", "echo 'SELECT 1; SELECT 2' | blasty sql"};
    examples.insert(examples.end(), kParameterHelp.begin(), kParameterHelp.end());
    AddExamples(*command, examples);
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunSql(*args, session); }; });
}

}  // namespace blasty::cli
