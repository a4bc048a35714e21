// Kills the real server under load, again and again, and checks the outside record: every
// acknowledged publish is delivered at least once, nothing comes after its confirmed ack, each key
// keeps its order, nothing is stored twice.
//
//   kill_loop --blasty PROGRAM [--seconds N] [--seed N]
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/strings.h"
#include "blasty/v1/topics.grpc.pb.h"
#include "tests/crash/kill_cycle.h"
#include "tests/crash/record.h"
#include "tests/crash/server_process.h"

namespace blasty::crash {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr char kTopic[] = "crash.orders";
constexpr char kInbox[] = "crash-inbox";
constexpr int kPublishers = 3;
constexpr int kMembers = 2;
constexpr int kKeysPerPublisher = 4;

struct Shared {
    Record record;
    std::string address;
    std::atomic<bool> publishing{true};
    std::atomic<bool> consuming{true};
};

std::unique_ptr<v1::Topics::Stub> NewStub(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
    return v1::Topics::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

bool ParseItem(const v1::Message& message, Item* item) {
    item->key = message.key();
    item->number = std::strtoull(message.payload().c_str(), nullptr, 10);
    return item->number > 0;
}

// Publishes its keys in order; a batch is sent again, with the same ids, until it is acknowledged.
void Publish(Shared& shared, int publisher, uint64_t seed) {
    Random random(seed);
    auto stub = NewStub(shared.address);
    uint64_t next[kKeysPerPublisher] = {};
    while (shared.publishing) {
        v1::PublishRequest request;
        request.set_topic(kTopic);
        std::vector<Item> items;
        for (uint64_t i = 0, n = 1 + random.Below(40); i < n; ++i) {
            const auto k = random.Below(kKeysPerPublisher);
            items.push_back({StrCat("p", publisher, "k", k), ++next[k]});
            v1::Message* message = request.add_messages();
            message->set_key(items.back().key);
            message->set_id(StrCat(items.back().key, "-", items.back().number));
            message->set_payload(
                StrCat(items.back().number, " ", std::string(random.Below(300), 'x')));
        }
        while (true) {
            grpc::ClientContext context;
            context.set_deadline(std::chrono::system_clock::now() + seconds(10));
            v1::PublishResponse response;
            const grpc::Status status = stub->Publish(&context, request, &response);
            if (status.ok()) {
                for (size_t i = 0; i < items.size(); ++i) {
                    shared.record.Acknowledged(items[i], response.sequences(static_cast<int>(i)));
                }
                break;
            }
            std::this_thread::sleep_for(milliseconds(20));
        }
    }
}

// One stream of a member: until it breaks or the test is over.
void ConsumeOnce(Shared& shared, v1::Topics::Stub& stub, Random& random) {
    grpc::ClientContext context;
    auto stream = stub.Consume(&context);
    std::atomic<bool> done{false};
    std::thread watch([&] {  // ends the blocking read when the test is over
        while (shared.consuming && !done) std::this_thread::sleep_for(milliseconds(20));
        if (!done) context.TryCancel();
    });
    v1::ConsumeRequest start;
    start.mutable_start()->add_topics(kTopic);
    start.mutable_start()->set_inbox(kInbox);
    bool alive = stream->Write(start);
    std::deque<std::vector<uint64_t>> unconfirmed;
    uint64_t confirmed_requests = 0;
    v1::ConsumeResponse response;
    while (alive && stream->Read(&response)) {
        if (response.has_batch()) {
            v1::ConsumeRequest ack;
            std::vector<uint64_t> sequences;
            for (const v1::Delivered& delivered : response.batch().messages()) {
                Item item;
                if (ParseItem(delivered.message(), &item)) {
                    shared.record.Delivered(item, delivered.sequence());
                }
                sequences.push_back(delivered.sequence());
                ack.mutable_ack()->add_sequences(delivered.sequence());
            }
            if (random.Chance(1, 200)) break;  // leaves with messages unacked
            unconfirmed.push_back(std::move(sequences));
            alive = stream->Write(ack);
        } else if (response.has_acked()) {
            for (; confirmed_requests < response.acked().ack_requests(); ++confirmed_requests) {
                for (const uint64_t sequence : unconfirmed.front())
                    shared.record.AckConfirmed(sequence);
                unconfirmed.pop_front();
            }
        }
    }
    done = true;
    context.TryCancel();
    watch.join();
    stream->Finish();
}

void Consume(Shared& shared, uint64_t seed) {
    Random random(seed);
    auto stub = NewStub(shared.address);
    while (shared.consuming) {
        ConsumeOnce(shared, *stub, random);
        if (shared.consuming) std::this_thread::sleep_for(milliseconds(20));
    }
}

// Reads the whole topic as a plain reader.
bool ReadAll(Shared& shared) {
    auto stub = NewStub(shared.address);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(120));
    auto stream = stub->Consume(&context);
    v1::ConsumeRequest start;
    start.mutable_start()->add_topics(kTopic);
    start.mutable_start()->mutable_start()->set_oldest(true);
    start.mutable_start()->set_until_caught_up(true);
    stream->Write(start);
    v1::ConsumeResponse response;
    while (stream->Read(&response)) {
        for (const v1::Delivered& delivered : response.batch().messages()) {
            Item item;
            if (ParseItem(delivered.message(), &item))
                shared.record.Read(item, delivered.sequence());
        }
    }
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    if (!status.ok()) std::fprintf(stderr, "reading all: %s\n", status.error_message().c_str());
    return status.ok();
}

// Waits for the inbox to bring everything; gives up after a minute without progress.
void Drain(Shared& shared) {
    uint64_t best = shared.record.undelivered();
    auto progress = SteadyClock::now();
    while (best > 0 && SteadyClock::now() - progress < seconds(60)) {
        std::this_thread::sleep_for(milliseconds(50));
        const uint64_t now = shared.record.undelivered();
        if (now < best) {
            best = now;
            progress = SteadyClock::now();
        }
    }
}

int Run(const Arguments& arguments) {
    Random random(arguments.seed);
    ServerProcess server(arguments.binary, arguments.directory);
    if (!server.Start()) return 1;
    Shared shared;
    shared.address = server.address();
    std::vector<std::thread> publishers, members;
    for (int i = 0; i < kPublishers; ++i) {
        publishers.emplace_back(Publish, std::ref(shared), i,
                                arguments.seed + 100 + static_cast<uint64_t>(i));
    }
    for (int i = 0; i < kMembers; ++i) {
        members.emplace_back(Consume, std::ref(shared),
                             arguments.seed + 200 + static_cast<uint64_t>(i));
    }
    const int kills = KillAgainAndAgain(server, random, arguments.seconds);
    shared.publishing = false;
    for (std::thread& thread : publishers) thread.join();
    Drain(shared);
    shared.consuming = false;
    for (std::thread& thread : members) thread.join();
    const bool read = ReadAll(shared);
    const int code = server.Terminate();

    const auto violations = shared.record.Violations();
    for (const std::string& text : violations) std::printf("violation: %s\n", text.c_str());
    std::printf(
        "%d kills, %llu acknowledged, %llu delivered, %llu acks confirmed, clean stop exit code "
        "%d\n",
        kills, static_cast<unsigned long long>(shared.record.acknowledged()),
        static_cast<unsigned long long>(shared.record.delivered()),
        static_cast<unsigned long long>(shared.record.confirmed()), code);
    const bool good =
        violations.empty() && read && code == 0 && kills > 0 && shared.record.confirmed() > 0;
    return Finish(arguments, good);
}

}  // namespace
}  // namespace blasty::crash

int main(int argc, char** argv) {
    return blasty::crash::Run(blasty::crash::ReadArguments(argc, argv, "kill-loop"));
}
