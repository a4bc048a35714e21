#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/sql_parameters.h"
#include "cli/value_text.h"
#include "cli/watch.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct WatchArgs {
    std::string statement, resume, coalesce;
    std::vector<std::string> parameters;
    uint64_t count = 0, rate = 0, at_least = 0;
    bool old_values = false, no_snapshot = false, progress = false, lines = false, quiet = false;
};

// The command as it was, for the token to be put behind.
std::string Again(const WatchArgs& args, const Session& session) {
    std::string out = StrCat("blasty watch ", ShellWord(args.statement));
    for (const std::string& parameter : args.parameters)
        StrAppend(out, " --param ", ShellWord(parameter));
    if (!args.coalesce.empty()) StrAppend(out, " --coalesce ", ShellWord(args.coalesce));
    if (args.rate > 0) StrAppend(out, " --rate ", args.rate);
    if (args.old_values) out += " --old";
    if (session.json) out += " --json";
    if (session.server != client::ClientOptions().server)
        StrAppend(out, " --server ", ShellWord(session.server));
    return out;
}

Result<WatchOptions> MakeOptions(const WatchArgs& args, const Session& session) {
    WatchOptions options;
    BLASTY_ASSIGN_OR_RETURN(*options.request.mutable_query(),
                            MakeStatement(args.statement, args.parameters));
    options.request.set_resume(args.resume);
    options.request.set_old_values(args.old_values);
    options.request.set_at_least(args.at_least);
    if (args.rate > UINT32_MAX)
        return MakeError(StatusCode::kInvalidArgument, "USAGE",
                         StrCat("--rate ", args.rate, " is more than ", UINT32_MAX));
    options.request.set_rate_max(static_cast<uint32_t>(args.rate));
    if (!args.coalesce.empty()) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t interval, server::ParseDuration(args.coalesce));
        options.request.set_coalesce_us(interval);
    }
    // A table needs all of the result: after resuming only what changed since is known.
    options.screen = CanDrawScreen() && !session.json && !args.lines && args.resume.empty();
    options.request.set_progress(options.screen || args.progress);
    options.json = session.json;
    options.snapshot = !args.no_snapshot;
    options.count = args.count;
    options.quiet = args.quiet;
    options.again = Again(args, session);
    return options;
}

int RunWatch(const WatchArgs& args, const Session& session) {
    Result<WatchOptions> options = MakeOptions(args, session);
    if (!options.ok()) return PrintError(options.status());
    return WatchUntilStopped(session, *std::move(options));
}

}  // namespace

void AddWatch(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("watch", "follow the result of a SELECT as it changes");
    auto args = std::make_shared<WatchArgs>();
    command->add_option("statement", args->statement, "the SELECT")->required()->type_name("");
    command->add_option("--param", args->parameters, "of the statement, once for each; see below")
        ->type_name("V")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_option("--resume", args->resume, "go on behind the event with this token")
        ->type_name("TOKEN");
    command->add_flag("--old", args->old_values, "old values too, with change and leave");
    command->add_option("--coalesce", args->coalesce, "at most one update a row in this time")
        ->type_name("TIME");
    AddCountOption(*command, "--rate", args->rate, "commits a second, at most");
    AddCountOption(*command, "--count", args->count, "stop after so many enters, changes, leaves");
    AddCountOption(*command, "--at-least", args->at_least, "begin at this sequence or later");
    command->add_flag("--no-snapshot", args->no_snapshot, "do not print the rows that are there");
    command->add_flag("--progress", args->progress, "print a line a second when nothing happens");
    command->add_flag("--lines", args->lines, "one line an event on a terminal, too");
    command->add_flag("-q,--quiet", args->quiet, "no notes on standard error");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    std::vector<std::string> examples = {
        "blasty watch \"SELECT * FROM users WHERE firstname = 'ged'\"",
        "blasty watch 'SELECT * FROM orders WHERE total > ?' --param 100 --json",
        "blasty watch 'SELECT count(*) FROM users' --coalesce 1s",
        "blasty watch 'SELECT * FROM users' --json --resume main:17"};
    examples.insert(examples.end(), kParameterHelp.begin(), kParameterHelp.end());
    AddExamples(*command, examples);
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunWatch(*args, session); }; });
}

}  // namespace blasty::cli
