#include <cstdlib>
#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "server/config.h"
#include "server/run_serve.h"

namespace blasty::cli {
namespace {

struct ServeArgs {
    std::string config;
    std::map<std::string, std::string> flags;
    bool unsafe = false, insecure = false, no_auto_create = false;
};

int RunCommand(const ServeArgs& args, const Session& session) {
    server::ConfigSources sources;
    sources.flags = args.flags;
    if (args.unsafe) sources.flags["unsafe"] = "true";
    if (args.insecure) sources.flags["insecure"] = "true";
    if (args.no_auto_create) sources.flags["auto_create_topics"] = "false";
    sources.file = args.config;
    sources.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    const Result<server::ServeOptions> options = server::LoadConfig(sources);
    if (!options.ok()) return PrintError(options.status());
    return PrintError(server::RunServe({.serve = *options, .json = session.json}));
}

}  // namespace

void AddServe(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("serve", "run a server until Ctrl-C");
    auto args = std::make_shared<ServeArgs>();
    const auto add = [&](const char* flag, const char* key, const char* type, const char* what) {
        command
            ->add_option_function<std::string>(
                flag,
                [args, key = std::string(key)](const std::string& v) { args->flags[key] = v; },
                what)
            ->type_name(type);
    };
    add("--data", "data", "DIR", "where everything is stored [blasty-data]");
    add("--grpc", "grpc", "ADDR", "address to listen on [127.0.0.1:6868]");
    command->add_option("--config", args->config, "TOML file with settings")
        ->type_name("FILE")
        ->envname("BLASTY_CONFIG");
    add("--message-bytes-max", "message_bytes_max", "SIZE", "largest message [8MiB]");
    command->add_flag("--no-auto-create-topics", args->no_auto_create,
                      "publishing to an unknown topic is an error");
    add("--dedup-window", "dedup_window", "TIME", "how long message ids are remembered [2m]");
    add("--stop-grace", "stop_grace", "TIME", "time for running calls at a stop [3s]");
    add("--topics-default-retention-age", "topics.default_retention_age", "TIME",
        "new topics keep messages so long [0: for ever]");
    add("--topics-default-retention-bytes", "topics.default_retention_bytes", "SIZE",
        "new topics keep so much [0: all]");
    add("--topics-default-retention-count", "topics.default_retention_count", "N",
        "new topics keep so many messages [0: all]");
    add("--log-segment-bytes", "log.segment_bytes", "SIZE", "size of a log file [64MiB]");
    add("--log-cache-bytes", "log.cache_bytes", "SIZE", "memory for newest messages [32MiB]");
    add("--tables-statement-timeout", "tables.statement_timeout", "TIME",
        "longest time of a statement [30s]");
    add("--tables-history-age", "tables.history_age", "TIME",
        "changes of tables can be read again so long [7d]");
    add("--tables-statement-memory", "tables.statement_memory", "SIZE",
        "memory for statements, all together [256MiB]");
    add("--tables-readers", "tables.readers", "N", "SELECTs that run at once [4]");
    add("--live-subscriptions-max", "live.subscriptions_max", "N",
        "live queries at once [2000000]");
    add("--live-result-rows-max", "live.result_rows_max", "N",
        "rows of a live query, no plain filter [100000]");
    add("--live-buffer-bytes", "live.buffer_bytes", "SIZE",
        "events of one that wait for its reader [1MiB]");
    add("--live-window-bytes", "live.window_bytes", "SIZE",
        "newest events kept for all live queries [64MiB]");
    command->add_flag("--insecure", args->insecure, "allow an address beyond this machine");
    command->add_flag("--unsafe", args->unsafe, "acknowledge before the disk has it");
    AddJsonOption(*command, session);
    AddExamples(*command,
                {"blasty serve", "blasty serve --data /var/lib/blasty --grpc 127.0.0.1:7000",
                 "blasty serve --config blasty.toml", "BLASTY_DATA=/srv/blasty blasty serve", "",
                 "Settings: flags over BLASTY_* variables over the file (docs/cli.md)."});
    command->callback([args, &session] {
        session.run = [args, &session] { return RunCommand(*args, session); };
    });
}

}  // namespace blasty::cli
