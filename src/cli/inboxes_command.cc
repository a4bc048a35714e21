#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "client/admin.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

using server::FormatCount;

struct InboxArgs {
    std::string name, pattern, confirm, from;
    std::vector<std::string> topics;
    std::optional<std::string> ack_wait, dead_letter_topic;
    std::optional<uint32_t> max_in_flight, max_deliveries;
};

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
    std::string out;
    for (const std::string& word : words) StrAppend(out, out.empty() ? "" : " ", word);
    return out;
}

std::string AsJson(const v1::Inbox& inbox) {
    std::string topics = "[";
    for (const std::string& topic : inbox.config().topics()) {
        if (topics.size() > 1) topics += ',';
        server::AppendJsonString(topics, topic);
    }
    return server::JsonObject()
        .Add("name", std::string_view(inbox.name()))
        .AddRaw("topics", topics + "]")
        .Add("ack_floor", inbox.ack_floor())
        .Add("pending", inbox.pending())
        .Add("in_flight", inbox.in_flight())
        .Add("redelivered", inbox.redelivered())
        .Add("dead_letters", inbox.dead_letters())
        .Add("members", inbox.members())
        .Add("ack_wait_us", inbox.config().ack_wait_us())
        .Add("max_in_flight", inbox.config().max_in_flight())
        .Add("max_deliveries", inbox.config().max_deliveries())
        .Add("dead_letter_topic", std::string_view(inbox.config().dead_letter_topic()))
        .Add("created_us", inbox.created_us())
        .Take();
}

void PrintInbox(const v1::Inbox& inbox, const Session& session) {
    Output out;
    if (session.json) return out.Line(AsJson(inbox));
    const v1::InboxConfig& config = inbox.config();
    const std::string dead =
        config.dead_letter_topic().empty() ? inbox.name() + ".dead" : config.dead_letter_topic();
    out.Write(StrCat("inbox        ", inbox.name(), "\ntopics       ", Joined(config.topics()),
                     "\npending      ", FormatCount(inbox.pending()), "\nin flight    ",
                     FormatCount(inbox.in_flight()), " of at most ",
                     FormatCount(config.max_in_flight()), "\nacked up to  #", inbox.ack_floor(),
                     "\nmembers      ", inbox.members(), "\nredelivered  ",
                     FormatCount(inbox.redelivered()), "\nack wait     ",
                     server::FormatDuration(config.ack_wait_us()), "\ndead letters ",
                     config.max_deliveries() == 0
                         ? std::string("never")
                         : StrCat("after ", config.max_deliveries(), " deliveries, to ", dead, ", ",
                                  FormatCount(inbox.dead_letters()), " so far"),
                     "\ncreated      ", server::FormatTime(inbox.created_us()), "\n"));
}

Status ApplyFlags(const InboxArgs& args, v1::InboxConfig* config) {
    if (!args.topics.empty()) {
        config->clear_topics();
        for (const std::string& topic : args.topics) config->add_topics(topic);
    }
    if (args.ack_wait) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t wait, server::ParseDuration(*args.ack_wait));
        config->set_ack_wait_us(wait);
    }
    if (args.max_in_flight) config->set_max_in_flight(*args.max_in_flight);
    if (args.max_deliveries) config->set_max_deliveries(*args.max_deliveries);
    if (args.dead_letter_topic) config->set_dead_letter_topic(*args.dead_letter_topic);
    return OkStatus();
}

int Print(const Result<v1::Inbox>& inbox, const Session& session) {
    if (!inbox.ok()) return PrintError(inbox.status());
    PrintInbox(*inbox, session);
    return kOk;
}

int List(const InboxArgs& args, const Session& session) {
    client::Client client(session.client_options());
    const auto inboxes = client::Admin(client).ListInboxes(args.pattern);
    if (!inboxes.ok()) return PrintError(inboxes.status());
    Output out;
    if (session.json) {
        for (const v1::Inbox& inbox : *inboxes) out.Line(AsJson(inbox));
        return kOk;
    }
    if (inboxes->empty()) {
        Note(args.pattern.empty()
                 ? "there are no inboxes yet; `blasty sub hello --inbox me` makes one"
                 : "no inbox matches");
        return kOk;
    }
    Table table({"INBOX", "PENDING", "IN FLIGHT", "MEMBERS", "ACKED TO", "TOPICS"}, "lrrrrl");
    for (const v1::Inbox& inbox : *inboxes)
        table.Add({inbox.name(), FormatCount(inbox.pending()), FormatCount(inbox.in_flight()),
                   StrCat(inbox.members()), StrCat("#", inbox.ack_floor()),
                   Joined(inbox.config().topics())});
    out.Write(table.Text());
    return kOk;
}

int Info(const InboxArgs& args, const Session& session) {
    client::Client client(session.client_options());
    return Print(client::Admin(client).GetInbox(args.name), session);
}

