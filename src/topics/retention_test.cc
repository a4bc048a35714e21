#include <gtest/gtest.h>

#include "base/strings.h"
#include "topics/internal/test_bus.h"

namespace blasty::topics {
namespace {

using internal::FetchAll;
using internal::Payloads;
using internal::Reading;
using internal::TestBus;

TopicConfig Keeping(Retention retention) {
    TopicConfig config;
    config.retention = retention;
    return config;
}

void Fill(TestBus& bus, std::string_view topic, size_t messages, size_t bytes) {
    for (size_t i = 0; i < messages; ++i) bus.Publish(topic, std::string(bytes, 'x'));
}

TEST(RetentionTest, ByCountInsideABatchAndOverARestart) {
    TestBus bus;
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({0, 0, 3, false})).ok());
    std::vector<NewMessage> batch(5);
    const char* payloads[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; ++i) batch[static_cast<size_t>(i)].payload = payloads[i];
    bus.Send("t", batch);
    bus.Settle();
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "c d e");
    bus.Restart();
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "c d e");
}

TEST(RetentionTest, NewTopicsWithoutAnyGetTheDefault) {
    TopicsOptions options;
    options.default_retention.count = 2;
    TestBus bus(options);
    for (const char* payload : {"a", "b", "c"}) bus.Publish("published", payload);
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("published"))), "b c");
    (void)bus.Read("read");
    EXPECT_EQ(bus.topics->GetTopic("read")->config.retention, options.default_retention);
    EXPECT_EQ(bus.topics->CreateTopic("created", TopicConfig())->config.retention,
              options.default_retention);
    EXPECT_TRUE(bus.topics->CreateTopic("created", TopicConfig()).ok()) << "as before";
    const Retention own{60'000'000, 0, 0, false};
    EXPECT_EQ(bus.topics->CreateTopic("own", Keeping(own))->config.retention, own);
    // To have none after all:
    EXPECT_EQ(bus.topics->UpdateTopic("created", TopicConfig())->config.retention, Retention());
    // The default of a later start changes nothing that is there, replayed or not.
    bus.options.default_retention.count = 9;
    bus.Restart();
    EXPECT_EQ(bus.topics->GetTopic("published")->config.retention.count, 2u);
    EXPECT_EQ(bus.topics->GetTopic("created")->config.retention, Retention());
    bus.Publish("later", "x");
    EXPECT_EQ(bus.topics->GetTopic("later")->config.retention.count, 9u);
}

TEST(RetentionTest, ByBytes) {
    TestBus bus;
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({0, 1000, 0, false})).ok());
    Fill(bus, "t", 30, 84);  // 100 each as counted
    const TopicInfo info = *bus.topics->GetTopic("t");
    EXPECT_EQ(info.messages, 10u);
    EXPECT_EQ(info.bytes, 1000u);
    EXPECT_EQ(FetchAll(*bus.Read("t")).size(), 10u);
}

TEST(RetentionTest, ByAge) {
    TestBus bus;
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({60'000'000, 0, 0, false})).ok());
    bus.Publish("t", "a");
    bus.RunFor(50'000'000);
    bus.Publish("t", "b");
    bus.RunFor(30'000'000);  // the background cleans every ten seconds
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "b");
    bus.RunFor(60'000'000);
    EXPECT_EQ(bus.topics->GetTopic("t")->messages, 0u);
    EXPECT_EQ(bus.topics->GetTopic("t")->first.value(), 0u);
    bus.Publish("t", "c");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "c");
}

TEST(RetentionTest, ABoundSetLaterCountsExactly) {
    TestBus bus;
    for (int i = 0; i < 200; ++i) bus.Publish(i % 2 == 0 ? "t" : "other", StrCat(i));
    const auto updated = bus.topics->UpdateTopic("t", Keeping({0, 0, 7, false}));
    ASSERT_TRUE(updated.ok()) << updated.status();
    EXPECT_EQ(updated->messages, 7u);
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "186 188 190 192 194 196 198");
}

TEST(RetentionTest, LatestPerKeyKeepsTheNewestAndThoseWithoutKey) {
    TestBus bus;
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({0, 0, 0, true})).ok());
    bus.Publish("t", "plain");
    for (int i = 0; i < 20; ++i) {
        bus.Publish("t", StrCat("v", i), StrCat("k", i % 2));
        Fill(bus, "filler", 1, 20'000);
    }
    ASSERT_TRUE(bus.topics->Clean().ok());
    const std::string kept = Payloads(FetchAll(*bus.Read("t")));
    EXPECT_EQ(kept.substr(0, 6), "plain ");
    EXPECT_EQ(kept.find("v0"), std::string::npos);
    EXPECT_NE(kept.find("v18 v19"), std::string::npos);
    EXPECT_LT(bus.topics->GetTopic("t")->messages, 21u);
    EXPECT_EQ(FetchAll(*bus.Read("filler")).size(), 20u);
}

TEST(RetentionTest, SpaceOfRemovedMessagesIsFreedAndNothingElseIsLost) {
    TestBus bus;
    bus.Publish("keep", "old");
    auto member = bus.Join("in", Reading({"keep"}));
    const auto got = FetchAll(*member);
    internal::AckLater(*member, got[0].message.sequence);
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({0, 0, 2, false})).ok());
    Fill(bus, "t", 100, 20'000);
    const uint64_t before = bus.topics->stats().log.stored_bytes;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(bus.topics->Clean().ok());
    for (int i = 0; i < 3; ++i) {
        EXPECT_LT(bus.topics->stats().log.stored_bytes, before / 2);
        EXPECT_EQ(Payloads(FetchAll(*bus.Read("keep"))), "old");
        EXPECT_EQ(FetchAll(*bus.Read("t")).size(), 2u);
        member.reset();
        bus.Restart();
        member = bus.Join("in");
        EXPECT_EQ(Payloads(FetchAll(*member)), "");
    }
}

