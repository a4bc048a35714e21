#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/line_reader.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/standard_streams.h"
#include "client/publisher.h"
#include "io/file_system.h"
#include "server/json_text.h"
#include "server/units.h"
#include "topics/limits.h"

namespace blasty::cli {
namespace {

constexpr int64_t kAnswerTimeoutUs = 60'000'000;
// A server that is just being restarted is waited for.
constexpr int64_t kFirstConnectionUs = 1'000'000;

struct PubArgs {
    std::string topic;
    std::vector<std::string> strings;
    std::string lines, file;
    std::string key, id, time;
    std::vector<std::string> headers;
    bool no_ids = false, quiet = false;
};

Status Usage(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "USAGE", message);
}

Status CheckUtf8(std::string_view what, std::string_view text) {
    if (IsUtf8(text)) return OkStatus();
    return Usage(StrCat(what, " '", Printable(text),
                        "' is not UTF-8; only payloads, keys and values of headers may be"
                        " any bytes"));
}

// The server's place is a number of requests (client::PlaceOf); a person knows `place`, empty when
// there is only one.
Status InPlace(const Status& status, std::string_view place) {
    return place.empty() ? status : Annotate(status, place);
}

// The parts of a message that are the same for all; views into the arguments.
struct Prepared {
    std::vector<client::Header> headers;
    client::OutMessage message;
};

Result<Prepared> Prepare(const PubArgs& args) {
    const int sources = !args.strings.empty() + !args.lines.empty() + !args.file.empty();
    if (sources != 1)
        return Usage(sources == 0 ? "nothing to publish: give STRINGs, --lines FILE or --file FILE"
                                  : "give either STRINGs, --lines or --file, not several");
    if (!args.id.empty() && (args.strings.size() > 1 || !args.lines.empty()))
        return Usage("--id names one message; publish one at a time with it");
    BLASTY_RETURN_IF_ERROR(CheckUtf8("topic", args.topic));
    BLASTY_RETURN_IF_ERROR(CheckUtf8("--id", args.id));
    Prepared out;
    for (const std::string& header : args.headers) {
        const size_t equals = header.find('=');
        if (equals == std::string::npos || equals == 0)
            return Usage(StrCat("--header '", Printable(header), "' is not NAME=VALUE"));
        const std::string_view text = header;
        BLASTY_RETURN_IF_ERROR(CheckUtf8("name of --header", text.substr(0, equals)));
        out.headers.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
    out.message.key = args.key;
    out.message.id = args.id;
    if (!args.time.empty()) {
        BLASTY_ASSIGN_OR_RETURN(out.message.event_time_us,
                                server::ParseTime(args.time, SystemClock().NowMicros()));
    }
    return out;
}

int PublishStrings(const PubArgs& args, const Prepared& prepared,
                   const std::vector<std::string>& strings, const Session& session) {
    client::Client client(session.client_options());
    client::PublisherOptions options;
    options.idempotent = !args.no_ids;
    options.first_connection_us = kFirstConnectionUs;
    client::Publisher publisher(client, options);
    Output out;
    client::OutMessage message = prepared.message;
    message.headers = prepared.headers;
    for (const std::string& text : strings) {
        message.payload = text;
        const Result<client::Published> stored =
            publisher.PublishAndWait(args.topic, message, kAnswerTimeoutUs);
        if (!stored.ok()) {
            out.Flush();
            const size_t number = static_cast<size_t>(&text - strings.data()) + 1;
            return PrintError(
                InPlace(stored.status(), strings.size() > 1
                                             ? StrCat("message ", number, " of ", strings.size())
                                             : std::string()));
        }
        if (session.json) {
            out.Line(server::JsonObject()
                         .Add("topic", std::string_view(args.topic))
                         .Add("sequence", stored->sequence)
                         .Add("duplicate", stored->duplicate)
                         .Take());
        } else if (!args.quiet) {
            out.Line(stored->duplicate ? StrCat(args.topic, " #", stored->sequence,
                                                " duplicate, not stored again")
                                       : StrCat(args.topic, " #", stored->sequence, " stored"));
        }
    }
    return kOk;
}

void PrintSummary(const PubArgs& args, const Session& session, const client::PublisherStats& stats,
                  uint64_t bytes, int64_t elapsed_us, bool interrupted) {
    if (args.quiet) return;
    const double seconds = static_cast<double>(std::max<int64_t>(elapsed_us, 1)) / 1e6;
    const auto rate = static_cast<uint64_t>(static_cast<double>(stats.stored) / seconds);
    Output out;
    if (session.json) {
        out.Line(server::JsonObject()
                     .Add("topic", std::string_view(args.topic))
                     .Add("stored", stats.stored - stats.duplicates)
                     .Add("duplicates", stats.duplicates)
                     .Add("failed", stats.failed)
                     .Add("bytes", bytes)
                     .Add("seconds", seconds)
                     .Add("interrupted", interrupted)
                     .Take());
        return;
    }
    out.Line(StrCat(args.topic, ": ", server::Counted(stats.stored, "message"), " stored, ",
                    server::FormatBytes(bytes), " in ", server::FormatDuration(elapsed_us), " (",
                    server::FormatCount(rate), "/s)",
                    stats.failed > 0 ? StrCat(", ", stats.failed, " failed") : "",
                    interrupted ? ", interrupted" : ""));
}

// The first line that was not stored.
class FirstFailure {
  public:
    void Set(uint64_t line, const Status& status) {
        MutexLock lock(mutex_);
        if (line_ != 0 && line_ < line) return;
        line_ = line;
        status_ = status;
    }
    // Told with its line unless it is about the connection.
    Status Told(const Status& status) {
        MutexLock lock(mutex_);
        const bool about_line = line_ != 0 && status_.code() == StatusCode::kInvalidArgument;
        return about_line ? InPlace(status_, StrCat("line ", line_)) : status;
    }

  private:
    Mutex mutex_;
    uint64_t line_ ABSL_GUARDED_BY(mutex_) = 0;
    Status status_ ABSL_GUARDED_BY(mutex_);
};

int PublishLines(const PubArgs& args, const Prepared& prepared, const Session& session) {
    std::atomic<bool> stop = false;
    LineReader reader(stop);
    if (const Status status = reader.Open(args.lines); !status.ok()) return PrintError(status);
    const Interrupts interrupts([&stop] { stop.store(true); });
    client::Client client(session.client_options());
    client::PublisherOptions options;
    options.idempotent = !args.no_ids;
    options.on_connection = [](const Status& status) {
        Note(status.ok() ? std::string("connected again")
                         : StrCat("connection lost, trying again (", ReasonOf(status), ")"));
    };
    options.first_connection_us = kFirstConnectionUs;
    FirstFailure failure;
    client::Publisher publisher(client, options);
    client::OutMessage message = prepared.message;
    message.headers = prepared.headers;
    const int64_t started = SystemClock().MonotonicMicros();
    uint64_t count = 0;
    Status status;
    {
        Progress progress(reader.size(), "messages");
        std::string_view line;
        while (status.ok() && reader.Next(&line)) {
            ++count;
            if (line.size() > topics::kMessageBytesMax) {
                status =
                    MakeError(StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE",
                              StrCat("line ", count, " has more than ", topics::kMessageBytesMax,
                                     " bytes, no server takes that; stopped there"));
                break;
            }
            message.payload = line;
            status = publisher.Publish(args.topic, message,
                                       [&failure, count](const Result<client::Published>& result) {
                                           if (!result.ok()) failure.Set(count, result.status());
                                       });
            progress.Update(reader.read(), count);
        }
    }
    const Status flushed = publisher.Flush(kAnswerTimeoutUs);
    if (status.ok()) status = failure.Told(flushed);
    if (status.ok()) status = reader.status();
    PrintSummary(args, session, publisher.stats(), reader.read(),
                 SystemClock().MonotonicMicros() - started, stop.load());
    return PrintError(status);
}

int RunPub(const PubArgs& args, const Session& session) {
    const Result<Prepared> prepared = Prepare(args);
    if (!prepared.ok()) return PrintError(prepared.status());
    if (!args.lines.empty()) return PublishLines(args, *prepared, session);
    if (args.file.empty()) return PublishStrings(args, *prepared, args.strings, session);
    if (args.file == "-") {
        if (const Status status = CheckStandardInput("--file"); !status.ok())
            return PrintError(status);
        const Result<std::string> input = ReadStandardInput(topics::kMessageBytesMax);
        if (!input.ok()) return PrintError(input.status());
        return PublishStrings(args, *prepared, {*input}, session);
    }
    std::error_code error;
    if (std::filesystem::is_directory(args.file, error))
        return PrintError(
            Usage(StrCat("--file '", Printable(args.file), "' is a directory; name a file")));
    const Result<std::string> contents =
        io::ReadFile(io::PosixFileSystem(), args.file, topics::kMessageBytesMax);
    if (!contents.ok()) return PrintError(contents.status());
    return PublishStrings(args, *prepared, {*contents}, session);
}

}  // namespace

void AddPub(CLI::App& app, Session& session) {
    CLI::App* command = app.add_subcommand("pub", "publish messages to a topic");
    auto args = std::make_shared<PubArgs>();
    command->add_option("topic", args->topic, "name of the topic")->required()->type_name("");
    command->add_option("strings", args->strings, "one message each")->type_name("");
    command->add_option("--lines", args->lines, "one message a line; - is standard input")
        ->type_name("FILE");
    command->add_option("--file", args->file, "the whole file as one message; - likewise")
        ->type_name("FILE");
    command->add_option("--key", args->key, "messages of one key keep their order")
        ->type_name("KEY");
    command->add_option("--id", args->id, "stored once within two minutes")->type_name("ID");
    command->add_option("--header", args->headers, "NAME=VALUE; may be repeated")
        ->type_name("H")
        ->allow_extra_args(false);
    command->add_option("--time", args->time, "event time [now]")->type_name("TIME");
    command->add_flag("--no-ids", args->no_ids, "no ids made up: faster, not sent twice");
    command->add_flag("-q,--quiet", args->quiet, "print errors only");
    AddServerOption(*command, session);
    AddJsonOption(*command, session);
    AddExamples(*command, {"blasty pub hello 'first message' 'second message'",
                           "blasty pub orders.eu '{\"item\":7}' --key customer-12 --id order-991",
                           "blasty pub catalogue --lines packages.jsonl",
                           "tail -f app.log | blasty pub logs --lines -",
                           "blasty pub photos --file cat.jpg --header type=image/jpeg", "",
                           "A message is on disk when the command says that it is stored."});
    command->callback(
        [args, &session] { session.run = [args, &session] { return RunPub(*args, session); }; });
}

}  // namespace blasty::cli
