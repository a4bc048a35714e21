#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/ack_commands.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/message_format.h"
#include "cli/output.h"
#include "client/admin.h"
#include "client/consumer.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr int64_t kAckTimeoutUs = 10'000'000;

struct SubArgs {
    std::vector<std::string> topics;
    std::string inbox, from, ack = "auto", ack_wait;
    uint64_t count = 0;
    uint32_t max_deliveries = 0, max_in_flight = 0;
    std::string dead_letter_topic;
    bool raw = false, no_wait = false, quiet = false;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

Result<client::ConsumerOptions> MakeOptions(const SubArgs& args, bool json) {
    client::ConsumerOptions options;
    if (args.topics.empty() && args.inbox.empty())
        return Usage("give at least one topic, or --inbox with an existing inbox");
    if (args.inbox.empty() && args.ack == "manual")
        return Usage("--ack manual needs --inbox: a plain reader has nothing to ack");
    if (args.raw && json) return Usage("give either --raw or --json, not both");
    if (!args.inbox.empty() && args.no_wait)
        return Usage("--no-wait is for plain readers; with --inbox use --count");
    options.topics = args.topics;
    options.inbox = args.inbox;
    if (!args.from.empty()) {
        BLASTY_ASSIGN_OR_RETURN(v1::Start start, ParseStart(args.from));
        options.start = start;
    } else if (args.no_wait) {
        options.start.emplace().set_oldest(true);
    }
    if (!args.ack_wait.empty()) {
        BLASTY_ASSIGN_OR_RETURN(const int64_t wait, server::ParseDuration(args.ack_wait));
        options.inbox_config.set_ack_wait_us(wait);
    }
    options.inbox_config.set_max_deliveries(args.max_deliveries);
    options.inbox_config.set_max_in_flight(args.max_in_flight);
    options.inbox_config.set_dead_letter_topic(args.dead_letter_topic);
    options.until_caught_up = args.no_wait;
    if (args.count > 0 && args.count < UINT32_MAX) {
        options.credit = static_cast<uint32_t>(args.count);
        options.replenish_credit = false;
    }
    options.on_connection = [](const Status& status) {
        Note(status.ok() ? std::string("connected again")
                         : StrCat("connection lost, trying again: ", MessageOf(status)));
    };
    options.on_gone = [](uint64_t at) {
        Note(StrCat("older messages were removed by retention; going on at #", at));
    };
    options.on_not_in_flight = [](std::span<const uint64_t> sequences) {
        for (const uint64_t sequence : sequences)
            Note(StrCat("#", sequence,
                        " is not in flight here: acked already, or given to another "
                        "member [NOT_IN_FLIGHT]"));
    };
    return options;
}

// One `blasty sub`.
class Subscription {
  public:
    Subscription(const SubArgs& args, const Session& session, client::ConsumerOptions options)
        : args_(args),
          json_(session.json),
          colour_(WantsColour(1)),
          client_(session.client_options()),
          missing_(args.quiet ? std::vector<std::string>() : MissingTopics()),
          consumer_(client_, std::move(options)) {}

    client::Consumer& consumer() { return consumer_; }
    int Run(const Interrupts& interrupts);

  private:
    bool manual() const { return args_.ack == "manual"; }
    bool Print(const client::ConsumedBatch& batch);
    Status Loop(const Interrupts& interrupts);
    void Announce();
    std::vector<std::string> MissingTopics();

