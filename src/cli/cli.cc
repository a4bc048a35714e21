#include "cli/cli.h"

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "server/server.h"

namespace blasty::cli {
namespace {

void AddAll(CLI::App& app, Session& session) {
    AddDemo(app, session);
    AddServe(app, session);
    AddPub(app, session);
    AddSub(app, session);
    AddTopics(app, session);
    AddInboxes(app, session);
    AddSql(app, session);
    AddWatch(app, session);
    AddExplainLive(app, session);
    AddTables(app, session);
    AddChanges(app, session);
    AddSearch(app, session);
    AddImport(app, session);
    AddExport(app, session);
    AddBackup(app, session);
    AddRestore(app, session);
    AddStatus(app, session);
    AddBench(app, session);
    AddLog(app, session);
    AddCompletion(app, session);
    AddVersion(app, session);
}

// The command that was named but does not exist, with its parent's name; empty when fine.
std::string UnknownCommand(CLI::App& app, int argc, char** argv) {
    CLI::App* at = &app;
    std::string path = "blasty";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("-")) return "";
        const auto commands = at->get_subcommands([](CLI::App*) { return true; });
        if (commands.empty()) return "";
        std::vector<std::string> known;
        CLI::App* next = nullptr;
        for (CLI::App* command : commands) {
            known.push_back(command->get_name());
            if (command->check_name(word)) next = command;
        }
        if (next == nullptr) {
            // `backup FILE` beside `backup verify FILE`.
            if (!at->get_options([](const CLI::Option* o) { return o->get_positional(); }).empty())
                return "";
            const std::string near = DidYouMean(word, known);
            return StrCat("there is no command '", path, " ", Printable(word), "'",
                          near.empty() ? "" : StrCat("; did you mean '", path, " ", near, "'?"),
                          " (", path, " --help lists all)");
        }
        at = next;
        StrAppend(path, " ", word);
    }
    return "";
}

int ParseAndRun(CLI::App& app, Session& session, int argc, char** argv) {
    if (const std::string unknown = UnknownCommand(app, argc, argv); !unknown.empty()) {
        Note(StrCat(unknown, " [UNKNOWN_COMMAND]"));
        return kUsage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        Output().Write(app.help());
        return kOk;
    } catch (const CLI::CallForAllHelp&) {
        Output().Write(app.help("", CLI::AppFormatMode::All));
        return kOk;
    } catch (const CLI::CallForVersion&) {
        Output().Line(StrCat("blasty ", server::kVersion));
        return kOk;
    } catch (const CLI::ParseError& error) {
        const CLI::App* at = &app;
        std::string path = "blasty";
        while (!at->get_subcommands().empty()) {
            at = at->get_subcommands().front();
            StrAppend(path, " ", at->get_name());
        }
        Note(StrCat(error.what(), "; see ", path, " --help [USAGE]"));
        return kUsage;
    }
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    if (session.run) {
        if (at->get_option_no_throw("--server") != nullptr)
            if (const Status status = ResolveServer(session); !status.ok())
                return PrintError(status);
        return session.run();
    }
    // A command that only holds others, or none at all.
    Output().Write(app.help());
    return at == &app ? kOk : kUsage;
}

}  // namespace

int Run(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    Session session;
    CLI::App app("Blasty: a realtime data server. Topics, tables, and live queries on them.\n",
                 "blasty");
    app.get_formatter()->column_width(27);
    app.set_version_flag("--version", std::string(server::kVersion), "print the version");
    app.get_help_ptr()->description("print this help");
    AddServerOption(app, session);  // also before the command: `blasty --server ADDR status`
    AddAll(app, session);
    AddExamples(app, {"blasty demo                      see it work, nothing to set up",
                      "blasty serve                     start a server",
                      "blasty sub hello                 print what comes in",
                      "blasty pub hello 'first message' publish a message",
                      "blasty sql                       tables: a shell for SQL",
                      "blasty watch 'SELECT …'          follow a result as it changes",
                      "blasty search INDEX 'words'      find rows by their words", "",
                      "Every command has its own --help. The manual is docs/cli.md."});
    try {
        const int code = ParseAndRun(app, session, argc, argv);
        const Status written = OutputStatus();
        return code == kOk ? PrintError(written) : code;
    } catch (const std::exception& error) {
        Note(StrCat("unexpected: ", error.what(), " [INTERNAL]"));
        return kFailure;
    }
}

}  // namespace blasty::cli
