#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>

#include "base/clock.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/demo_cast.h"
#include "cli/demo_ledger.h"
#include "cli/demo_server.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/output.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

constexpr size_t kStringsMax = 1000;
constexpr int64_t kTimeoutUs = 30'000'000;

const std::vector<std::string>& DefaultStrings() {
    static const auto* strings =
        new std::vector<std::string>{"hello, world",      "grüß dich",    "こんにちは",
                                     "the log remembers", "even kill -9", "cannot make it forget"};
    return *strings;
}

Status Stopped() { return MakeError(StatusCode::kCancelled, "CANCELLED", "stopped"); }

class Demo {
  public:
    Demo(std::vector<std::string> strings, std::string folder, const Interrupts& interrupts)
        : strings_(std::move(strings)),
          interrupts_(interrupts),
          stage_(WantsColour(1), isatty(STDOUT_FILENO) == 1 ? 45'000 : 0),
          server_(std::move(folder)) {}

    // True when the reckoning is right.
    Result<bool> Run();

  private:
    Status Open();
    Status FirstRound(DemoCast& cast);
    Status SecondRound(DemoCast& cast);
    Status WaitFor(uint64_t greetings);
    // What an inbox gives to somebody who joins now; must be nothing.
    Result<uint64_t> Leftovers();
    bool Reckon(uint64_t leftovers, int64_t elapsed_us);

    const std::vector<std::string> strings_;
    const Interrupts& interrupts_;
    DemoStage stage_;
    DemoLedger ledger_;
    DemoServer server_;
};

Status Demo::Open() {
    stage_.Title("1. A server starts, in a folder of its own");
    BLASTY_RETURN_IF_ERROR(server_.Start());
    stage_.Line(StrCat("  process ", static_cast<int64_t>(server_.pid()), ", listening on ",
                       server_.address(), ", data in ", server_.folder()));
    stage_.Line("  Ada, Ben and Cleo publish to the topic greetings.");
    stage_.Line("  Radio and Diary read along. Dora and Emil share an inbox, ack, and answer.");
    return OkStatus();
}

Status Demo::WaitFor(uint64_t greetings) {
    if (ledger_.WaitComplete(DemoCast::Expected(greetings), kTimeoutUs,
                             [this] { return interrupts_.interrupted(); }))
        return OkStatus();
    return interrupts_.interrupted() ? Stopped() : OkStatus();
}

Status Demo::FirstRound(DemoCast& cast) {
    stage_.Title("2. Strings go round");
    for (size_t i = 0; i < strings_.size(); ++i) {
        if (interrupts_.interrupted()) return Stopped();
        BLASTY_RETURN_IF_ERROR(cast.Say(i, strings_[i], false));
        stage_.Pause();
    }
    return WaitFor(strings_.size());
}

Status Demo::SecondRound(DemoCast& cast) {
    stage_.Title("3. Once more, and kill -9 in the middle");
    const size_t middle = strings_.size() / 2;
    for (size_t i = 0; i < strings_.size(); ++i) {
        if (interrupts_.interrupted()) return Stopped();
        if (i == middle) {
            const auto pid = static_cast<int64_t>(server_.pid());
            server_.Kill();
            stage_.Line(Paint(
                stage_.colour(), Colour::kRed,
                StrCat("  ✗ kill -9 ", pid, ": the server is gone, everybody keeps talking")));
        }
        BLASTY_RETURN_IF_ERROR(cast.Say(i + 1, strings_[i], i >= middle));
        stage_.Pause();
    }
    const int64_t started = SystemClock().MonotonicMicros();
    BLASTY_RETURN_IF_ERROR(server_.Start());
    stage_.Line(Paint(
        stage_.colour(), Colour::kGreen,
        StrCat("  ✓ restarted as process ", static_cast<int64_t>(server_.pid()), ", serving after ",
               server::FormatDuration(SystemClock().MonotonicMicros() - started))));
    return WaitFor(2 * strings_.size());
}

Result<uint64_t> Demo::Leftovers() {
    client::Client client(client::ClientOptions{.server = server_.address()});
    client::ConsumerOptions options;
    options.inbox = kInbox;
    client::Consumer late(client, std::move(options));
    BLASTY_RETURN_IF_ERROR(late.WaitStarted(kTimeoutUs));
    uint64_t count = 0;
    client::ConsumedBatch batch;
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const client::NextResult next, late.Next(&batch, 250'000));
        if (next != client::NextResult::kBatch) return count;
        count += batch.messages.size();
    }
}

bool Demo::Reckon(uint64_t leftovers, int64_t elapsed_us) {
    std::vector<ReckoningLine> lines = ledger_.Reckon(DemoCast::Expected(2 * strings_.size()));
    lines.push_back({leftovers == 0, StrCat("Finn joins the inbox late and finds ", leftovers,
                                            " messages: all were acked")});
    bool good = true;
    stage_.Title("4. The reckoning");
    for (const ReckoningLine& line : lines) {
        stage_.Line(StrCat("  ",
                           line.good ? Paint(stage_.colour(), Colour::kGreen, "✓")
                                     : Paint(stage_.colour(), Colour::kRed, "✗"),
                           " ", line.text));
        good = good && line.good;
    }
    if (!good) {
        stage_.Title("Something was lost or came back. That is a bug; please report it.");
        return false;
    }
    stage_.Title(StrCat("Nothing acknowledged was lost. It took ",
                        server::FormatDuration(elapsed_us), ". Now you:"));
    const std::string_view program = program_invocation_name;  // as it was called
    stage_.Line(StrCat("\n  ", program, " serve\n\nand in two more terminals:\n\n  ", program,
                       " sub hello\n  ", program, " pub hello 'first message'\n"));
    return true;
}

Result<bool> Demo::Run() {
    const int64_t started = SystemClock().MonotonicMicros();
    BLASTY_RETURN_IF_ERROR(Open());
    DemoCast cast(stage_, ledger_, server_.address());
    BLASTY_RETURN_IF_ERROR(cast.Start());
    BLASTY_RETURN_IF_ERROR(FirstRound(cast));
    BLASTY_RETURN_IF_ERROR(SecondRound(cast));
    cast.Stop();
    BLASTY_ASSIGN_OR_RETURN(const uint64_t leftovers, Leftovers());
    return Reckon(leftovers, SystemClock().MonotonicMicros() - started);
}

int RunDemo(const std::vector<std::string>& given) {
    std::vector<std::string> strings = given.empty() ? DefaultStrings() : given;
    if (strings.size() > kStringsMax) strings.resize(kStringsMax);
    const Interrupts interrupts(nullptr);
    Result<std::string> folder = DemoServer::MakeFolder();
    if (!folder.ok()) return PrintError(folder.status());
    Result<bool> good = false;
    {
        Demo demo(std::move(strings), *std::move(folder), interrupts);
        good = demo.Run();
    }
    if (interrupts.interrupted()) return kInterrupted;
    if (!good.ok()) return PrintError(good.status());
    return *good ? kOk : kFailure;
}

}  // namespace

void AddDemo(CLI::App& app, Session& session) {
    CLI::App* command =
        app.add_subcommand("demo", "see it work: publish, read, kill, nothing lost");
    auto strings = std::make_shared<std::vector<std::string>>();
    command->add_option("strings", *strings, "what is passed round")->type_name("");
    AddExamples(*command, {"blasty demo", "blasty demo 'to be' 'or not to be'", "",
                           "Starts a server of its own in a temporary folder and removes both."});
    command->callback(
        [strings, &session] { session.run = [strings] { return RunDemo(*strings); }; });
}

}  // namespace blasty::cli
