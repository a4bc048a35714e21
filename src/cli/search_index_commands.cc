#include <cmath>
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

struct IndexArgs {
    // What stood before the subcommand.
    std::shared_ptr<const std::string> before;
    std::string name, analyzer, index, field, text;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

// `blasty search packages rebuild`: the query was taken for a command.
Status CheckFirst(const IndexArgs& args, std::string_view word) {
    if (args.before->empty()) return OkStatus();
    return Usage(StrCat("'", word, "' is a command here; to search for the word: blasty search -- ",
                        Printable(*args.before), " ", word));
}

const char* StateText(v1::SearchIndex::State state) {
    switch (state) {
        case v1::SearchIndex::BUILDING:
            return "building";
        case v1::SearchIndex::READY:
            return "ready";
        case v1::SearchIndex::FAILED:
            return "failed";
        default:
            return "unknown";
    }
}

// Commits of tables that cannot be found yet, in sequences.
uint64_t LagOf(const v1::SearchIndex& index, uint64_t tables_sequence) {
    return tables_sequence > index.sequence() ? tables_sequence - index.sequence() : 0;
}

// Of fields that were found in the data; --json shows all.
constexpr int kDynamicShown = 8;

std::string FieldsText(const v1::SearchIndex& index) {
    std::string out;
    int dynamic = 0;
    for (const v1::SearchIndex::Field& field : index.fields()) {
        if (field.dynamic() && ++dynamic > kDynamicShown) continue;
        StrAppend(out, out.empty() ? "" : ", ", Printable(field.name()), " ",
                  Printable(field.type()));
    }
    if (dynamic > kDynamicShown) StrAppend(out, " and ", dynamic - kDynamicShown, " more");
    return out;
}

std::string AsJson(const v1::SearchIndex& index, uint64_t tables_sequence) {
    std::string fields = "[";
    for (const v1::SearchIndex::Field& field : index.fields())
        StrAppend(fields, fields.size() > 1 ? "," : "",
                  server::JsonObject()
                      .AddBytes("name", field.name())
                      .AddBytes("type", field.type())
                      .AddBytes("analyzer", field.analyzer())
                      .Add("boost", field.boost())
                      .AddBytes("column", field.column())
                      .AddBytes("path", field.path())
                      .Add("dynamic", field.dynamic())
                      .Take());
    server::JsonObject object;
    object.AddBytes("name", index.name());
    if (index.topic().empty())
        object.AddBytes("table", index.table());
    else
        object.AddBytes("topic", index.topic());
    if (index.has_next_built()) object.Add("next_built", index.next_built());
    return object.Add("state", StateText(index.state()))
        .Add("built", index.built())
        .AddBytes("problem", index.problem())
        .Add("documents", index.documents())
        .Add("lag", LagOf(index, tables_sequence))
        .Add("segments", index.segments())
        .Add("memory_bytes", index.memory_bytes())
        .Add("disk_bytes", index.disk_bytes())
        .Add("sequence", index.sequence())
        .Add("checkpoint", index.checkpoint())
        .AddRaw("fields", fields + "]")
        .Take();
}

int RunIndexes(const IndexArgs& args, const Session& session) {
    if (const Status first = CheckFirst(args, "indexes"); !first.ok()) return PrintError(first);
    client::Client client(session.client_options());
    const Result<v1::ListIndexesResponse> list = client::Search(client).ListIndexes();
    if (!list.ok()) return PrintError(list.status());
    if (list->indexes_size() == 0) {
        Note(
            "there are no search indexes yet; blasty sql \"CREATE VIRTUAL TABLE users_text USING "
            "search(users, name TEXT, city FACET)\" makes one");
    }
    Output out;
    Table table({"INDEX", "OVER", "STATE", "ROWS", "LAG", "DISK", "MEMORY", "FIELDS"}, "lllrrrrl");
    for (const v1::SearchIndex& index : list->indexes()) {
        if (session.json) {
            out.Line(AsJson(index, list->tables_sequence()));
            continue;
        }
        std::string state = StateText(index.state());
        if (index.state() == v1::SearchIndex::BUILDING)
            StrAppend(state, " ", static_cast<int>(index.built() * 100), " %");
        if (index.has_next_built())
            StrAppend(state, ", next ", static_cast<int>(index.next_built() * 100), " %");
        table.Add({Printable(index.name(), 200),
                   Printable(index.topic().empty() ? index.table() : index.topic(), 200), state,
                   server::FormatCount(index.documents()),
                   server::FormatCount(LagOf(index, list->tables_sequence())),
                   server::FormatBytes(index.disk_bytes()),
                   server::FormatBytes(index.memory_bytes()), FieldsText(index)});
        if (!index.problem().empty())
            Note(StrCat("index ", Printable(index.name()), ": ", Printable(index.problem(), 1000)));
    }
    if (!session.json && list->indexes_size() > 0) out.Write(table.Text());
    return kOk;
}

int RunRebuild(const IndexArgs& args, const Session& session) {
    if (const Status first = CheckFirst(args, "rebuild"); !first.ok()) return PrintError(first);
    if (args.name.empty())
        return PrintError(Usage("name the index: blasty search rebuild packages_text"));
    client::Client client(session.client_options());
    const Status status = client::Search(client).RebuildIndex(args.name);
    if (status.ok())
        Note(StrCat("index ", Printable(args.name),
                    " is being built again; blasty search indexes shows how far it is"));
    return PrintError(status);
}

Result<v1::AnalyzeRequest> RequestOf(const IndexArgs& args) {
    BLASTY_RETURN_IF_ERROR(CheckFirst(args, "analyze"));
    if (args.index.empty() != args.field.empty())
        return Usage("give --index and --field together, or --analyzer");
    if (!args.index.empty() && !args.analyzer.empty())
        return Usage("give either --analyzer or --index and --field, not both");
    v1::AnalyzeRequest request;
    request.set_text(args.text);
    if (!args.index.empty()) {
        request.mutable_field()->set_index(args.index);
        request.mutable_field()->set_field(args.field);
    } else {
        request.set_analyzer(args.analyzer);
    }
    return request;
}

// The bytes of the text that a token is made of.
std::string PieceOf(const std::string& text, const v1::AnalyzeResponse::Token& token) {
    if (token.start() > token.end() || token.end() > text.size()) return "";
    return text.substr(token.start(), token.end() - token.start());
}

int RunAnalyze(const IndexArgs& args, const Session& session) {
    const Result<v1::AnalyzeRequest> request = RequestOf(args);
    if (!request.ok()) return PrintError(request.status());
    client::Client client(session.client_options());
    const Result<v1::AnalyzeResponse> answer = client::Search(client).Analyze(*request);
    if (!answer.ok()) return PrintError(answer.status());
    Output out;
    Table table({"POSITION", "TERM", "BYTES", "TEXT"}, "rlll");
    for (const v1::AnalyzeResponse::Token& token : answer->tokens()) {
        if (session.json) {
            out.Line(server::JsonObject()
                         .Add("position", token.position())
                         .AddBytes("term", token.term())
                         .Add("start", token.start())
                         .Add("end", token.end())
                         .Take());
        } else {
            table.Add({StrCat(token.position()), Printable(token.term(), 400),
                       StrCat(token.start(), "-", token.end()),
                       Printable(PieceOf(args.text, token), 400)});
        }
    }
    if (answer->truncated())
        Note(StrCat("only the first ",
                    server::Counted(static_cast<uint64_t>(answer->tokens_size()), "token"),
                    " are shown"));
    if (session.json) return kOk;
    if (answer->tokens_size() > 0) out.Write(table.Text());
    out.Flush();
    Note(StrCat(server::Counted(static_cast<uint64_t>(answer->tokens_size()), "token"), " by ",
                Printable(answer->chain(), 1000)));
    return kOk;
}

}  // namespace

