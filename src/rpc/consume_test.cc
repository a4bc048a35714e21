#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

std::vector<std::string> Numbered(const std::string& prefix, int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) out.push_back(StrCat(prefix, i));
    return out;
}

TEST(ConsumeTest, ReplaysThenGoesOnLive) {
    TestServer server;
    const uint64_t first = server.Publish("t", {"a", "b"}, "key");
    TestConsumer consumer(server.topics(), ReadFrom("t"));
    EXPECT_GT(consumer.Started().position(), 0u);
    auto got = consumer.Take(2);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].sequence(), first);
    EXPECT_EQ(got[0].topic(), "t");
    EXPECT_EQ(got[0].attempt(), 0u);
    EXPECT_EQ(got[1].message().payload(), "b");
    EXPECT_EQ(got[1].message().key(), "key");
    EXPECT_GT(got[1].message().event_time_us(), 0);
    server.Publish("t", {"c"});
    got = consumer.Take(1);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].message().payload(), "c");
    EXPECT_GT(consumer.position, got[0].sequence());
}

TEST(ConsumeTest, ResumesAtThePosition) {
    TestServer server;
    server.Publish("t", Numbered("m", 100));
    v1::ConsumeStart start = ReadFrom("t");
    start.set_messages(37);
    uint64_t position;
    {
        TestConsumer consumer(server.topics(), start);
        EXPECT_EQ(consumer.Take(37).size(), 37u);
        position = consumer.position;
    }
    TestConsumer consumer(server.topics(), ReadFrom("t", position));
    const auto got = consumer.Take(63);
    ASSERT_EQ(got.size(), 63u);
    EXPECT_EQ(got[0].message().payload(), "m37");
    EXPECT_EQ(got[62].message().payload(), "m99");
}

TEST(ConsumeTest, CreditBoundsWhatIsSent) {
    TestServer server;
    server.Publish("t", Numbered("m", 50));
    v1::ConsumeStart start = ReadFrom("t");
    start.set_messages(10);
    TestConsumer consumer(server.topics(), start);
    EXPECT_EQ(consumer.Take(10).size(), 10u);
    consumer.Credit(5);
    EXPECT_EQ(consumer.Take(5).size(), 5u);
    consumer.HalfClose();  // no more credit can come: the stream is complete
    EXPECT_TRUE(consumer.Finish().ok());
    EXPECT_TRUE(consumer.others.size() == 1 && consumer.others[0].has_started());
}

TEST(ConsumeTest, BatchesKeepTheirByteLimit) {
    TestServer server;
    server.Publish("t", std::vector<std::string>(20, std::string(1000, 'x')));
    v1::ConsumeStart start = ReadFrom("t");
    start.set_batch_bytes_max(4096);
    start.set_until_caught_up(true);
    TestConsumer alone(server.topics(), start);
    EXPECT_EQ(alone.Take(20).size(), 20u);
    EXPECT_GE(alone.batches, 5u);
    EXPECT_TRUE(alone.Finish().ok());
    start.set_until_caught_up(false);
    TestConsumer shared(server.topics(), start);
    EXPECT_EQ(shared.Take(20).size(), 20u);
    EXPECT_GE(shared.batches, 5u);
}

TEST(ConsumeTest, StopsWhenCaughtUp) {
    TestServer server;
    v1::ConsumeStart start = ReadFrom("t");
    start.set_until_caught_up(true);
    {
        TestConsumer consumer(server.topics(), start);
        EXPECT_TRUE(consumer.Finish().ok());
    }
    server.Publish("t", Numbered("m", 3));
    server.Publish("other", {"x"});
    TestConsumer consumer(server.topics(), start);
    EXPECT_EQ(consumer.Take(3).size(), 3u);
    EXPECT_TRUE(consumer.Finish().ok());
}

