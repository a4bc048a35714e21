#include <atomic>
#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "cli/value_text.h"
#include "cli/watch_format.h"
#include "client/sql.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct ChangesArgs {
    std::string table;
    uint64_t since = 0, limit = 0;
    bool follow = false, quiet = false;
};

struct KindWords {
    std::string_view name;
    Colour colour;
};

KindWords WordsOf(v1::TableChange::Kind kind) {
    switch (kind) {
        case v1::TableChange::INSERT:
            return {"insert", Colour::kGreen};
        case v1::TableChange::UPDATE:
            return {"update", Colour::kYellow};
        case v1::TableChange::DELETE:
            return {"delete", Colour::kRed};
        case v1::TableChange::SCHEMA:
            return {"schema", Colour::kMagenta};
        default:
            return {"unknown", Colour::kNone};
    }
}

std::string AsJson(const v1::TableChange& change, const std::vector<std::string>& names) {
    server::JsonObject json;
    json.Add("kind", WordsOf(change.kind()).name)
        .Add("sequence", change.sequence())
        .Add("commit", change.commit())
        .Add("time", std::string_view(server::FormatTime(change.time_us())));
    if (change.has_key()) json.AddRaw("key", JsonArray(change.key()));
    if (change.has_new_row()) json.AddRaw("row", JsonRow(names, change.new_row()));
    if (change.has_old_row()) json.AddRaw("old", JsonRow(names, change.old_row()));
    // As text: 64 bits, and readers of JSON keep only 53 of a number.
    if (change.version() != 0) json.Add("version", std::string_view(StrCat(change.version())));
    if (!change.sql().empty()) json.AddBytes("sql", change.sql());
    return json.Take();
}

std::string AsLine(const v1::TableChange& change, const std::vector<std::string>& names,
                   bool colour) {
    const KindWords words = WordsOf(change.kind());
    std::string out = Paint(colour, Colour::kDim, server::FormatTime(change.time_us()));
    StrAppend(out, "  ", Paint(colour, Colour::kDim, StrCat("#", change.sequence())), "  ",
              Paint(colour, words.colour, words.name), "  ");
    if (!change.sql().empty()) return StrCat(out, Printable(change.sql(), 2000));
    const bool gone = change.kind() == v1::TableChange::DELETE;
    const v1::Row* old_row = !gone && change.has_old_row() ? &change.old_row() : nullptr;
    return out + FieldsText(names, old_row, gone ? change.old_row() : change.new_row(), colour);
}

// One `blasty changes`.
class ChangesRun {
  public:
    ChangesRun(const ChangesArgs& args, const Session& session)
        : args_(args),
          json_(session.json),
          colour_(WantsColour(1)),
          client_(session.client_options()),
          sql_(client_) {}

    void Cancel() { sql_.Cancel(); }
    Status Run(const Interrupts& interrupts);

  private:
    bool Take(const v1::ChangesResponse& response);
    template <typename Columns>
    void SetNames(const Columns& columns) {
        names_.clear();
        for (const v1::Column& column : columns) names_.push_back(column.name());
        if (json_) names_ = UniqueNames(names_);
    }

    const ChangesArgs& args_;
    const bool json_, colour_;
    std::vector<std::string> names_;
    Output out_;
    uint64_t printed_ = 0, sequence_ = 0;
    client::Client client_;
    client::Sql sql_;
};

bool ChangesRun::Take(const v1::ChangesResponse& response) {
    if (response.columns_size() > 0) SetNames(response.columns());
    for (const v1::TableChange& change : response.changes()) {
        out_.Line(json_ ? AsJson(change, names_) : AsLine(change, names_, colour_));
        if (change.columns_size() > 0) SetNames(change.columns());
        sequence_ = change.sequence();
        if (++printed_ == args_.limit) return false;
    }
    if (response.sequence() > 0) sequence_ = std::max(sequence_, response.sequence());
    return out_.Flush();
}

Status ChangesRun::Run(const Interrupts& interrupts) {
    v1::ChangesRequest request;
    request.set_table(args_.table);
    request.set_since(args_.since);
    request.set_follow(args_.follow);
    request.set_limit(args_.limit);
    Status status = sql_.Changes(
        request, [this](v1::ChangesResponse& response) { return Take(response); },
        [this](const Status& connection) {
            if (args_.quiet) return;
            Note(connection.ok()
                     ? std::string("connected again")
                     : StrCat("connection lost, trying again: ", MessageOf(connection)));
        });
    const bool enough = out_.broken() || (args_.limit > 0 && printed_ >= args_.limit);
    if (ReasonOf(status) == "CANCELLED" && (enough || interrupts.interrupted()))
        status = OkStatus();
    if (!out_.Flush()) return OkStatus();
    if (status.ok() && !args_.quiet && (interrupts.interrupted() || printed_ == args_.limit) &&
        sequence_ > 0 && printed_ > 0)
        Note(StrCat(server::Counted(printed_, "change"), "; go on with --since ", sequence_));
    return status;
}

int RunChanges(const ChangesArgs& args, const Session& session) {
    std::atomic<ChangesRun*> running = nullptr;
    const Interrupts interrupts([&running] {
        if (ChangesRun* const run = running.load()) run->Cancel();
    });
    ChangesRun run(args, session);
    running.store(&run);
    if (interrupts.interrupted()) run.Cancel();
    const Status status = run.Run(interrupts);
    running.store(nullptr);
    return PrintError(status);
}

}  // namespace

void AddChanges(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("changes", "the history of a table, old and new rows");
    auto args = std::make_shared<ChangesArgs>();
    command->add_option("table", args->table, "name of the table")->required()->type_name("");
    command
        ->add_option_function<std::string>(
            "--since",
            [args](const std::string& text) {
                const auto sequence = ParseNumber(text);
                if (!sequence)
                    throw CLI::ValidationError("--since",
                                               StrCat("'", Printable(text), "' is not a sequence"));
                args->since = *sequence;
            },
            "changes after this sequence [0: all that is kept]")
        ->type_name("SEQ");
    command->add_flag("--follow", args->follow, "go on with new changes as they come");
    AddCountOption(*command, "--limit", args->limit, "stop after so many");
    command->add_flag("-q,--quiet", args->quiet, "no notes on standard error");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty changes users", "blasty changes users --since 17 --json",
                           "blasty changes orders --follow"});
    command->callback([args, &session] {
        session.run = [args, &session] { return RunChanges(*args, session); };
    });
}

}  // namespace blasty::cli
