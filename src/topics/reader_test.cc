#include <gtest/gtest.h>

#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::FetchAll;
using internal::Payloads;
using internal::TestBus;

TEST(ReaderTest, ReplaysThenGoesOnLive) {
    TestBus bus;
    bus.Publish("t", "a");
    int wakes = 0;
    const auto reader = bus.Read("t", {Start::Kind::kOldest, {}, 0}, [&wakes] { ++wakes; });
    EXPECT_EQ(Payloads(FetchAll(*reader)), "a");
    bus.Publish("other", "x");
    EXPECT_EQ(wakes, 0);
    bus.Publish("t", "b");
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(Payloads(FetchAll(*reader)), "b");
}

TEST(ReaderTest, WildcardsSeeTopicsMadeLater) {
    TestBus bus;
    int wakes = 0;
    const auto reader = bus.Read("orders.*", {Start::Kind::kOldest, {}, 0}, [&] { ++wakes; });
    EXPECT_TRUE(FetchAll(*reader).empty());
    bus.Publish("orders.eu", "a");
    bus.Publish("orders.eu.de", "no");
    bus.Publish("orders.us", "b");
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(Payloads(FetchAll(*reader)), "a b");
}

TEST(ReaderTest, ResumesFromItsPosition) {
    TestBus bus;
    for (const char* p : {"a", "b", "c"}) bus.Publish("t", p);
    const auto reader = bus.Read("t");
    std::vector<Message> out;
    ASSERT_TRUE(reader->Fetch({2, 1000}, &out).ok());
    EXPECT_EQ(Payloads(out), "a b");
    const auto next = bus.Read("t", {Start::Kind::kSequence, reader->position(), 0});
    EXPECT_EQ(Payloads(FetchAll(*next)), "c");
}

TEST(ReaderTest, LimitsBytesButReturnsOneMessageHoweverLarge) {
    TestBus bus;
    bus.Publish("t", std::string(1000, 'x'));
    bus.Publish("t", "b");
    const auto reader = bus.Read("t");
    std::vector<Message> out;
    ASSERT_TRUE(reader->Fetch({10, 1}, &out).ok());
    EXPECT_EQ(out.size(), 1u);
    ASSERT_TRUE(reader->Fetch({10, 1}, &out).ok());
    EXPECT_EQ(out.size(), 2u);
}

TEST(ReaderTest, StartsAtNewestAndAtATime) {
    TestBus bus;
    bus.Publish("t", "a");
    const auto newest = bus.Read("t", {Start::Kind::kNewest, {}, 0});
    bus.clock().Advance(1'000'000);
    const int64_t time = bus.clock().NowMicros();
    bus.Publish("t", "b");
    EXPECT_EQ(Payloads(FetchAll(*newest)), "b");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t", {Start::Kind::kTime, {}, time}))), "b");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t", {Start::Kind::kTime, {}, 0}))), "a b");
}

TEST(ReaderTest, SaysWhatRetentionRemoved) {
    TestBus bus;
    TopicConfig config;
    config.retention.count = 2;
    ASSERT_TRUE(bus.topics->CreateTopic("t", config).ok());
    bus.Publish("t", "a");
    const auto reader = bus.Read("t");
    for (const char* p : {"b", "c", "d"}) bus.Publish("t", p);
    std::vector<Message> out;
    EXPECT_EQ(ReasonOf(reader->Fetch({}, &out)), "SEQUENCE_GONE");
    reader->Skip();
    EXPECT_EQ(Payloads(FetchAll(*reader)), "c d");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "c d");  // the oldest is no loss
    EXPECT_EQ(Payloads(FetchAll(*bus.Read(">"))), "c d");
    EXPECT_EQ(bus.topics->GetTopic("t")->messages, 2u);
}

TEST(ReaderTest, AQuietTopicIsNotGone) {
    TestBus bus;
    TopicConfig config;
    config.retention.count = 1;
    ASSERT_TRUE(bus.topics->CreateTopic("t", config).ok());
    bus.Publish("t", "a");
    const auto reader = bus.Read("t");
    EXPECT_EQ(Payloads(FetchAll(*reader)), "a");
    bus.Publish("other", "x");
    bus.Publish("t", "b");  // removes a, which was read
    EXPECT_EQ(Payloads(FetchAll(*reader)), "b");
}

TEST(ReaderTest, FollowsATopicThatIsDeletedAndMadeAnew) {
    TestBus bus;
    bus.Publish("t", "a");
    const auto reader = bus.Read("t");
    ASSERT_TRUE(bus.topics->DeleteTopic("t", "t").ok());
    EXPECT_TRUE(FetchAll(*reader).empty());
    bus.Publish("t", "b");
    EXPECT_EQ(Payloads(FetchAll(*reader)), "b");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read(">"))), "b");
}

}  // namespace
}  // namespace blasty::topics
