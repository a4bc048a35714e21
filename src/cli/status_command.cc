#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "client/admin.h"
#include "server/json_text.h"
#include "server/server.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

using server::Counted;
using server::FormatBytes;
using server::FormatCount;

std::string AsJson(const v1::TablesInfo& info) {
    return server::JsonObject()
        .Add("tables", info.tables())
        .Add("applied_sequence", info.applied_sequence())
        .Add("durable_sequence", info.durable_sequence())
        .Add("history_from", info.history_from())
        .Add("commits", info.commits())
        .Add("requests", info.requests())
        .Add("failed", info.failed())
        .Add("duplicates", info.duplicates())
        .Add("rows_changed", info.rows_changed())
        .Add("queries", info.queries())
        .Add("rows_read", info.rows_read())
        .Add("wal_bytes", info.wal_bytes())
        .Add("checkpoints", info.checkpoints())
        .Take();
}

std::string AsJson(const v1::LiveInfo& info) {
    return server::JsonObject()
        .Add("subscriptions", info.subscriptions())
        .Add("feeds", info.feeds())
        .Add("filters", info.filters())
        .Add("joins", info.joins())
        .Add("aggregates", info.aggregates())
        .Add("top_ks", info.top_ks())
        .Add("reevaluated", info.reevaluated())
        .Add("templates", info.templates())
        .Add("residuals", info.residuals())
        .Add("window_bytes", info.window_bytes())
        .Add("position", info.position())
        .Add("changes", info.changes())
        .Add("candidates", info.candidates())
        .Add("evaluations", info.evaluations())
        .Add("residual_evaluations", info.residual_evaluations())
        .Add("increments", info.increments())
        .Add("reevaluations", info.reevaluations())
        .Add("events", info.events())
        .Add("resets", info.resets())
        .Add("fallbacks", info.fallbacks())
        .Take();
}

std::string AsJson(const v1::ServerInfo& info) {
    return server::JsonObject()
        .Add("version", std::string_view(info.version()))
        .Add("server_id", std::string_view(info.server_id()))
        .Add("healthy", info.healthy())
        .Add("health_reason", std::string_view(info.health_reason()))
        .Add("health_message", std::string_view(info.health_message()))
        .Add("unsafe", info.unsafe())
        .Add("started_us", info.started_us())
        .Add("now_us", info.now_us())
        .Add("data_directory", std::string_view(info.data_directory()))
        .Add("free_bytes", info.free_bytes())
        .Add("oldest_sequence", info.oldest_sequence())
        .Add("last_sequence", info.last_sequence())
        .Add("log_bytes", info.log_bytes())
        .Add("log_segments", info.log_segments())
        .Add("topics", info.topics())
        .Add("inboxes", info.inboxes())
        .Add("readers", info.readers())
        .Add("members", info.members())
        .Add("published", info.published())
        .Add("duplicates", info.duplicates())
        .Add("delivered", info.delivered())
        .Add("acked", info.acked())
        .Add("redelivered", info.redelivered())
        .Add("dead_letters", info.dead_letters())
        .Add("memory_bytes", info.memory_bytes())
        .Add("message_bytes_max", info.message_bytes_max())
        .AddRaw("tables", AsJson(info.tables()))
        .AddRaw("live", AsJson(info.live()))
        .Take();
}

std::string AsText(const v1::ServerInfo& info, const std::string& address, bool colour) {
    const std::string health = info.healthy()
                                   ? Paint(colour, Colour::kGreen, "healthy: can commit")
                                   : Paint(colour, Colour::kRed,
                                           StrCat("cannot commit: ", info.health_message(), " [",
                                                  info.health_reason(), "]"));
    std::string out = StrCat("Blasty ", info.version(), " at ", address, "\n\n");
    const auto row = [&out](std::string_view name, std::string_view text) {
        StrAppend(out, "  ", name, std::string(12 - name.size(), ' '), text, "\n");
    };
    row("health", health);
    if (info.unsafe()) row("unsafe", "messages are acknowledged before the disk has them");
    row("up for", server::FormatDuration(info.now_us() - info.started_us()));
    row("data", StrCat(info.data_directory(), ", ", FormatBytes(info.free_bytes()), " free"));
    row("log", StrCat("sequences ", info.oldest_sequence(), " to ", info.last_sequence(), ", ",
                      FormatBytes(info.log_bytes()), " in ", Counted(info.log_segments(), "file")));
    row("topics", FormatCount(info.topics()));
    row("inboxes", StrCat(FormatCount(info.inboxes()), " with ", Counted(info.members(), "member"),
                          " connected"));
    row("readers", FormatCount(info.readers()));
    row("tables",
        StrCat(FormatCount(info.tables().tables()), ", as of sequence ",
               info.tables().applied_sequence(), ", history from ", info.tables().history_from()));
    row("live", StrCat(Counted(info.live().subscriptions(), "subscription"), " to ",
                       Counted(info.live().feeds(), "distinct query", "distinct queries"), ", ",
                       FormatCount(info.live().residuals()), " not indexed"));
    row("memory", FormatBytes(info.memory_bytes()));
    StrAppend(out, "\nSince the start:\n\n");
    row("published",
        StrCat(FormatCount(info.published()), " and ", Counted(info.duplicates(), "duplicate")));
    row("delivered",
        StrCat(FormatCount(info.delivered()), ", again ", FormatCount(info.redelivered()),
               ", dead letters ", FormatCount(info.dead_letters())));
    row("acked", FormatCount(info.acked()));
    row("SQL", StrCat(Counted(info.tables().requests(), "write"), ", ",
                      Counted(info.tables().queries(), "query", "queries"), ", ",
                      Counted(info.tables().rows_changed(), "row"), " changed"));
    row("live",
        StrCat(Counted(info.live().events(), "event"), ", ",
               Counted(info.live().evaluations(), "evaluation"), ", ",
               Counted(info.live().increments(), "result updated in place",
                       "results updated in place"),
               ", ", Counted(info.live().reevaluations(), "query run again", "queries run again")));
    return out;
}

int RunStatus(const Session& session) {
    client::Client client(session.client_options());
    const Result<v1::ServerInfo> info = client::Admin(client).GetInfo();
    if (!info.ok()) return PrintError(info.status());
    Output out;
    if (session.json) {
        out.Line(AsJson(*info));
    } else {
        out.Write(AsText(*info, session.server, WantsColour(1)));
    }
    return info->healthy() ? kOk : kFailure;
}

}  // namespace

void AddStatus(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("status", "how the server does");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command,
                {"blasty status", "blasty status --json | jq .last_sequence", "",
                 "Exit code 0 when the server can commit, 1 when not, 4 without server."});
    command->callback([&session] { session.run = [&session] { return RunStatus(session); }; });
}

void AddVersion(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("version", "print the version");
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty version"});
    command->callback([&session] {
        session.run = [&session] {
            Output().Line(session.json
                              ? server::JsonObject().Add("version", server::kVersion).Take()
                              : StrCat("blasty ", server::kVersion));
            return static_cast<int>(kOk);
        };
    });
}

}  // namespace blasty::cli
