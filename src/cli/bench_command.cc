#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/interrupts.h"
#include "cli/latency.h"
#include "cli/output.h"
#include "client/consumer.h"
#include "client/publisher.h"
#include "server/json_text.h"
#include "server/units.h"

namespace blasty::cli {
namespace {

struct BenchArgs {
    std::string topic = "bench", size = "100", seconds = "5s", inbox, from;
    uint64_t count = 0, rate = 0;
    uint32_t clients = 1, batch = 1024, in_flight = 32;
    bool wait = false, ids = false;
};

// What all clients of one run add to.
struct Tally {
    std::atomic<uint64_t> messages = 0, bytes = 0, failed = 0;
    std::atomic<int64_t> last_us = 0;
    std::atomic<bool> stop = false;
    LatencyHistogram latency;
    Mutex mutex;
    Status error ABSL_GUARDED_BY(mutex);

    void Fail(const Status& status) {
        stop.store(true);
        MutexLock lock(mutex);
        if (error.ok()) error = status;
    }
};

int64_t Now() { return SystemClock().MonotonicMicros(); }

void CountAnswer(Tally& tally, int64_t sent_us, const Result<client::Published>& result) {
    if (!result.ok()) {
        tally.failed.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    tally.messages.fetch_add(1, std::memory_order_relaxed);
    tally.latency.Add(Now() - sent_us);
}

void PublishLoad(const BenchArgs& args, const Session& session, uint64_t share, size_t size,
                 Tally& tally) {
    client::Client client(session.client_options());
    client::PublisherOptions options;
    options.idempotent = args.ids;
    options.frame_messages_max = args.batch;
    options.frames_in_flight_max = args.in_flight;
    // The queue is what latency is made of under full load: as much as is in flight, twice.
    options.queue_bytes_max = 2 * args.in_flight * options.frame_bytes_max;
    client::Publisher publisher(client, options);
    const std::string payload = Random(RandomSeed()).Bytes(size);
    client::OutMessage message;
    message.payload = payload;
    const int64_t started = Now();
    for (uint64_t i = 0; i < share && !tally.stop.load(std::memory_order_relaxed); ++i) {
        if (args.rate > 0) {
            const auto due = static_cast<int64_t>(i * 1'000'000 * args.clients / args.rate);
            const int64_t ahead = due - (Now() - started);
            if (ahead > 0) std::this_thread::sleep_for(std::chrono::microseconds(ahead));
        }
        const int64_t sent = Now();
        Status status;
        if (args.wait) {
            const auto result = publisher.PublishAndWait(args.topic, message, 30'000'000);
            CountAnswer(tally, sent, result);
            status = result.status();
        } else {
            status = publisher.Publish(args.topic, message, [&tally, sent](auto result) {
                CountAnswer(tally, sent, result);
            });
        }
        if (!status.ok()) return tally.Fail(status);
    }
    const Status flushed = publisher.Flush(60'000'000);
    if (!flushed.ok()) tally.Fail(flushed);
    tally.last_us.store(std::max(tally.last_us.load(), Now()));
}

void ConsumeLoad(const BenchArgs& args, const Session& session, uint64_t share, Tally& tally) {
    client::Client client(session.client_options());
    client::ConsumerOptions options;
    options.topics = {args.topic};
    options.inbox = args.inbox;
    options.batch_bytes_max = 1 << 20;
    if (!args.from.empty()) {
        const Result<v1::Start> start = ParseStart(args.from);
        if (!start.ok()) return tally.Fail(start.status());
        options.start = *start;
    }
    client::Consumer consumer(client, std::move(options));
    client::ConsumedBatch batch;
    std::vector<uint64_t> sequences;
    for (uint64_t got = 0; got < share && !tally.stop.load();) {
        const auto next = consumer.Next(&batch, 100'000);
        if (!next.ok()) return tally.Fail(next.status());
        if (*next != client::NextResult::kBatch) continue;
        const int64_t now = SystemClock().NowMicros();
        uint64_t bytes = 0;
        sequences.clear();
        for (const client::InMessage& message : batch.messages) {
            bytes += message.payload.size();
            tally.latency.Add(now - message.event_time_us);
            if (!args.inbox.empty()) sequences.push_back(message.sequence);
        }
        if (!args.inbox.empty()) consumer.Ack(sequences);
        got += batch.messages.size();
        tally.messages.fetch_add(batch.messages.size());
        tally.bytes.fetch_add(bytes);
        tally.last_us.store(Now());
    }
    if (!args.inbox.empty()) {
        const Status flushed = consumer.FlushAcks(30'000'000);
        if (!flushed.ok()) tally.Fail(flushed);
    }
}

void PrintResult(const char* what, const Session& session, const Tally& tally, int64_t elapsed_us,
                 uint64_t bytes) {
    const double seconds = static_cast<double>(std::max<int64_t>(elapsed_us, 1)) / 1e6;
    const uint64_t messages = tally.messages.load();
    const auto rate = static_cast<uint64_t>(static_cast<double>(messages) / seconds);
    Output out;
    if (session.json) {
        out.Line(server::JsonObject()
                     .Add("bench", what)
                     .Add("messages", messages)
                     .Add("failed", tally.failed.load())
                     .Add("bytes", bytes)
                     .Add("seconds", seconds)
                     .Add("rate", rate)
                     .Add("p50_us", tally.latency.Quantile(0.5))
                     .Add("p99_us", tally.latency.Quantile(0.99))
                     .Take());
        return;
    }
    out.Write(
        StrCat(what, "  ", server::Counted(messages, "message"), " in ",
               server::FormatDuration(elapsed_us), "\nrate     ", server::FormatCount(rate),
               " messages/s, ",
               server::FormatBytes(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)),
               "/s\nlatency  p50 ", server::FormatDuration(tally.latency.Quantile(0.5)), ", p99 ",
               server::FormatDuration(tally.latency.Quantile(0.99)), "\n"));
    if (tally.failed.load() > 0) out.Line(StrCat("failed   ", tally.failed.load()));
}

int RunBench(const BenchArgs& args, const Session& session, bool publish) {
    const Result<uint64_t> size = server::ParseSize(args.size);
    if (!size.ok()) return PrintError(size.status());
    const Result<int64_t> duration = server::ParseDuration(args.seconds);
    if (!duration.ok()) return PrintError(duration.status());
    Tally tally;
    const Interrupts interrupts([&tally] { tally.stop.store(true); });
    const int64_t started = Now();
    std::vector<std::thread> threads;
    std::atomic<uint32_t> running = args.clients;
    for (uint32_t i = 0; i < args.clients; ++i) {
        const uint64_t share =
            args.count == 0 ? UINT64_MAX
                            : args.count / args.clients + (i < args.count % args.clients ? 1 : 0);
        threads.emplace_back([&, share] {
            if (publish) {
                PublishLoad(args, session, share, *size, tally);
            } else {
                ConsumeLoad(args, session, share, tally);
            }
            running.fetch_sub(1);
        });
    }
    while (running.load() > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (args.count == 0 && Now() - started > *duration) tally.stop.store(true);
    }
    for (std::thread& thread : threads) thread.join();
    const int64_t end = tally.last_us.load() > 0 ? tally.last_us.load() : Now();
    Status error;
    {
        MutexLock lock(tally.mutex);
        error = tally.error;
    }
    if (error.ok() || tally.messages.load() > 0)
        PrintResult(publish ? "publish" : "consume", session, tally, end - started,
                    publish ? tally.messages.load() * *size : tally.bytes.load());
    return PrintError(error);
}

}  // namespace

void AddBench(CLI::App& app, Session& session) {
    CLI::App* bench = app.add_subcommand("bench", "put load on a server and measure it");
    AddExamples(*bench,
                {"blasty bench pub --size 100 --seconds 5s", "blasty bench sub --from oldest"});
    auto args = std::make_shared<BenchArgs>();
    const auto add = [&](const char* name, const char* what, bool publish) {
        CLI::App* command = bench->add_subcommand(name, what);
        command->add_option("--topic", args->topic, "topic [bench]")->type_name("NAME");
        command->add_option("--clients", args->clients, "connections [1]")
            ->type_name("N")
            ->check(CLI::Range(1, 10000));
        command->add_option("--seconds", args->seconds, "how long [5s]")->type_name("TIME");
        AddCountOption(*command, "--count", args->count, "messages in all, instead of a time");
        AddServerOption(*command, session);
        AddJsonOption(*command, session);
        command->callback([args, &session, publish] {
            session.run = [args, &session, publish] { return RunBench(*args, session, publish); };
        });
        return command;
    };
    CLI::App* pub = add("pub", "publish as fast as the server acknowledges", true);
    pub->add_option("--size", args->size, "of a message [100]")->type_name("SIZE");
    pub->add_option("--batch", args->batch, "most messages in a frame [1024]")
        ->type_name("N")
        ->check(CLI::Range(1, 65536));
    pub->add_option("--in-flight", args->in_flight, "frames in flight [32]")
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    AddCountOption(*pub, "--rate", args->rate, "messages a second in all [as fast as it goes]");
    pub->add_flag("--wait", args->wait, "each client waits for each answer");
    pub->add_flag("--ids", args->ids, "give every message an id");
    AddExamples(*pub, {"blasty bench pub --size 100 --seconds 5s",
                       "blasty bench pub --clients 64 --wait --seconds 5s",
                       "blasty bench pub --rate 20000 --json", "",
                       "Latency is from the call until the message is on disk."});
    CLI::App* sub = add("sub", "read as fast as the server sends", false);
    sub->add_option("--inbox", args->inbox, "be members of it, and ack")->type_name("NAME");
    sub->add_option("--from", args->from, "oldest, newest, a sequence or a time")
        ->type_name("PLACE");
    AddExamples(*sub, {"blasty bench sub --from oldest --count 1000000",
                       "blasty bench sub --inbox b1 --clients 4", "",
                       "Latency is from the event time of a message until it is here."});
}

}  // namespace blasty::cli
