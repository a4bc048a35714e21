// For tests: topics over a file system in memory, with commits and time moved by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "exec/sim_executor.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "topics/topics.h"

namespace blasty::topics::internal {

struct TestBus {
    explicit TestBus(TopicsOptions with = TopicsOptions(), uint64_t seed = 1)
        : options(std::move(with)), executor(seed) {
        options.directory = "db";
        options.log.manual_commit = true;
        options.log.salt_seed = seed;
        options.log.segment_bytes = 128 << 10;
        OpenAgain();
    }

    void OpenAgain() {
        Result<std::unique_ptr<Topics>> opened = Topics::Open(disk, options, executor, clock());
        BLASTY_CHECK(opened.ok()) << opened.status();
        topics = *std::move(opened);
    }
    void Restart() {
        topics.reset();
        executor.DropAll();
        OpenAgain();
    }
    // Power goes: nothing reaches the disk any more. Then Topics and whatever uses it may be
    // destroyed.
    void PowerOff() { disk.FailEverything(); }
    // What was not synced is drawn by the seed. REQUIRES PowerOff, and no members or readers left.
    void PowerOn(uint64_t seed) {
        topics.reset();
        executor.DropAll();
        memory.Crash(io::CrashMode::kMix, seed);
        disk.Heal();
        OpenAgain();
    }
    ManualClock& clock() { return executor.clock(); }

    struct Sent {
        bool done = false;
        Status status;
        std::vector<Published> results;
    };
    // Queues only; answered by Settle.
    std::shared_ptr<Sent> Send(std::string_view topic, std::vector<NewMessage> messages) {
        auto sent = std::make_shared<Sent>();
        topics->Publish(topic, messages, [sent](Result<std::span<const Published>> result) {
            BLASTY_CHECK(!sent->done) << "answered twice";
            sent->done = true;
            sent->status = result.status();
            if (result.ok()) sent->results.assign(result->begin(), result->end());
        });
        return sent;
    }
    // Commits and runs what follows from it, until nothing changes; time stands still.
    void Settle() {
        for (int i = 0; i < 4; ++i) {
            topics->CommitQueued();
            executor.RunReady();
        }
    }
    void RunFor(int64_t us) {
        executor.RunFor(us);
        Settle();
    }
    uint64_t Publish(std::string_view topic, std::string_view payload, std::string_view key = "",
                     std::string_view id = "") {
        NewMessage message;
        message.payload = payload;
        message.key = key;
        message.id = id;
        const auto sent = Send(topic, {message});
        Settle();
        BLASTY_CHECK(sent->done && sent->status.ok()) << sent->status;
        return sent->results[0].sequence.value();
    }
    std::unique_ptr<Reader> Read(
        std::string pattern,
        blasty::topics::Start start = {blasty::topics::Start::Kind::kOldest, {}, 0},
        std::function<void()> wake = nullptr) {
        auto reader = topics->OpenReader({{std::move(pattern)}, start}, std::move(wake));
        BLASTY_CHECK(reader.ok()) << reader.status();
        return *std::move(reader);
    }
    std::unique_ptr<Member> Join(const std::string& inbox, const InboxConfig& config = {},
                                 std::function<void()> wake = nullptr) {
        JoinOptions join;
        join.inbox = inbox;
        join.config = config;
        auto member = topics->Join(join, std::move(wake));
        BLASTY_CHECK(member.ok()) << member.status();
        return *std::move(member);
    }

    TopicsOptions options;
    io::MemoryFileSystem memory;
    io::FaultyFileSystem disk{memory};
    exec::SimExecutor executor;
    std::unique_ptr<Topics> topics;
};

inline InboxConfig Reading(std::vector<std::string> patterns) {
    InboxConfig config;
    config.patterns = std::move(patterns);
    return config;
}

inline std::vector<Message> FetchAll(Reader& reader, FetchLimits limits = {}) {
    std::vector<Message> out;
    while (true) {
        const size_t before = out.size();
        const Status status = reader.Fetch(limits, &out);
        BLASTY_CHECK(status.ok()) << status;
        if (out.size() == before) return out;
    }
}

inline std::vector<Delivery> FetchAll(Member& member, FetchLimits limits = {}) {
    std::vector<Delivery> out;
    while (true) {
        const size_t before = out.size();
        const Status status = member.Fetch(limits, &out);
        BLASTY_CHECK(status.ok()) << status;
        if (out.size() == before) return out;
    }
}

// "a b c" of the payloads.
inline std::string Payloads(const std::vector<Message>& messages) {
    std::string out;
    for (const Message& m : messages) {
        if (!out.empty()) out += ' ';
        out += m.payload;
    }
    return out;
}
inline std::string Payloads(const std::vector<Delivery>& deliveries) {
    std::string out;
    for (const Delivery& d : deliveries) {
        if (!out.empty()) out += ' ';
        out += d.message.payload;
    }
    return out;
}

// Acks one message; the status arrives with the next Settle.
inline std::shared_ptr<Status> AckLater(Member& member, Sequence sequence) {
    auto status = std::make_shared<Status>(StatusCode::kUnknown, "not answered");
    const Sequence one[] = {sequence};
    member.Ack(one, [status](const Status& s) { *status = s; });
    return status;
}

}  // namespace blasty::topics::internal