int Create(const InboxArgs& args, const Session& session) {
    if (args.topics.empty())
        return PrintError(MakeError(StatusCode::kInvalidArgument, "USAGE",
                                    StrCat("say what inbox '", Printable(args.name),
                                           "' reads: give --topic at least once")));
    v1::InboxConfig config;
    if (const Status status = ApplyFlags(args, &config); !status.ok()) return PrintError(status);
    v1::Start start;
    if (!args.from.empty()) {
        const Result<v1::Start> parsed = ParseStart(args.from);
        if (!parsed.ok()) return PrintError(parsed.status());
        start = *parsed;
    }
    client::Client client(session.client_options());
    return Print(client::Admin(client).CreateInbox(args.name, config, start), session);
}

int Set(const InboxArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Admin admin(client);
    const Result<v1::Inbox> before = admin.GetInbox(args.name);
    if (!before.ok()) return PrintError(before.status());
    v1::InboxConfig config = before->config();
    if (const Status status = ApplyFlags(args, &config); !status.ok()) return PrintError(status);
    return Print(admin.UpdateInbox(args.name, config), session);
}

int Reset(const InboxArgs& args, const Session& session) {
    const Result<v1::Start> start = ParseStart(args.from);
    if (!start.ok()) return PrintError(start.status());
    client::Client client(session.client_options());
    return Print(client::Admin(client).ResetInbox(args.name, *start), session);
}

int Remove(const InboxArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Admin admin(client);
    const Result<v1::Inbox> inbox = admin.GetInbox(args.name);
    if (!inbox.ok()) return PrintError(inbox.status());
    const auto confirm =
        Confirm(StrCat("inbox ", args.name, " (what it has acked is forgotten; messages stay)"),
                args.name, args.confirm);
    if (!confirm.ok()) return PrintError(confirm.status());
    const Status status = admin.DeleteInbox(args.name, *confirm);
    if (status.ok()) Note(StrCat("removed inbox ", args.name));
    return PrintError(status);
}

using Action = int (*)(const InboxArgs&, const Session&);

// Of one inbox.
CLI::App* AddInboxAction(CLI::App& parent, Session& session, const std::shared_ptr<InboxArgs>& args,
                         const char* name, const char* what, Action action) {
    CLI::App* command = AddAction(parent, session, args, name, what, action);
    command->add_option("name", args->name, "name of the inbox")->required()->type_name("");
    return command;
}

void AddConfig(CLI::App& command, InboxArgs& args) {
    command.add_option("--topic", args.topics, "name or wildcard; may be repeated")
        ->type_name("TOPIC")
        ->allow_extra_args(false);
    command.add_option("--ack-wait", args.ack_wait, "redeliver what is not acked after [30s]")
        ->type_name("TIME");
    command.add_option("--max-in-flight", args.max_in_flight, "delivered, not acked [4096]")
        ->type_name("N");
    command.add_option("--max-deliveries", args.max_deliveries, "then a dead letter; 0: never [0]")
        ->type_name("N");
    command.add_option("--dead-letter-topic", args.dead_letter_topic, "[NAME.dead]")
        ->type_name("TOPIC");
}

}  // namespace

void AddInboxes(CLI::App& app, Session& session) {
    CLI::App* inboxes = app.add_subcommand("inboxes", "list, create, change, move inboxes");
    AddExamples(*inboxes, {"blasty inboxes ls", "blasty inboxes reset reader --from oldest"});
    auto args = std::make_shared<InboxArgs>();
    CLI::App* ls = AddAction(*inboxes, session, args, "ls", "list inboxes", List);
    ls->add_option("pattern", args->pattern, "only these: work.*")->type_name("");
    AddExamples(*ls, {"blasty inboxes ls", "blasty inboxes ls --json"});
    CLI::App* info = AddInboxAction(*inboxes, session, args, "info", "all about one inbox", Info);
    AddExamples(*info, {"blasty inboxes info reader"});
    CLI::App* create = AddInboxAction(*inboxes, session, args, "create", "create an inbox", Create);
    AddConfig(*create, *args);
    create->add_option("--from", args->from, "oldest, newest, sequence, time [oldest]")
        ->type_name("PLACE");
    AddExamples(*create, {"blasty inboxes create workers --topic jobs --max-deliveries 5",
                          "blasty inboxes create audit --topic 'orders.>' --from newest"});
    CLI::App* set = AddInboxAction(*inboxes, session, args, "set", "change an inbox", Set);
    AddConfig(*set, *args);
    AddExamples(*set, {"blasty inboxes set workers --ack-wait 2m"});
    CLI::App* reset = AddInboxAction(*inboxes, session, args, "reset",
                                     "move it: acked messages may come again", Reset);
    reset->add_option("--from", args->from, "oldest, newest, a sequence or a time")
        ->required()
        ->type_name("PLACE");
    AddExamples(*reset, {"blasty inboxes reset reader --from oldest",
                         "blasty inboxes reset reader --from -1h"});
    CLI::App* rm = AddInboxAction(*inboxes, session, args, "rm", "remove an inbox", Remove);
    rm->add_option("--confirm", args->confirm, "the name again, instead of asking")
        ->type_name("NAME");
    AddExamples(*rm, {"blasty inboxes rm reader", "blasty inboxes rm reader --confirm reader"});
}

}  // namespace blasty::cli
