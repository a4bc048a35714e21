#include <set>

#include "rpc/internal/inbox_source.h"
#include "rpc/internal/limits.h"
#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

// Reads until an answer of this kind, which it returns.
v1::ConsumeResponse ReadUntil(TestConsumer& consumer, v1::ConsumeResponse::KindCase kind) {
    while (true) {
        v1::ConsumeResponse response = consumer.Read();
        if (response.kind_case() == kind ||
            response.kind_case() == v1::ConsumeResponse::KIND_NOT_SET) {
            return response;
        }
    }
}

TEST(InboxStreamTest, DeliversAcksAndContinues) {
    TestServer server;
    const uint64_t first = server.Publish("t", {"a", "b", "c"});
    {
        TestConsumer member(server.topics(), JoinInbox("t", "in"));
        EXPECT_TRUE(member.Started().inbox_created());
        const auto got = member.Take(3);
        ASSERT_EQ(got.size(), 3u);
        EXPECT_EQ(got[0].attempt(), 1u);
        member.Ack({first});
        member.Ack({first + 1});
        uint64_t acked = 0;
        while (acked < 2) {
            const auto news = ReadUntil(member, v1::ConsumeResponse::kAcked);
            ASSERT_TRUE(news.has_acked());
            EXPECT_GT(news.acked().ack_requests(), acked);
            acked = news.acked().ack_requests();
        }
        member.HalfClose();
        EXPECT_TRUE(member.Finish().ok());
    }
    TestConsumer member(server.topics(), JoinInbox("", "in"));
    EXPECT_FALSE(member.Started().inbox_created());
    const auto got = member.Take(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].message().payload(), "c");
    EXPECT_EQ(got[0].attempt(), 2u);
}

TEST(InboxStreamTest, HalfCloseStillAnswersTheAcks) {
    TestServer server;
    const uint64_t first = server.Publish("t", std::vector<std::string>(100, "x"));
    TestConsumer member(server.topics(), JoinInbox("t", "in"));
    EXPECT_EQ(member.Take(100).size(), 100u);
    for (uint64_t i = 0; i < 100; ++i) member.Ack({first + i});
    member.HalfClose();
    EXPECT_TRUE(member.Finish().ok());
    ASSERT_FALSE(member.others.empty());
    EXPECT_EQ(member.others.back().acked().ack_requests(), 100u);
}

TEST(InboxStreamTest, MembersShareAndALeaverIsReplaced) {
    TestServer server;
    v1::ConsumeStart start = JoinInbox("t", "in");
    start.set_messages(2);
    auto leaver = std::make_unique<TestConsumer>(server.topics(), start);
    leaver->Started();
    server.Publish("t", {"a", "b", "c", "d"});
    std::set<std::string> first, second;
    for (const auto& each : leaver->Take(2)) first.insert(each.message().payload());
    TestConsumer stayer(server.topics(), JoinInbox("t", "in"));
    for (const auto& each : stayer.Take(2)) second.insert(each.message().payload());
    EXPECT_EQ(first.size() + second.size(), 4u);
    for (const auto& payload : first) EXPECT_EQ(second.count(payload), 0u);
    leaver.reset();  // cancelled: what it had comes to the other at once
    for (const auto& each : stayer.Take(2)) {
        EXPECT_EQ(each.attempt(), 2u);
        EXPECT_EQ(first.count(each.message().payload()), 1u);
    }
}

TEST(InboxStreamTest, NackBringsItBackAndUnknownIsTold) {
    TestServer server;
    const uint64_t first = server.Publish("t", {"a"});
    TestConsumer member(server.topics(), JoinInbox("t", "in"));
    ASSERT_EQ(member.Take(1).size(), 1u);
    v1::ConsumeRequest request;
    request.mutable_extend()->set_sequence(first);
    member.Write(request);
    request.mutable_nack()->set_sequence(first);
    member.Write(request);
    const auto again = member.Take(1);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].attempt(), 2u);
    request.mutable_nack()->set_sequence(first + 1000);
    member.Write(request);
    auto news = ReadUntil(member, v1::ConsumeResponse::kNotInFlight);
    ASSERT_EQ(news.not_in_flight().sequences_size(), 1);
    EXPECT_EQ(news.not_in_flight().sequences(0), first + 1000);
    member.Ack({first, first + 77});  // the known part counts
    news = ReadUntil(member, v1::ConsumeResponse::kNotInFlight);
    ASSERT_EQ(news.not_in_flight().sequences_size(), 1);
    EXPECT_EQ(news.not_in_flight().sequences(0), first + 77);
    EXPECT_EQ(ReadUntil(member, v1::ConsumeResponse::kAcked).acked().ack_requests(), 1u);
    member.Ack({first + 5, first + 3, first + 4});
    news = ReadUntil(member, v1::ConsumeResponse::kNotInFlight);
    ASSERT_EQ(news.not_in_flight().sequences_size(), 3);
    EXPECT_EQ(news.not_in_flight().sequences(1), first + 3);
}

TEST(InboxStreamTest, TheLedgerIsFullByRequestsOrBySequences) {
    AckLedger ledger;
    const uint64_t small = ledger.Open(1);
    EXPECT_FALSE(ledger.full());
    const uint64_t large = ledger.Open(kAckSequencesMax);
    EXPECT_TRUE(ledger.full());
    ledger.Close(large, OkStatus(), {});
    EXPECT_TRUE(ledger.full());  // in order
    ledger.Close(small, OkStatus(), {});
    EXPECT_FALSE(ledger.full());
    EXPECT_EQ(ledger.Take().acked, 2u);
}

TEST(InboxStreamTest, AFloodOfAcksIsAnsweredWhole) {
    TestServer server;
    server.Publish("t", {"a"});
    TestConsumer member(server.topics(), JoinInbox("t", "in"));
    ASSERT_EQ(member.Take(1).size(), 1u);
    constexpr uint64_t kAcks = 5000;
    std::thread flood([&] {
        for (uint64_t i = 0; i < kAcks; ++i) member.Ack({});
        member.HalfClose();
    });
    const grpc::Status status = member.Finish();
    flood.join();
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(member.others.back().acked().ack_requests(), kAcks);
}

TEST(InboxStreamTest, AnotherConfigurationIsRefused) {
    TestServer server;
    TestConsumer member(server.topics(), JoinInbox("t", "in"));
    member.Started();
    TestConsumer other(server.topics(), JoinInbox("u", "in"));
    EXPECT_EQ(other.Finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(other.Reason(), "INBOX_CONFIG_DIFFERS");
}

}  // namespace
}  // namespace blasty::rpc
