#include <algorithm>
#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/result_printer.h"
#include "cli/search_commands.h"
#include "cli/search_format.h"
#include "client/search.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct SearchArgs {
    std::shared_ptr<std::string> index = std::make_shared<std::string>();
    std::string query, collapse, timeout;
    std::vector<std::string> facets, chosen, sort, fields;
    uint32_t size = 10, from = 0;
    uint64_t fresh = 0;
    bool all_words = false, highlight = false, quiet = false;
};

Result<v1::SearchRequest> RequestOf(const SearchArgs& args, const Session& session) {
    if (args.index->empty()) {
        return MakeError(StatusCode::kInvalidArgument, "USAGE",
                         "name the index: blasty search packages_text 'red apple' "
                         "(blasty search indexes lists them)");
    }
    v1::SearchRequest request;
    request.set_index(*args.index);
    request.set_text(args.query);
    request.set_all_words(args.all_words);
    request.set_from(args.from);
    request.set_size(args.size);
    for (const std::string& key : args.sort) request.add_sort(key);
    for (const std::string& text : args.facets) {
        BLASTY_ASSIGN_OR_RETURN(*request.add_facets(), ParseFacet(text));
    }
    for (const std::string& text : args.chosen) BLASTY_RETURN_IF_ERROR(ChooseFacet(text, &request));
    request.set_collapse(args.collapse);
    for (const std::string& field : args.fields) request.add_fields(field);
    if (args.highlight)
        request.set_marks(session.json ? v1::SearchRequest::HTML : v1::SearchRequest::ANSI);
    request.set_fresh(args.fresh);
    if (!args.timeout.empty()) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t timeout, server::ParseDuration(args.timeout));
        request.set_timeout_us(timeout);
    }
    return request;
}

int RunSearch(const SearchArgs& args, const Session& session) {
    const Result<v1::SearchRequest> request = RequestOf(args, session);
    if (!request.ok()) return PrintError(request.status());
    client::Client client(session.client_options());
    const Result<v1::SearchResponse> response = client::Search(client).Find(*request);
    if (!response.ok()) return PrintError(response.status());
    Output out;
    if (session.json) {
        out.Write(SearchJson(*response));
        return kOk;
    }
    out.Write(
        SearchText(*request, *response, {.colour = WantsColour(1), .width = TerminalWidth(1)}));
    out.Flush();
    if (!args.quiet) Note(SearchSummary(*response));
    return kOk;
}

void AddOptions(CLI::App& command, SearchArgs& args) {
    command.add_option("index", *args.index, "name of the search index")->type_name("");
    command.add_option("query", args.query, "what to find; all rows without it")->type_name("");
    const auto list = [&command](const char* flag, std::vector<std::string>& values,
                                 const char* what, const char* type) {
        return command.add_option(flag, values, what)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    list("--facet", args.facets, "count values: FIELD, FIELD:N or ranges FIELD:..5,5..", "FIELD");
    list("--choose", args.chosen, "only this value of a facet, once for each", "FIELD=V");
    list("--sort", args.sort, "by fields, '-' downwards; _score, _id", "FIELDS")->delimiter(',');
    list("--fields", args.fields, "columns to print, '*' for all", "NAMES")->delimiter(',');
    command.add_option("--size", args.size, "hits, at most [10]")->type_name("N");
    command.add_option("--from", args.from, "leave out so many hits")->type_name("N");
    command.add_flag("--highlight", args.highlight, "print the text around what matches");
    command.add_flag("--all-words", args.all_words, "all words must be there, not one of them");
    command.add_option("--collapse", args.collapse, "one hit for each value of a field")
        ->type_name("FIELD");
    command.add_option("--fresh", args.fresh, "see everything up to this sequence")
        ->type_name("SEQ");
    command.add_option("--timeout", args.timeout, "give up after [10s]")->type_name("TIME");
    command.add_flag("-q,--quiet", args.quiet, "no summary on standard error");
}

}  // namespace

void AddSearch(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("search", "find rows by their words; search indexes");
    auto args = std::make_shared<SearchArgs>();
    AddOptions(*command, *args);
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(
        *command,
        {"blasty sql \"CREATE VIRTUAL TABLE packages_text USING search(packages,",
         "            name TEXT BOOST 3, description TEXT LANGUAGE english,",
         "            section FACET, size NUMERIC)\"     makes an index",
         "blasty search packages_text 'web server' --highlight --facet section",
         "blasty search packages_text '+web -proxy name:ngi*' --all-words",
         "blasty search packages_text editor --choose section=editors --size 20",
         "blasty search packages_text --sort -size --fields name,size", "blasty search indexes",
         "blasty search analyze --analyzer english 'running shoes'",
         "blasty search -- indexes    searches an index of that name", "",
         "Words, \"a phrase\", +must -not, field:word, pre*, misspelt~, n:[10 TO 20]:",
         "docs/search.md tells all. A query that begins with - goes after --."});
    command->callback([args, &session] {
        if (!session.run) session.run = [args, &session] { return RunSearch(*args, session); };
    });
    AddIndexCommands(*command, session, args->index);
}

}  // namespace blasty::cli
