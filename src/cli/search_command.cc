#include <algorithm>
#include <memory>
#include <optional>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/result_printer.h"
#include "cli/search_arguments.h"
#include "cli/search_commands.h"
#include "cli/search_format.h"
#include "cli/search_live.h"
#include "cli/value_text.h"
#include "client/search.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct SearchArgs {
    std::shared_ptr<std::string> index = std::make_shared<std::string>();
    std::string query, query_json, request_json, after, collapse, timeout;
    std::vector<std::string> facets, chosen, sort, fields;
    std::optional<uint32_t> size;
    uint32_t from = 0;
    uint64_t fresh = 0;
    bool all_words = false, as_you_type = false, explain = false;
    bool highlight = false, quiet = false;
    SearchLiveArgs live;
};

Status CheckIndex(const SearchArgs& args) {
    if (!args.index->empty()) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "USAGE",
                     "name the index: blasty search packages_text 'red apple' "
                     "(blasty search indexes lists them)");
}

Result<v1::SearchRequest> RequestOf(const SearchArgs& args, const Session& session) {
    BLASTY_RETURN_IF_ERROR(CheckIndex(args));
    v1::SearchRequest request;
    request.set_index(*args.index);
    if (args.query_json.empty()) {
        request.set_text(args.query);
        request.set_did_you_mean(!args.live.live);
    } else {
        request.set_json(args.query_json);
    }
    request.set_all_words(args.all_words);
    request.set_as_you_type(args.as_you_type);
    request.set_explain(args.explain);
    if (!args.after.empty()) BLASTY_RETURN_IF_ERROR(ParseAfter(args.after, &request));
    request.set_from(args.from);
    if (args.size || !args.live.all_matches) request.set_size(args.size.value_or(10));
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

// The command as it was.
std::string Again(const SearchArgs& args, const Session& session) {
    std::string out = "blasty search";
    const auto add = [&out](std::string_view flag, const std::string& value) {
        if (!value.empty()) StrAppend(out, " ", flag, " ", ShellWord(value));
    };
    const auto add_each = [&add](std::string_view flag, const std::vector<std::string>& values) {
        for (const std::string& value : values) add(flag, value);
    };
    StrAppend(out, " ", ShellWord(*args.index));
    if (!args.query.empty()) StrAppend(out, " ", ShellWord(args.query));
    add("--query-json", args.query_json);
    add_each("--facet", args.facets);
    add_each("--choose", args.chosen);
    add_each("--sort", args.sort);
    add_each("--fields", args.fields);
    if (args.size) StrAppend(out, " --size ", *args.size);
    if (args.highlight) out += " --highlight";
    if (args.all_words) out += " --all-words";
    if (args.as_you_type) out += " --as-you-type";
    if (session.json) out += " --json";
    if (session.server != client::ClientOptions().server) add("--server", session.server);
    return out;
}

// How to see what comes behind these hits; empty when nothing does, or it cannot be told.
std::string MoreText(const v1::SearchRequest& request, const v1::SearchResponse& response) {
    // Of the server: from and size together.
    constexpr uint64_t kHitsMax = 10'000;
    const auto shown = static_cast<uint64_t>(response.hits_size());
    if (shown == 0 || shown < request.size() || request.from() + shown >= response.total())
        return "";
    const bool by_id = request.sort_size() > 0 &&
                       (*request.sort().rbegin() == "_id" || *request.sort().rbegin() == "-_id");
    if (by_id) return StrCat(" · more: --after ", ShellWord(SortJson(*response.hits().rbegin())));
    const uint64_t next = request.from() + shown;
    if (request.after_size() > 0 || next + request.size() > kHitsMax) return "";
    return StrCat(" · more: --from ", next);
}

// A whole request of Bleve's, answered as such.
int RunJson(const SearchArgs& args, const Session& session) {
    v1::SearchJsonRequest request;
    if (const Status named = CheckIndex(args); !named.ok()) return PrintError(named);
    Result<std::string> json = ReadRequestFile(args.request_json);
    if (!json.ok()) return PrintError(json.status());
    request.set_index(*args.index);
    request.set_json(*std::move(json));
    request.set_fresh(args.fresh);
    if (!args.timeout.empty()) {
        const Result<int64_t> timeout = server::ParseDuration(args.timeout);
        if (!timeout.ok()) return PrintError(timeout.status());
        request.set_timeout_us(*timeout);
    }
    client::Client client(session.client_options());
    const Result<v1::SearchJsonResponse> response = client::Search(client).FindJson(request);
    if (!response.ok()) return PrintError(response.status());
    Output out;
    out.Line(response->json());
    return kOk;
}

int RunSearch(const SearchArgs& args, const Session& session) {
    if (const Status live = CheckLive(args.live); !live.ok()) return PrintError(live);
    if (args.live.live && !args.request_json.empty()) {
        return PrintError(MakeError(StatusCode::kInvalidArgument, "USAGE",
                                    "--live takes a query, or --query-json, not a whole request"));
    }
    if (!args.request_json.empty()) return RunJson(args, session);
    Result<v1::SearchRequest> request = RequestOf(args, session);
    if (!request.ok()) return PrintError(request.status());
    if (args.live.live) {
        return RunSearchLive(args.live, *std::move(request), args.quiet, Again(args, session),
                             session);
    }
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
    if (args.quiet) return kOk;
    Note(StrCat(SearchSummary(*response), MoreText(*request, *response)));
    if (!response->did_you_mean().empty())
        Note(StrCat("did you mean: ", Printable(response->did_you_mean(), 1000)));
    return kOk;
}

void AddOptions(CLI::App& command, SearchArgs& args) {
    command.add_option("index", *args.index, "name of the search index")->type_name("");
    CLI::Option* const query =
        command.add_option("query", args.query, "what to find; all rows without it")->type_name("");
    const auto list = [&command](const char* flag, std::vector<std::string>& values,
                                 const char* what, const char* type) {
        return command.add_option(flag, values, what)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    list("--facet", args.facets, "count values: FIELD[:N], :..5,5.., :hist=10, :sum=F", "FIELD");
    list("--choose", args.chosen, "only this value of a facet, once for each", "FIELD=V");
    list("--sort", args.sort, "by fields, '-' downwards; _score, _id", "FIELDS")->delimiter(',');
    list("--fields", args.fields, "columns to print, '*' for all", "NAMES")->delimiter(',');
    command.add_option("--size", args.size, "hits, at most [10]")->type_name("N");
    CLI::Option* const from =
        command.add_option("--from", args.from, "leave out so many hits")->type_name("N");
    command.add_option("--after", args.after, "only behind a hit: its \"sort\", as JSON")
        ->type_name("JSON")
        ->excludes(from);
    command.add_flag("--highlight", args.highlight, "print the text around what matches");
    command.add_flag("--all-words", args.all_words, "all words must be there, not one of them");
    command.add_flag("--as-you-type", args.as_you_type,
                     "words may be misspelt, and the last one go on");
    command.add_flag("--explain", args.explain, "print how each score came about");
    CLI::Option* const query_json =
        command.add_option("--query-json", args.query_json, "a query in the shape of Bleve")
            ->type_name("JSON")
            ->excludes(query);
    command
        .add_option("--request-json", args.request_json, "a whole request of that shape, -: stdin")
        ->type_name("FILE")
        ->excludes(query)
        ->excludes(query_json);
    command.add_option("--collapse", args.collapse, "one hit for each value of a field")
        ->type_name("FIELD");
    command.add_option("--fresh", args.fresh, "see everything up to this sequence")
        ->type_name("SEQ");
    command.add_option("--timeout", args.timeout, "give up after [10s]")->type_name("TIME");
    AddLiveOptions(command, args.live);
    command.add_flag("-q,--quiet", args.quiet, "no summary on standard error");
}

}  // namespace

void AddSearch(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("search", "find rows by their words; search indexes");
    auto args = std::make_shared<SearchArgs>();
    AddOptions(*command, *args);
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command,
                {"blasty sql \"CREATE VIRTUAL TABLE packages_text USING search(packages,",
                 "            name TEXT BOOST 3, description TEXT LANGUAGE english,",
                 "            section FACET, size NUMERIC)\"     makes an index",
                 "blasty search packages_text 'web server' --highlight --facet section",
                 "blasty search packages_text '+web -proxy name:ngi*' --all-words",
                 "blasty search packages_text editor --choose section=editors --size 20",
                 "blasty search packages_text --sort -size --fields name,size",
                 "blasty search packages_text 'web server' --facet section --live",
                 "blasty search indexes", "blasty search suggest packages_text 'web ser'",
                 "blasty search packages_text --query-json '{\"match\": \"web server\"}' --explain",
                 "blasty search analyze --analyzer english 'running shoes'",
                 "blasty search -- indexes    searches an index of that name", "",
                 "Words, \"a phrase\", +must -not, field:word, pre*, misspelt~, n:[10 TO 20]:",
                 "docs/search.md tells all. A query that begins with - goes after --."});
    command->callback([args, &session] {
        if (!session.run) session.run = [args, &session] { return RunSearch(*args, session); };
    });
    AddIndexCommands(*command, session, args->index);
    AddSuggest(*command, session, args->index);
}

}  // namespace blasty::cli
