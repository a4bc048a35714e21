#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/explain.h"
#include "cli/output.h"
#include "cli/sql_parameters.h"
#include "client/live.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct ExplainArgs {
    std::string statement;
    std::vector<std::string> parameters;
};

template <typename Texts>
std::string JsonTexts(const Texts& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        if (out.size() > 1) out += ',';
        server::AppendJsonString(out, text);
    }
    return out += ']';
}

std::string AsJson(const v1::ExplainResponse& answer) {
    std::string accesses = "[";
    for (const auto& access : answer.accesses())
        StrAppend(accesses, accesses.size() > 1 ? "," : "",
                  server::JsonObject()
                      .AddBytes("table", access.table())
                      .AddRaw("terms", JsonTexts(access.terms()))
                      .Add("indexed", access.indexed())
                      .Take());
    return server::JsonObject()
        .AddBytes("class", answer.query_class())
        .AddBytes("why", answer.why())
        .AddRaw("tables", JsonTexts(answer.tables()))
        .AddBytes("key", answer.key())
        .AddRaw("accesses", accesses + "]")
        .AddBytes("cost", answer.cost())
        .Add("sharing", answer.sharing())
        .Take();
}

template <typename Texts>
std::string Joined(const Texts& texts, std::string_view between) {
    std::string out;
    for (const std::string& text : texts)
        StrAppend(out, out.empty() ? "" : between, Printable(text, 400));
    return out;
}

std::string AsText(const v1::ExplainResponse& answer, bool colour) {
    std::string out;
    const auto row = [&out](std::string_view name, std::string_view text) {
        if (!text.empty())
            StrAppend(out, name, std::string(name.size() < 9 ? 9 - name.size() : 1, ' '), text,
                      "\n");
    };
    row("class", Paint(colour, Colour::kBold, answer.query_class()));
    row("why", Printable(answer.why(), 2000));
    row("tables", Joined(answer.tables(), ", "));
    row("key", Printable(answer.key(), 400));
    for (const auto& access : answer.accesses()) {
        const std::string how =
            access.indexed() ? Paint(colour, Colour::kGreen, "indexed by ")
                             : Paint(colour, Colour::kYellow, "not indexed, evaluated each change");
        const std::string terms = Joined(access.terms(), " AND ");
        row("match", StrCat(Printable(access.table()), ": ", how,
                            access.indexed() || terms.empty() ? "" : ": ", terms));
    }
    row("cost", Printable(answer.cost(), 2000));
    row("sharing", answer.sharing() == 0
                       ? "nobody else has this subscription"
                       : StrCat(server::Counted(answer.sharing(), "subscription"),
                                " with the same text and parameters: evaluated once for all"));
    return out;
}

int RunExplain(const ExplainArgs& args, const Session& session) {
    const Result<v1::Statement> statement = MakeStatement(args.statement, args.parameters);
    if (!statement.ok()) return PrintError(statement.status());
    client::Client client(session.client_options());
    return PrintError(PrintExplanation(client, *statement, session.json));
}

}  // namespace

Status PrintExplanation(client::Client& client, const v1::Statement& statement, bool json) {
    client::LiveClient live(client);
    BLASTY_ASSIGN_OR_RETURN(const v1::ExplainResponse answer, live.Explain(statement));
    Output out;
    if (json) {
        out.Line(AsJson(answer));
    } else {
        out.Write(AsText(answer, WantsColour(1)));
    }
    return OkStatus();
}

void AddExplainLive(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("explain-live", "how a live query is followed, and what it costs");
    auto args = std::make_shared<ExplainArgs>();
    command->add_option("statement", args->statement, "the SELECT")->required()->type_name("");
    command->add_option("--param", args->parameters, "of the statement, as of `blasty watch`")
        ->type_name("V")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty explain-live \"SELECT * FROM users WHERE firstname = 'ged'\"",
                           "blasty explain-live 'SELECT * FROM users WHERE age > ?' --param 30", "",
                           "class is filter, join, aggregate, top-k (followed change by change) or",
                           "re-evaluated (run again when a change concerns it)."});
    command->callback([args, &session] {
        session.run = [args, &session] { return RunExplain(*args, session); };
    });
}

}  // namespace blasty::cli