    const SubArgs& args_;
    const bool json_, colour_;
    client::Client client_;
    const std::vector<std::string> missing_;  // when it began
    client::Consumer consumer_;
    Output out_;
    uint64_t printed_ = 0;
    uint64_t last_sequence_ = 0;
    std::atomic<uint64_t> answered_ = 0;
    std::atomic<bool> input_ended_ = false;
    std::atomic<bool> done_ = false;
};

// Prints, flushes, and only then acks. False when the reader of our output is gone, or enough.
bool Subscription::Print(const client::ConsumedBatch& batch) {
    std::vector<uint64_t> sequences;
    const int64_t now_us = SystemClock().NowMicros();
    for (const client::InMessage& message : batch.messages) {
        if (args_.count > 0 && printed_ == args_.count) break;
        if (args_.raw) {
            out_.Line(message.payload);
        } else {
            out_.Line(json_ ? FormatJson(message) : FormatHuman(message, colour_, now_us));
        }
        sequences.push_back(message.sequence);
        last_sequence_ = message.sequence;
        ++printed_;
    }
    if (!out_.Flush()) return false;
    if (!args_.inbox.empty() && !manual()) consumer_.Ack(sequences);
    return args_.count == 0 || printed_ < args_.count;
}

Status Subscription::Loop(const Interrupts& interrupts) {
    client::ConsumedBatch batch;
    while (!interrupts.interrupted()) {
        BLASTY_ASSIGN_OR_RETURN(const client::NextResult next, consumer_.Next(&batch, 60'000'000));
        if (next == client::NextResult::kEnd) return OkStatus();
        if (next == client::NextResult::kTimeout) continue;
        if (!Print(batch)) return OkStatus();
    }
    return OkStatus();
}

// Topics that are named and do not exist: reading makes them. What else is wrong the consumer says.
std::vector<std::string> Subscription::MissingTopics() {
    std::vector<std::string> missing;
    client::Admin admin(client_);
    for (const std::string& name : args_.topics) {
        if (name.find_first_of("*>") != std::string::npos) continue;
        const Result<v1::Topic> topic = admin.GetTopic(name);
        if (ReasonOf(topic.status()) == "TOPIC_NOT_FOUND") missing.push_back(name);
    }
    return missing;
}

void Subscription::Announce() {
    if (args_.quiet) return;
    for (const std::string& name : missing_)
        Note(StrCat("there was no topic '", Printable(name), "': created it, empty",
                    args_.no_wait ? "" : ", and wait for its first message"));
    if (isatty(STDERR_FILENO) != 1) return;
    const std::string place = args_.from.empty() ? "" : StrCat(" from ", args_.from);
    if (args_.inbox.empty()) {
        Note(StrCat("reading", place.empty() && !args_.no_wait ? " what comes from now on" : place,
                    "; Ctrl-C stops"));
    } else {
        Note(StrCat(consumer_.inbox_created() ? "created inbox " : "member of inbox ", args_.inbox,
                    "; Ctrl-C stops, the same command goes on"));
    }
}

int Subscription::Run(const Interrupts& interrupts) {
    Status status = consumer_.WaitStarted(30'000'000);
    if (ReasonOf(status) == "INVALID_CONFIG" && args_.topics.empty())
        status = MakeError(StatusCode::kNotFound, "INBOX_NOT_FOUND",
                           StrCat("inbox '", Printable(args_.inbox),
                                  "' does not exist; to create it name what it reads: blasty sub "
                                  "TOPIC --inbox ",
                                  Printable(args_.inbox)));
    if (!status.ok() && ReasonOf(status) != "CANCELLED") return PrintError(status);
    Announce();
    std::thread input;
    if (manual()) {
        input = std::thread([this] {
            ReadAckCommands(STDIN_FILENO, done_, consumer_, &answered_);
            input_ended_.store(true);
        });
    }
    status = Loop(interrupts);
    // Everything asked for was printed: what is answered still counts, until the input ends.
    while (manual() && status.ok() && !out_.broken() && !interrupts.interrupted() &&
           !input_ended_.load() && answered_.load() < printed_) {
        client::ConsumedBatch ignored;
        const auto next = consumer_.Next(&ignored, 50'000);
        if (!next.ok()) status = next.status();
    }
    done_.store(true);
    if (input.joinable()) input.join();
    if (ReasonOf(status) == "CANCELLED") status = OkStatus();
    if (status.ok() && !args_.inbox.empty()) status = consumer_.FlushAcks(kAckTimeoutUs);
    // Said already when the connection was lost; such messages come again.
    if (ReasonOf(status) == "ACK_UNCERTAIN") status = OkStatus();
    if (interrupts.interrupted() && !args_.quiet) {
        Note(StrCat(server::Counted(printed_, "message"),
                    args_.inbox.empty() && consumer_.position() > 0
                        ? StrCat("; go on with --from ", consumer_.position())
                        : ""));
    }
    return PrintError(status);
}

int RunSub(const SubArgs& args, const Session& session) {
    Result<client::ConsumerOptions> options = MakeOptions(args, session.json);
    if (!options.ok()) return PrintError(options.status());
    std::atomic<client::Consumer*> consumer = nullptr;
    const Interrupts interrupts([&consumer] {
        if (client::Consumer* const running = consumer.load()) running->Cancel();
    });
    int exit_code = 0;
    auto subscription = std::make_unique<Subscription>(args, session, *std::move(options));
    consumer.store(&subscription->consumer());
    if (interrupts.interrupted()) subscription->consumer().Cancel();
    exit_code = subscription->Run(interrupts);
    consumer.store(nullptr);
    subscription.reset();
    return exit_code;
}

}  // namespace

void AddSub(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("sub", "print messages of topics as they come");
    auto args = std::make_shared<SubArgs>();
    command->add_option("topics", args->topics, "names, or wildcards: orders.* orders.>")
        ->type_name("");
    command->add_option("--inbox", args->inbox, "be a member of this inbox, and ack")
        ->type_name("NAME");
    command->add_option("--from", args->from, "oldest, newest, a sequence or a time")
        ->type_name("PLACE");
    AddCountOption(*command, "--count", args->count, "stop after so many messages");
    command->add_option("--ack", args->ack, "auto (once printed) or manual [auto]")
        ->type_name("HOW")
        ->check(CLI::IsMember({"auto", "manual"}));
    command->add_option("--ack-wait", args->ack_wait, "of a new inbox: redeliver after [30s]")
        ->type_name("TIME");
    command
        ->add_option("--max-deliveries", args->max_deliveries, "of a new inbox: then a dead letter")
        ->type_name("N");
    command->add_option("--max-in-flight", args->max_in_flight, "of a new inbox [4096]")
        ->type_name("N");
    command
        ->add_option("--dead-letter-topic", args->dead_letter_topic, "of a new inbox [INBOX.dead]")
        ->type_name("TOPIC");
    command->add_flag("--no-wait", args->no_wait, "stop once everything stored was printed");
    command->add_flag("--raw", args->raw, "payloads only, one a line");
    command->add_flag("-q,--quiet", args->quiet, "no notes on standard error");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty sub hello", "blasty sub 'orders.>' --from -15m --json",
                           "blasty sub catalogue --inbox reader    run it again: it goes on",
                           "blasty sub jobs --inbox workers --count 1 --ack manual",
                           "blasty sub logs --from oldest --no-wait --raw > logs.txt", "",
                           "With --ack manual, lines on standard input answer: ack SEQ, nack SEQ",
                           "[DELAY], extend SEQ. Members of one inbox share its messages."});
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunSub(*args, session); }; });
}

}  // namespace blasty::cli
