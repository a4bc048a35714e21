// The client library against a real server in this process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <set>

#include "base/strings.h"
#include "cli/test_server.h"
#include "client/admin.h"
#include "client/consumer.h"
#include "client/publisher.h"

namespace blasty::cli {
namespace {

class ServerTest : public ServerFixture {};

std::vector<uint64_t> Sequences(const client::ConsumedBatch& batch) {
    std::vector<uint64_t> out;
    for (const client::InMessage& message : batch.messages) out.push_back(message.sequence);
    return out;
}

// Everything there is up to `count` messages, payloads only.
std::vector<std::string> Take(client::Consumer& consumer, size_t count, bool ack) {
    std::vector<std::string> out;
    client::ConsumedBatch batch;
    while (out.size() < count) {
        const auto next = consumer.Next(&batch, kLongUs);
        EXPECT_TRUE(next.ok()) << next.status();
        if (!next.ok() || *next != client::NextResult::kBatch) break;
        for (const client::InMessage& message : batch.messages) out.emplace_back(message.payload);
        if (ack) consumer.Ack(Sequences(batch));
    }
    return out;
}

TEST_F(ServerTest, PublishesInOrderAndReadsBack) {
    Start();
    client::Publisher publisher(*client_, {});
    constexpr int kCount = 20'000;
    std::atomic<int> stored = 0;
    std::vector<std::string> wanted;
    for (int i = 0; i < kCount; ++i) {
        wanted.push_back(StrCat("message ", i));
        ASSERT_TRUE(publisher
                        .Publish("orders.eu", {.payload = wanted.back(), .key = "k"},
                                 [&](auto result) { stored += result.ok(); })
                        .ok());
    }
    ASSERT_TRUE(publisher.Flush(kLongUs).ok());
    EXPECT_EQ(stored.load(), kCount);
    client::ConsumerOptions options{.topics = {"orders.>"}};
    options.start.emplace().set_oldest(true);
    client::Consumer consumer(*client_, options);
    EXPECT_EQ(Take(consumer, kCount, false), wanted);
}

TEST_F(ServerTest, EverythingOfAMessageComesBack) {
    Start();
    client::Publisher publisher(*client_, {});
    const client::Header headers[] = {{"type", "text"}, {"n", "2"}};
    const auto stored = publisher.PublishAndWait("t",
                                                 {.payload = std::string_view("\0\xff", 2),
                                                  .key = "key",
                                                  .id = "id",
                                                  .headers = headers,
                                                  .event_time_us = 1234},
                                                 kLongUs);
    ASSERT_TRUE(stored.ok()) << stored.status();
    client::ConsumerOptions options{.topics = {"t"}};
    options.start.emplace().set_sequence(stored->sequence);
    client::Consumer consumer(*client_, options);
    client::ConsumedBatch batch;
    ASSERT_EQ(*consumer.Next(&batch, kLongUs), client::NextResult::kBatch);
    const client::InMessage& message = batch.messages.at(0);
    EXPECT_EQ(message.sequence, stored->sequence);
    EXPECT_EQ(message.topic, "t");
    EXPECT_EQ(message.payload, std::string_view("\0\xff", 2));
    EXPECT_EQ(message.key, "key");
    EXPECT_EQ(message.id, "id");
    EXPECT_EQ(message.event_time_us, 1234);
    ASSERT_EQ(message.Headers().size(), 2u);
    EXPECT_EQ(message.Headers()[1].value, "2");
    EXPECT_TRUE(publisher.PublishAndWait("t", {.payload = "x", .id = "id"}, kLongUs)->duplicate);
}

TEST_F(ServerTest, ReaderAndPublisherOutliveARestart) {
    Start();
    client::Publisher publisher(*client_, {});
    ASSERT_TRUE(publisher.PublishAndWait("t", {.payload = "one"}, kLongUs).ok());
    client::ConsumerOptions options{.topics = {"t"}};
    options.start.emplace().set_oldest(true);
    client::Consumer consumer(*client_, options);
    EXPECT_EQ(Take(consumer, 1, false), std::vector<std::string>{"one"});
    Restart();
    const auto two = publisher.PublishAndWait("t", {.payload = "two"}, kLongUs);
    ASSERT_TRUE(two.ok()) << two.status();
    EXPECT_EQ(Take(consumer, 1, false), std::vector<std::string>{"two"});
}

TEST_F(ServerTest, AckedMessagesDoNotComeBackAfterARestart) {
    Start();
    client::Publisher publisher(*client_, {});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(publisher.Publish("t", {.payload = StrCat(i)}).ok());
    ASSERT_TRUE(publisher.Flush(kLongUs).ok());
    std::set<std::string> seen;
    {
        client::Consumer consumer(
            *client_, {.topics = {"t"}, .inbox = "box", .credit = 60, .replenish_credit = false});
        for (const std::string& payload : Take(consumer, 60, true)) seen.insert(payload);
        ASSERT_TRUE(consumer.FlushAcks(kLongUs).ok());
    }
    EXPECT_EQ(seen.size(), 60u);
    Restart();
    client::Consumer consumer(*client_, {.inbox = "box"});
    for (const std::string& payload : Take(consumer, 40, true))
        EXPECT_TRUE(seen.insert(payload).second) << payload;
    ASSERT_TRUE(consumer.FlushAcks(kLongUs).ok());
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(client::Admin(*client_).GetInbox("box")->in_flight(), 0u);
}

TEST_F(ServerTest, MembersShareAndTakeOver) {
    Start();
    client::Publisher publisher(*client_, {});
    ASSERT_TRUE(publisher.PublishAndWait("t", {.payload = "job"}, kLongUs).ok());
    client::ConsumedBatch batch;
    {
        client::Consumer first(*client_, {.topics = {"t"}, .inbox = "box"});
        ASSERT_EQ(*first.Next(&batch, kLongUs), client::NextResult::kBatch);
        EXPECT_EQ(batch.messages.at(0).attempt, 1u);
    }
    client::Consumer second(*client_, {.inbox = "box"});
    ASSERT_EQ(*second.Next(&batch, kLongUs), client::NextResult::kBatch);
    EXPECT_EQ(batch.messages.at(0).attempt, 2u);
    second.Nack(batch.messages[0].sequence, 0);
    ASSERT_EQ(*second.Next(&batch, kLongUs), client::NextResult::kBatch);
    EXPECT_EQ(batch.messages.at(0).attempt, 3u);
    second.Ack(Sequences(batch));
    EXPECT_TRUE(second.FlushAcks(kLongUs).ok());
}

TEST_F(ServerTest, ABadMessageFailsAloneInItsFrame) {
    options_.message_bytes_max = 1000;
    Start();
    client::Publisher publisher(*client_, {});
    std::atomic<int> good = 0, bad = 0;
    const std::string large(2000, 'x');
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(publisher
                        .Publish("t", {.payload = i == 25 ? std::string_view(large) : "small"},
                                 [&](auto result) {
                                     good += result.ok();
                                     bad += ReasonOf(result.status()) == "MESSAGE_TOO_LARGE";
                                 })
                        .ok());
    }
    EXPECT_EQ(ReasonOf(publisher.Flush(kLongUs)), "MESSAGE_TOO_LARGE");
    EXPECT_EQ(good.load(), 49);
    EXPECT_EQ(bad.load(), 1);
}

TEST_F(ServerTest, Administration) {
    Start();
    client::Admin admin(*client_);
    v1::TopicConfig config;
    config.mutable_retention()->set_count(5);
    ASSERT_TRUE(admin.CreateTopic("t", config).ok());
    EXPECT_EQ(admin.GetTopic("t")->config().retention().count(), 5u);
    EXPECT_EQ(ReasonOf(admin.GetTopic("nope").status()), "TOPIC_NOT_FOUND");
    EXPECT_EQ(ReasonOf(admin.DeleteTopic("t", "no")), "CONFIRMATION_MISSING");
    v1::InboxConfig inbox;
    inbox.add_topics("t");
    ASSERT_TRUE(admin.CreateInbox("i", inbox, v1::Start()).ok());
    EXPECT_EQ(admin.ListInboxes("")->size(), 1u);
    EXPECT_TRUE(admin.DeleteInbox("i", "i").ok());
    EXPECT_TRUE(admin.DeleteTopic("t", "t").ok());
    EXPECT_EQ(admin.ListTopics("")->size(), 0u);
    EXPECT_TRUE(admin.GetInfo()->healthy());
    const client::OutMessage messages[] = {
        {.payload = "a"}, {.payload = "b", .id = "x"}, {.payload = "b", .id = "x"}};
    const auto published = admin.Publish("u", messages);
    ASSERT_TRUE(published.ok()) << published.status();
    ASSERT_EQ(published->size(), 3u);
    EXPECT_TRUE((*published)[2].duplicate);
}

TEST_F(ServerTest, RefusesASecondServerAndForeignAddresses) {
    Start();
    server::ServeOptions second = options_;
    second.grpc = "127.0.0.1:0";
    const Status in_use = server::Server::Start(second).status();
    EXPECT_EQ(ReasonOf(in_use), "DATA_DIRECTORY_IN_USE");
    EXPECT_NE(MessageOf(in_use).find(StrCat(getpid())), std::string_view::npos) << in_use;
    second.data = folder_ + "/other";
    second.grpc = options_.grpc;
    EXPECT_EQ(ReasonOf(server::Server::Start(second).status()), "ADDRESS_IN_USE");
    second.grpc = "0.0.0.0:0";
    EXPECT_EQ(ReasonOf(server::Server::Start(second).status()), "INSECURE_ADDRESS");
}

}  // namespace
}  // namespace blasty::cli