TEST(RetentionTest, ADeletedTopicGivesItsSegmentsBack) {
    TestBus bus;
    Fill(bus, "t", 60, 20'000);
    ASSERT_TRUE(bus.topics->DeleteTopic("t", "t").ok());
    EXPECT_EQ(ReasonOf(bus.topics->DeleteTopic("t", "t")), "TOPIC_NOT_FOUND");
    const uint64_t before = bus.topics->stats().log.stored_bytes;
    ASSERT_TRUE(bus.topics->Clean().ok());
    EXPECT_LT(bus.topics->stats().log.stored_bytes, before / 2);
    bus.Restart();
    EXPECT_EQ(bus.topics->stats().topics, 0u);
}

TEST(RetentionTest, DeletingAsksForTheName) {
    TestBus bus;
    bus.Publish("t", "a");
    EXPECT_EQ(ReasonOf(bus.topics->DeleteTopic("t", "")), "CONFIRMATION_MISSING");
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "a");
}

TEST(CheckpointTest, ADamagedOneIsSetAsideAndThePreviousUsed) {
    TestBus bus;
    bus.Publish("t", "a", "", "x");
    ASSERT_TRUE(bus.topics->Checkpoint().ok());
    bus.Publish("t", "b");
    ASSERT_TRUE(bus.topics->Checkpoint().ok());
    bus.topics.reset();
    std::string bytes = *bus.memory.Peek("db/topics.checkpoint");
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(bus.memory.Poke("db/topics.checkpoint", bytes).ok());
    bus.OpenAgain();
    EXPECT_NE(bus.topics->stats().start_note.find("checksum"), std::string::npos);
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "a b");
    bus.topics.reset();
    ASSERT_TRUE(bus.memory.Poke("db/topics.checkpoint", "rubbish").ok());
    ASSERT_TRUE(bus.memory.Poke("db/topics.checkpoint.previous", "").ok());
    bus.OpenAgain();  // from the whole log
    EXPECT_EQ(Payloads(FetchAll(*bus.Read("t"))), "a b");
}

TEST(CheckpointTest, ALogThatEndsBeforeItIsRefused) {
    TestBus bus;
    bus.Publish("t", "a");
    ASSERT_TRUE(bus.topics->Checkpoint().ok());
    bus.topics.reset();
    bus.executor.DropAll();
    const std::string log = bus.options.directory + "/log";
    const auto files = bus.disk.List(log);
    ASSERT_TRUE(files.ok());
    for (const auto& file : *files) {
        if (file.is_directory) continue;
        ASSERT_TRUE(bus.disk.Remove(log + "/" + file.name).ok());
    }
    const auto opened = Topics::Open(bus.disk, bus.options, bus.executor, bus.clock());
    EXPECT_EQ(ReasonOf(opened.status()), "LOG_DAMAGED");
    bus.options.log.unsafe_no_sync = true;
    bus.OpenAgain();
    EXPECT_NE(bus.topics->stats().start_note, "");
}

TEST(CheckpointTest, WithoutOneATrimmedLogIsRefused) {
    TestBus bus;
    ASSERT_TRUE(bus.topics->CreateTopic("t", Keeping({0, 0, 2, false})).ok());
    Fill(bus, "t", 60, 20'000);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(bus.topics->Clean().ok());
    bus.topics.reset();
    ASSERT_TRUE(bus.memory.Poke("db/topics.checkpoint", "").ok());
    ASSERT_TRUE(bus.memory.Poke("db/topics.checkpoint.previous", "").ok());
    const auto opened = Topics::Open(bus.disk, bus.options, bus.executor, bus.clock());
    EXPECT_EQ(ReasonOf(opened.status()), "CHECKPOINT_DAMAGED") << opened.status();
}

TEST(ManyInboxesTest, ManyIdleOnesComeBackFromACheckpoint) {
    TopicsOptions options;
    TestBus bus(options);
    bus.Publish("t", "a");
    constexpr int kMany = 20'000;
    for (int i = 0; i < kMany; ++i) {
        ASSERT_TRUE(
            bus.topics->CreateInbox(StrCat("in.", i), Reading({"t"}), {Start::Kind::kOldest, {}, 0})
                .ok());
    }
    ASSERT_TRUE(bus.topics->Checkpoint().ok());
    const std::string file = *bus.memory.Peek("db/topics.checkpoint");
    EXPECT_LT(file.size() / kMany, 100u) << "bytes of disk for each idle inbox";
    bus.Restart();
    EXPECT_EQ(bus.topics->stats().inboxes, static_cast<uint64_t>(kMany));
    EXPECT_EQ(bus.topics->GetTopic("t")->inboxes, static_cast<uint64_t>(kMany));
    EXPECT_EQ(Payloads(FetchAll(*bus.Join(StrCat("in.", kMany - 1)))), "a");
    EXPECT_EQ(bus.topics->ListInboxes({">", "in.1", 3})->size(), 3u);
}

}  // namespace
}  // namespace blasty::topics
