#include <unistd.h>

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

using server::Counted;
using server::FormatBytes;
using server::FormatCount;

struct TopicArgs {
    std::string name, pattern, confirm;
    std::optional<std::string> max_age, max_bytes, max_count, message_bytes_max;
    std::optional<bool> latest_per_key;
};

std::string AsJson(const v1::Topic& topic) {
    const v1::Retention& keep = topic.config().retention();
    return server::JsonObject()
        .Add("name", std::string_view(topic.name()))
        .Add("messages", topic.messages())
        .Add("bytes", topic.bytes())
        .Add("first_sequence", topic.first_sequence())
        .Add("last_sequence", topic.last_sequence())
        .Add("inboxes", topic.inboxes())
        .Add("created_us", topic.created_us())
        .Add("max_age_us", keep.age_us())
        .Add("max_bytes", keep.bytes())
        .Add("max_count", keep.count())
        .Add("latest_per_key", keep.latest_per_key())
        .Add("message_bytes_max", topic.config().message_bytes_max())
        .Take();
}

std::string Keeps(const v1::Retention& keep) {
    std::string out;
    const auto add = [&out](const std::string& part) {
        StrAppend(out, out.empty() ? "" : ", ", part);
    };
    if (keep.age_us() > 0) add(server::FormatDuration(keep.age_us()));
    if (keep.bytes() > 0) add(FormatBytes(keep.bytes()));
    if (keep.count() > 0) add(Counted(keep.count(), "message"));
    if (keep.latest_per_key()) add("latest per key");
    return out.empty() ? "everything" : out;
}

void PrintTopic(const v1::Topic& topic, const Session& session) {
    Output out;
    if (session.json) return out.Line(AsJson(topic));
    const uint64_t largest = topic.config().message_bytes_max();
    out.Write(StrCat(
        "topic       ", topic.name(), "\nmessages    ", FormatCount(topic.messages()), ", ",
        FormatBytes(topic.bytes()), "\nsequences   ",
        topic.messages() == 0 ? std::string("none")
                              : StrCat(topic.first_sequence(), " to ", topic.last_sequence()),
        "\ninboxes     ", topic.inboxes(), "\nkeeps       ", Keeps(topic.config().retention()),
        "\nlargest     ", largest == 0 ? std::string("the server's limit") : FormatBytes(largest),
        "\ncreated     ", server::FormatTime(topic.created_us()), "\n"));
}

// Sets what was given, leaves the rest.
Status ApplyFlags(const TopicArgs& args, v1::TopicConfig* config) {
    v1::Retention& keep = *config->mutable_retention();
    if (args.max_age) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t age, server::ParseDuration(*args.max_age));
        keep.set_age_us(age);
    }
    if (args.max_bytes) {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t bytes, server::ParseSize(*args.max_bytes));
        keep.set_bytes(bytes);
    }
    if (args.max_count) {
        const std::string& text = *args.max_count;
        const std::optional<uint64_t> count = ParseNumber(text);
        if (!count)
            return MakeError(StatusCode::kInvalidArgument, "USAGE",
                             StrCat("--max-count '", Printable(text),
                                    "' is not a number of messages; 0 takes the bound away"));
        keep.set_count(*count);
    }
    if (args.message_bytes_max) {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t size, server::ParseSize(*args.message_bytes_max));
        config->set_message_bytes_max(size);
    }
    if (args.latest_per_key) keep.set_latest_per_key(*args.latest_per_key);
    return OkStatus();
}

int List(const TopicArgs& args, const Session& session) {
    client::Client client(session.client_options());
    const auto topics = client::Admin(client).ListTopics(args.pattern);
    if (!topics.ok()) return PrintError(topics.status());
    Output out;
    if (session.json) {
        for (const v1::Topic& topic : *topics) out.Line(AsJson(topic));
        return kOk;
    }
    if (topics->empty()) {
        Note(args.pattern.empty() ? "there are no topics yet; `blasty pub hello 'first'` makes one"
                                  : "no topic matches");
        return kOk;
    }
    Table table({"TOPIC", "MESSAGES", "BYTES", "LAST", "INBOXES", "KEEPS"}, "lrrrrl");
    for (const v1::Topic& topic : *topics)
        table.Add({topic.name(), FormatCount(topic.messages()), FormatBytes(topic.bytes()),
                   StrCat("#", topic.last_sequence()), FormatCount(topic.inboxes()),
                   Keeps(topic.config().retention())});
    out.Write(table.Text());
    return kOk;
}

