#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/search_commands.h"
#include "client/search.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct SuggestArgs {
    // What stood before the subcommand.
    std::shared_ptr<const std::string> before;
    std::string index, text;
    std::vector<std::string> fields;
    uint32_t size = 10;
    uint64_t fresh = 0;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

int RunSuggest(const SuggestArgs& args, const Session& session) {
    if (!args.before->empty()) {
        return PrintError(
            Usage(StrCat("'suggest' is a command here; to search for the word: blasty search -- ",
                         Printable(*args.before), " suggest")));
    }
    if (args.index.empty())
        return PrintError(Usage("name the index: blasty search suggest packages_text 'web ser'"));
    v1::SuggestRequest request;
    request.set_index(args.index);
    request.set_text(args.text);
    for (const std::string& field : args.fields) request.add_fields(field);
    request.set_size(args.size);
    request.set_fresh(args.fresh);
    client::Client client(session.client_options());
    const Result<v1::SuggestResponse> response = client::Search(client).Suggest(request);
    if (!response.ok()) return PrintError(response.status());
    Output out;
    Table table({"TEXT", "ROWS", "FIELD"}, "lrl");
    for (const v1::SuggestResponse::Suggestion& suggestion : response->suggestions()) {
        if (session.json) {
            out.Line(server::JsonObject()
                         .AddBytes("text", suggestion.text())
                         .AddBytes("term", suggestion.term())
                         .AddBytes("field", suggestion.field())
                         .Add("documents", suggestion.documents())
                         .Add("distance", suggestion.distance())
                         .Take());
        } else {
            table.Add({Printable(suggestion.text(), 400),
                       server::FormatCount(suggestion.documents()),
                       Printable(suggestion.field(), 200)});
        }
    }
    if (session.json) return kOk;
    if (response->suggestions_size() > 0)
        out.Write(table.Text());
    else
        Note("nothing in the index begins so");
    return kOk;
}

}  // namespace

void AddSuggest(CLI::App& search, Session& session,
                const std::shared_ptr<const std::string>& index) {
    auto args = std::make_shared<SuggestArgs>();
    args->before = index;
    CLI::App* command = AddAction(search, session, args, "suggest",
                                  "what the last word of a text may become", RunSuggest);
    command->add_option("index", args->index, "name of the search index")->type_name("");
    command->add_option("text", args->text, "what was typed so far")->type_name("");
    command->add_option("--fields", args->fields, "look only into these")
        ->delimiter(',')
        ->type_name("NAMES");
    command->add_option("--size", args->size, "suggestions, at most [10]")->type_name("N");
    command->add_option("--fresh", args->fresh, "see everything up to this sequence")
        ->type_name("SEQ");
    AddExamples(*command, {"blasty search suggest packages_text 'web ser'",
                           "blasty search suggest packages_text deb --fields section", "",
                           "Words with the most rows come first, misspelt ones last."});
}

}  // namespace blasty::cli