TEST(ConsumeTest, IsNotCaughtUpInTheMiddleOfOtherTopics) {
    TestServer server;
    server.Publish("t", {"first"});
    for (int i = 0; i < 10; ++i) server.Publish("other", {std::string(7 << 20, 'x')});
    server.Publish("u", {"last"});
    v1::ConsumeStart start = ReadFrom("t");
    start.add_topics("u");
    start.set_until_caught_up(true);
    TestConsumer consumer(server.topics(), start);
    EXPECT_EQ(consumer.Take(2).size(), 2u);
    EXPECT_TRUE(consumer.Finish().ok());
}

TEST(ConsumeTest, AReaderOfTheFutureDoesNotTakeTheOthersAlong) {
    TestServer server;
    server.Publish("t", {"a"});
    TestConsumer future(server.topics(), ReadFrom("t", 1'000'000'000));
    EXPECT_EQ(future.Started().position(), 1'000'000'000u);
    TestConsumer consumer(server.topics(), ReadFrom("t"));
    EXPECT_EQ(consumer.Take(1).size(), 1u);
    server.Publish("t", {"b"});
    EXPECT_EQ(consumer.Take(1).size(), 1u);
}

TEST(ConsumeTest, TellsWhatIsGone) {
    TestServer server;
    TestContext context;
    v1::CreateTopicRequest create;
    create.set_name("t");
    create.mutable_config()->mutable_retention()->set_count(5);
    v1::Topic topic;
    ASSERT_TRUE(server.topics().CreateTopic(&context, create, &topic).ok());
    const uint64_t first = server.Publish("t", Numbered("m", 20));
    ASSERT_TRUE(server.engine().topics().Clean().ok());
    TestConsumer consumer(server.topics(), ReadFrom("t", first));
    const auto got = consumer.Take(5);
    ASSERT_EQ(got.size(), 5u);
    EXPECT_EQ(got[4].message().payload(), "m19");
    ASSERT_EQ(consumer.others.size(), 2u);
    ASSERT_TRUE(consumer.others[1].has_gone());
    EXPECT_LE(consumer.others[1].gone().resumed_at(), got[0].sequence());
    EXPECT_GT(consumer.others[1].gone().resumed_at(), first);
}

TEST(ConsumeTest, ManyReadersOfOneTopicEachGetAllInOrder) {
    TestServer server;
    constexpr int kReaders = 24, kMessages = 3000;
    server.Publish("t", Numbered("m", 10));
    std::vector<std::thread> threads;
    std::atomic<int> started{0}, good{0};
    for (int r = 0; r < kReaders; ++r) {
        threads.emplace_back([&, r] {
            v1::ConsumeStart start = ReadFrom("t");
            start.set_batch_bytes_max(r % 3 == 0 ? 500 : 0);
            TestConsumer consumer(server.topics(), start);
            consumer.Started();
            ++started;
            const auto got = consumer.Take(10 + kMessages);
            uint64_t sequence = 0;
            bool ordered = got.size() == 10 + kMessages;
            for (const auto& each : got) {
                ordered = ordered && each.sequence() > sequence;
                sequence = each.sequence();
            }
            if (ordered && got.back().message().payload() == StrCat("x", kMessages - 1)) ++good;
        });
    }
    EXPECT_TRUE(Eventually([&] { return started >= kReaders / 2; }));
    const auto payloads = Numbered("x", kMessages);
    for (size_t i = 0; i < payloads.size(); i += 50) {
        server.Publish("noise", {"n"});
        server.Publish("t", {payloads.begin() + static_cast<ptrdiff_t>(i),
                             payloads.begin() + static_cast<ptrdiff_t>(i + 50)});
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, kReaders);
}

TEST(ConsumeTest, AStalledReaderHoldsUpNobodyAndLosesNothing) {
    TestServer server;
    TestConsumer stalled(server.topics(), ReadFrom("t"));
    TestConsumer brisk(server.topics(), ReadFrom("t"));
    // Beyond the transport's buffers and the shared cache together.
    const std::vector<std::string> block(16, std::string(64 << 10, 'x'));
    constexpr size_t kBlocks = 16;
    for (size_t i = 0; i < kBlocks; ++i) {
        server.Publish("t", block);
        EXPECT_EQ(brisk.Take(block.size()).size(), block.size());
    }
    const auto got = stalled.Take(block.size() * kBlocks);
    ASSERT_EQ(got.size(), block.size() * kBlocks);
    for (size_t i = 1; i < got.size(); ++i) ASSERT_GT(got[i].sequence(), got[i - 1].sequence());
}

TEST(ConsumeTest, WildcardsAndHeaders) {
    TestServer server;
    TestContext context;
    v1::PublishRequest request;
    request.set_topic("orders.eu");
    auto* message = request.add_messages();
    message->set_id("one");
    message->set_event_time_us(1234567);
    message->add_headers()->set_name("colour");
    message->mutable_headers(0)->set_value("blue");
    v1::PublishResponse response;
    ASSERT_TRUE(server.topics().Publish(&context, request, &response).ok());
    server.Publish("orders.us", {"2"});
    server.Publish("bills", {"3"});
    TestConsumer consumer(server.topics(), ReadFrom("orders.*"));
    const auto got = consumer.Take(2);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].message().id(), "one");
    EXPECT_EQ(got[0].message().event_time_us(), 1234567);
    ASSERT_EQ(got[0].message().headers_size(), 1);
    EXPECT_EQ(got[0].message().headers(0).value(), "blue");
    EXPECT_EQ(got[1].topic(), "orders.us");
}

// What a stream that sends these requests ends with.
std::string ReasonAfter(TestServer& server, const std::vector<v1::ConsumeRequest>& requests) {
    TestContext context;
    auto call = server.topics().Consume(&context);
    for (const auto& request : requests) call->Write(request);
    call->WritesDone();
    v1::ConsumeResponse response;
    while (call->Read(&response)) {
    }
    EXPECT_FALSE(call->Finish().ok());
    return context.Reason();
}

TEST(ConsumeTest, RefusesWrongRequestsWithReason) {
    TestServer server;
    v1::ConsumeRequest start, credit, ack, huge, empty;
    *start.mutable_start() = ReadFrom("t");
    credit.mutable_credit()->set_messages(1);
    ack.mutable_ack()->add_sequences(1);
    EXPECT_EQ(ReasonAfter(server, {}), "START_MISSING");
    EXPECT_EQ(ReasonAfter(server, {credit}), "START_MISSING");
    EXPECT_EQ(ReasonAfter(server, {start, start}), "START_REPEATED");
    EXPECT_EQ(ReasonAfter(server, {start, ack}), "NOT_AN_INBOX");
    EXPECT_EQ(ReasonAfter(server, {start, empty}), "EMPTY_REQUEST");
    v1::ConsumeRequest nothing, wrong;
    nothing.mutable_start();
    EXPECT_EQ(ReasonAfter(server, {nothing}), "TOPICS_MISSING");
    *wrong.mutable_start() = ReadFrom("a b");
    EXPECT_EQ(ReasonAfter(server, {wrong}), "INVALID_NAME");
    *wrong.mutable_start() = ReadFrom("t");
    wrong.mutable_start()->set_batch_bytes_max(1u << 30);
    EXPECT_EQ(ReasonAfter(server, {wrong}), "LIMIT_TOO_LARGE");
    *start.mutable_start() = JoinInbox("t", "in");
    auto* run = huge.mutable_ack()->add_runs();
    run->set_first(1);
    run->set_count(4'000'000'000);
    EXPECT_EQ(ReasonAfter(server, {start, huge}), "TOO_MANY_ACKS");
    run->set_first(~0ull);
    run->set_count(5);
    EXPECT_EQ(ReasonAfter(server, {start, huge}), "INVALID_RUN");
}

}  // namespace
}  // namespace blasty::rpc
