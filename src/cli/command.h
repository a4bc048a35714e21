// How the commands are put together: each Add function hangs one command into the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/status.h"
#include "blasty/v1/topics.pb.h"
#include "client/client.h"

namespace blasty::cli {

// What one run of the command line shares.
struct Session {
    // Of --server; ResolveServer fills in what was not given.
    std::string server;
    bool json = false;
    int exit_code = 0;
    // Set by the command that was named; run after everything was parsed.
    std::function<int()> run;

    client::ClientOptions client_options() const;
};

void AddServe(CLI::App& app, Session& session);
void AddPub(CLI::App& app, Session& session);
void AddSub(CLI::App& app, Session& session);
void AddTopics(CLI::App& app, Session& session);
void AddInboxes(CLI::App& app, Session& session);
void AddSql(CLI::App& app, Session& session);
void AddWatch(CLI::App& app, Session& session);
void AddExplainLive(CLI::App& app, Session& session);
void AddChanges(CLI::App& app, Session& session);
void AddTables(CLI::App& app, Session& session);
void AddSearch(CLI::App& app, Session& session);
void AddImport(CLI::App& app, Session& session);
void AddExport(CLI::App& app, Session& session);
void AddBackup(CLI::App& app, Session& session);
void AddRestore(CLI::App& app, Session& session);
void AddStatus(CLI::App& app, Session& session);
void AddBench(CLI::App& app, Session& session);
void AddDemo(CLI::App& app, Session& session);
void AddLog(CLI::App& app, Session& session);
void AddCompletion(CLI::App& app, Session& session);
void AddVersion(CLI::App& app, Session& session);

void AddServerOption(CLI::App& command, Session& session);
// --server, else BLASTY_SERVER, else the default. INVALID_ADDRESS.
Status ResolveServer(Session& session);
// Decimal digits and nothing else, up to 2^64 - 1.
std::optional<uint64_t> ParseNumber(std::string_view text);

// A number of things, 1 or more: refuses what is none, signs included.
void AddCountOption(CLI::App& command, const std::string& flag, uint64_t& count,
                    const std::string& what);
void AddJsonOption(CLI::App& command, Session& session);
// A command below `parent` that talks to the server: --server, --json, and what it does with the
// arguments, which its own options fill.
template <typename Args>
CLI::App* AddAction(CLI::App& parent, Session& session, const std::shared_ptr<Args>& args,
                    const char* name, const char* what,
                    std::type_identity_t<int (*)(const Args&, const Session&)> action) {
    CLI::App* command = parent.add_subcommand(name, what);
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    command->callback([args, &session, action] {
        session.run = [args, &session, action] { return action(*args, session); };
    });
    return command;
}
// The lines of "Examples:" below the help of a command.
void AddExamples(CLI::App& command, const std::vector<std::string>& lines);

// "oldest", "newest", a sequence, or a time (units.h).
Result<v1::Start> ParseStart(const std::string& text);

// The known word that `word` was probably meant to be; empty when none is near.
std::string DidYouMean(const std::string& word, const std::vector<std::string>& known);

}  // namespace blasty::cli