int Print(const Result<v1::Topic>& topic, const Session& session) {
    if (!topic.ok()) return PrintError(topic.status());
    PrintTopic(*topic, session);
    return kOk;
}

int Create(const TopicArgs& args, const Session& session) {
    v1::TopicConfig config;
    if (const Status status = ApplyFlags(args, &config); !status.ok()) return PrintError(status);
    client::Client client(session.client_options());
    return Print(client::Admin(client).CreateTopic(args.name, config), session);
}

int Set(const TopicArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Admin admin(client);
    const Result<v1::Topic> before = admin.GetTopic(args.name);
    if (!before.ok()) return PrintError(before.status());
    v1::TopicConfig config = before->config();
    if (const Status status = ApplyFlags(args, &config); !status.ok()) return PrintError(status);
    return Print(admin.UpdateTopic(args.name, config), session);
}

int Remove(const TopicArgs& args, const Session& session) {
    client::Client client(session.client_options());
    client::Admin admin(client);
    const Result<v1::Topic> topic = admin.GetTopic(args.name);
    if (!topic.ok()) return PrintError(topic.status());
    const auto confirm =
        Confirm(StrCat("topic ", args.name, " and its ", Counted(topic->messages(), "message")),
                args.name, args.confirm);
    if (!confirm.ok()) return PrintError(confirm.status());
    const Status status = admin.DeleteTopic(args.name, *confirm);
    if (status.ok()) Note(StrCat("removed topic ", args.name));
    return PrintError(status);
}

void AddName(CLI::App& command, TopicArgs& args) {
    command.add_option("name", args.name, "name of the topic")->required()->type_name("");
}

void AddConfig(CLI::App& command, TopicArgs& args) {
    command.add_option("--max-age", args.max_age, "drop messages older than (7d)")
        ->type_name("TIME");
    command.add_option("--max-bytes", args.max_bytes, "drop the oldest above (1GiB)")
        ->type_name("SIZE");
    command.add_option("--max-count", args.max_count, "drop the oldest above")->type_name("N");
    command.add_flag("--latest-per-key,!--no-latest-per-key", args.latest_per_key,
                     "keep the newest message of each key");
    command.add_option("--message-bytes-max", args.message_bytes_max, "largest message")
        ->type_name("SIZE");
}

}  // namespace

void AddTopics(CLI::App& app, Session& session) {
    CLI::App* topics = app.add_subcommand("topics", "list, create, change, remove topics");
    AddExamples(*topics, {"blasty topics ls", "blasty topics create orders --max-age 7d"});
    auto args = std::make_shared<TopicArgs>();
    CLI::App* ls = AddAction(*topics, session, args, "ls", "list topics", List);
    ls->add_option("pattern", args->pattern, "only these: orders.>")->type_name("");
    AddExamples(*ls, {"blasty topics ls", "blasty topics ls 'orders.>' --json"});
    CLI::App* info = AddAction(*topics, session, args, "info", "all about one topic",
                               [](const TopicArgs& a, const Session& s) {
                                   client::Client client(s.client_options());
                                   return Print(client::Admin(client).GetTopic(a.name), s);
                               });
    AddName(*info, *args);
    AddExamples(*info, {"blasty topics info orders"});
    CLI::App* create = AddAction(*topics, session, args, "create", "create a topic", Create);
    AddName(*create, *args);
    AddConfig(*create, *args);
    AddExamples(*create, {"blasty topics create orders",
                          "blasty topics create logs --max-age 7d --max-bytes 1GiB",
                          "blasty topics create prices --latest-per-key"});
    CLI::App* set = AddAction(*topics, session, args, "set", "change what a topic keeps", Set);
    AddName(*set, *args);
    AddConfig(*set, *args);
    AddExamples(*set, {"blasty topics set logs --max-age 30d",
                       "blasty topics set logs --max-bytes 0      no bound by bytes"});
    CLI::App* rm = AddAction(*topics, session, args, "rm", "remove a topic for ever", Remove);
    AddName(*rm, *args);
    rm->add_option("--confirm", args->confirm, "the name again, instead of asking")
        ->type_name("NAME");
    AddExamples(*rm, {"blasty topics rm logs", "blasty topics rm logs --confirm logs"});
}

}  // namespace blasty::cli
