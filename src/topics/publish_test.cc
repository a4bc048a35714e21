#include <gtest/gtest.h>

#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::FetchAll;
using internal::Payloads;
using internal::TestBus;

NewMessage Text(std::string_view payload, std::string_view id = "") {
    NewMessage message;
    message.payload = payload;
    message.id = id;
    return message;
}

TEST(PublishTest, CreatesTheTopicAndStoresInOrder) {
    TestBus bus;
    bus.Publish("orders", "a");
    bus.Publish("orders", "b");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("orders"))), "a b");
    const TopicInfo info = *bus.topics->GetTopic("orders");
    EXPECT_EQ(info.messages, 2u);
    EXPECT_EQ(info.last.value(), 3u);  // after the record that created the topic
}

TEST(PublishTest, TwoCreatorsAtOnceMakeOneTopic) {
    TestBus bus;
    const auto one = bus.Send("t", {Text("a")});
    const auto two = bus.Send("t", {Text("b")});
    bus.Settle();
    EXPECT_TRUE(one->status.ok() && two->status.ok());
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "a b");
    EXPECT_EQ(bus.topics->stats().topics, 1u);
}

TEST(PublishTest, RefusesUnknownTopicsWhenToldSo) {
    TopicsOptions options;
    options.auto_create = false;
    TestBus bus(options);
    EXPECT_EQ(ReasonOf(bus.Send("t", {Text("a")})->status), "TOPIC_NOT_FOUND");
    ASSERT_TRUE(bus.topics->CreateTopic("t", {}).ok());
    bus.Publish("t", "a");
}

TEST(PublishTest, RefusesWhatExceedsLimits) {
    TopicsOptions options;
    options.message_bytes_max = 10;
    TestBus bus(options);
    EXPECT_EQ(ReasonOf(bus.Send("t", {Text("12345678901")})->status), "MESSAGE_TOO_LARGE");
    EXPECT_EQ(ReasonOf(bus.Send("a b", {Text("x")})->status), "INVALID_NAME");
    NewMessage key = Text("x");
    const std::string long_key(kKeyBytesMax + 1, 'k');
    key.key = long_key;
    EXPECT_EQ(ReasonOf(bus.Send("t", {key})->status), "INVALID_KEY");
    const std::string long_id(kIdBytesMax + 1, 'i');
    EXPECT_EQ(ReasonOf(bus.Send("t", {Text("x", long_id)})->status), "INVALID_ID");
    const std::vector<HeaderView> headers(kHeadersMax + 1, {"n", "v"});
    NewMessage many = Text("x");
    many.headers = headers;
    EXPECT_EQ(ReasonOf(bus.Send("t", {many})->status), "TOO_MANY_HEADERS");
    const std::vector<NewMessage> batch(kBatchMessagesMax + 1, Text("x"));
    EXPECT_EQ(ReasonOf(bus.Send("t", batch)->status), "BATCH_TOO_LARGE");
}

TEST(PublishTest, KeepsKeyHeadersTimeAndId) {
    TestBus bus;
    const std::vector<HeaderView> headers = {{"n", "v"}, {"empty", ""}};
    NewMessage message = Text("p", "id-1");
    message.key = "k";
    message.headers = headers;
    message.event_time_us = 42;
    bus.Send("t", {message});
    bus.Settle();
    const auto read = FetchAll(*bus.Read("t"));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].key, "k");
    EXPECT_EQ(read[0].id, "id-1");
    EXPECT_EQ(read[0].event_time_us, 42);
    EXPECT_EQ(read[0].topic, "t");
    const auto decoded = DecodeHeaders(read[0].headers);
    ASSERT_TRUE(decoded.ok());
    ASSERT_EQ(decoded->size(), 2u);
    EXPECT_EQ((*decoded)[0].value, "v");
}

TEST(PublishTest, AnIdIsStoredOnce) {
    TestBus bus;
    const uint64_t first = bus.Publish("t", "a", "", "x");
    const auto again = bus.Send("t", {Text("a", "x"), Text("b", "y"), Text("b", "y")});
    bus.Settle();
    ASSERT_TRUE(again->status.ok());
    EXPECT_TRUE(again->results[0].duplicate);
    EXPECT_EQ(again->results[0].sequence.value(), first);
    EXPECT_FALSE(again->results[1].duplicate);
    EXPECT_TRUE(again->results[2].duplicate);
    EXPECT_EQ(again->results[2].sequence, again->results[1].sequence);
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "a b");
    EXPECT_NE(bus.Publish("other", "a", "", "x"), first);  // ids belong to a topic
}

TEST(PublishTest, ADuplicateWaitsForTheOneInFlight) {
    TestBus bus;
    const auto first = bus.Send("t", {Text("a", "x")});
    const auto second = bus.Send("t", {Text("a", "x")});
    EXPECT_FALSE(second->done);
    bus.Settle();
    ASSERT_TRUE(first->done && second->done);
    EXPECT_EQ(second->results[0].sequence, first->results[0].sequence);
    EXPECT_TRUE(second->results[0].duplicate);
}

TEST(PublishTest, AnIdIsForgottenAfterTheWindowAndKeptOverARestart) {
    TestBus bus;
    const uint64_t first = bus.Publish("t", "a", "", "x");
    bus.Restart();
    EXPECT_EQ(bus.Publish("t", "a", "", "x"), first);
    bus.clock().Advance(kDedupWindowUs + 1);
    EXPECT_NE(bus.Publish("t", "a", "", "x"), first);
}

}  // namespace
}  // namespace blasty::topics