void AddIndexCommands(CLI::App& search, Session& session,
                      const std::shared_ptr<const std::string>& index) {
    auto args = std::make_shared<IndexArgs>();
    args->before = index;
    CLI::App* indexes =
        AddAction(search, session, args, "indexes", "list search indexes", RunIndexes);
    AddExamples(*indexes, {"blasty search indexes", "blasty search indexes --json", "",
                           "LAG: sequences that tables are ahead; each commit has one or more."});
    CLI::App* rebuild = AddAction(search, session, args, "rebuild",
                                  "build an index again from its table", RunRebuild);
    rebuild->add_option("name", args->name, "name of the index")->type_name("");
    AddExamples(*rebuild, {"blasty search rebuild packages_text", "",
                           "The old one answers until the new one is ready."});
    CLI::App* analyze =
        AddAction(search, session, args, "analyze", "what a text becomes in an index", RunAnalyze);
    analyze->add_option("text", args->text, "the text")->required()->type_name("");
    analyze->add_option("--analyzer", args->analyzer, "a name or a chain [standard]")
        ->type_name("NAME");
    analyze->add_option("--index", args->index, "as this index does it")->type_name("INDEX");
    analyze->add_option("--field", args->field, "in this field of it")->type_name("FIELD");
    AddExamples(*analyze,
                {"blasty search analyze --analyzer english 'running shoes'",
                 "blasty search analyze --index packages_text --field name 'libc6-dev'",
                 "blasty search analyze --analyzer 'unicode | fold | ngram 2 3' 'Äpfel'"});
}

}  // namespace blasty::cli
