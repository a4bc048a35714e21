#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <set>

#include "rpc/internal/shard.h"
#include "rpc/test_server.h"

namespace blasty::rpc {
namespace {

using PublishCall =
    std::unique_ptr<grpc::ClientReaderWriter<v1::PublishRequest, v1::PublishStreamResponse>>;

v1::PublishRequest Request(const std::string& topic, int messages, const std::string& id = "") {
    v1::PublishRequest request;
    request.set_topic(topic);
    for (int i = 0; i < messages; ++i) {
        auto* message = request.add_messages();
        message->set_payload(StrCat("payload ", i));
        if (!id.empty()) message->set_id(StrCat(id, i));
    }
    return request;
}

TEST(PublishTest, AnswersSequencesAndDuplicates) {
    TestServer server;
    v1::PublishResponse first, again;
    TestContext one, two;
    const auto request = Request("t", 3, "id");
    ASSERT_TRUE(server.topics().Publish(&one, request, &first).ok());
    ASSERT_EQ(first.sequences_size(), 3);
    EXPECT_EQ(first.sequences(2), first.sequences(0) + 2);
    EXPECT_EQ(first.duplicates_size(), 0);
    ASSERT_TRUE(server.topics().Publish(&two, request, &again).ok());
    EXPECT_EQ(again.sequences(1), first.sequences(1));
    EXPECT_EQ(again.duplicates_size(), 3);
}

// Few calls are finished on the commit thread, many on the shards.
TEST(PublishTest, WaitingCallersAreEachAnsweredOnce) {
    for (const int callers : {1, 2, 4, 16}) {
        TestServer server;
        constexpr int kEach = 50;
        std::vector<std::vector<uint64_t>> sequences(static_cast<size_t>(callers));
        std::vector<std::thread> threads;
        for (auto& mine : sequences) {
            threads.emplace_back([&server, &mine] {
                for (int i = 0; i < kEach; ++i) {
                    TestContext context;
                    v1::PublishResponse response;
                    const auto status =
                        server.topics().Publish(&context, Request("t", 1), &response);
                    ASSERT_TRUE(status.ok()) << status.error_message();
                    ASSERT_EQ(response.sequences_size(), 1);
                    mine.push_back(response.sequences(0));
                }
            });
        }
        for (auto& thread : threads) thread.join();
        std::set<uint64_t> all;
        for (const auto& mine : sequences) {
            EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
            all.insert(mine.begin(), mine.end());
        }
        EXPECT_EQ(all.size(), static_cast<size_t>(callers) * kEach);
    }
}

// Notes its number when it runs; `during` is called first.
class NotingItem : public ShardItem {
  public:
    NotingItem(Turn turn, int number, std::vector<int>& notes, std::function<void()> during)
        : ShardItem(turn), number_(number), notes_(notes), during_(std::move(during)) {}
    void RunOnShard() override {
        if (during_) during_();
        notes_.push_back(number_);
    }

  private:
    const int number_;
    std::vector<int>& notes_;
    const std::function<void()> during_;
};

TEST(ShardTest, AnswersToPublishesOvertakeARound) {
    using Turn = ShardItem::Turn;
    std::vector<int> notes;
    Shard shard("test");
    auto answer = std::make_shared<NotingItem>(Turn::kFirst, 10, notes, nullptr);
    auto last = std::make_shared<NotingItem>(Turn::kInOrder, 2, notes, nullptr);
    auto first = std::make_shared<NotingItem>(Turn::kInOrder, 1, notes,
                                              [&shard, answer] { shard.Schedule(answer); });
    // Both are queued before either runs, so that they are one round.
    auto opener = std::make_shared<NotingItem>(Turn::kInOrder, 0, notes, [&shard, first, last] {
        shard.Schedule(first);
        shard.Schedule(last);
    });
    shard.Schedule(opener);
    shard.Stop();
    EXPECT_EQ(notes, (std::vector<int>{0, 1, 10, 2}));
}

TEST(PublishTest, RefusesWithReason) {
    TestServer server;
    v1::PublishResponse response;
    {
        TestContext context;
        const auto status = server.topics().Publish(&context, Request("a b", 1), &response);
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
        EXPECT_EQ(context.Reason(), "INVALID_NAME");
        EXPECT_EQ(context.Trailer(kPlaceMetadata), "");
        EXPECT_FALSE(status.error_message().empty());
    }
    {
        TestContext context;
        EXPECT_FALSE(server.topics().Publish(&context, Request("t", 0), &response).ok());
        EXPECT_EQ(context.Reason(), "NO_MESSAGES");
    }
}

TEST(PublishStreamTest, AnswersEveryRequestInRanges) {
    TestServer server;
    TestContext context;
    PublishCall call = server.topics().PublishStream(&context);
    constexpr uint64_t kRequests = 2000;
    std::thread writer([&] {
        for (uint64_t i = 0; i < kRequests; ++i) {
            ASSERT_TRUE(call->Write(Request(i == 0 ? "t" : "", 1 + static_cast<int>(i % 3))));
        }
        call->WritesDone();
    });
    uint64_t next = 1, messages = 0, sequence = 0;
    v1::PublishStreamResponse response;
    while (call->Read(&response)) {
        EXPECT_EQ(response.first_request(), next);
        EXPECT_GE(response.last_request(), next);
        next = response.last_request() + 1;
        for (const auto& run : response.runs()) {
            EXPECT_GT(run.first(), sequence);
            sequence = run.first() + run.count() - 1;
            messages += run.count();
        }
    }
    writer.join();
    EXPECT_TRUE(call->Finish().ok());
    EXPECT_EQ(next, kRequests + 1);
    EXPECT_EQ(messages, kRequests / 3 * 6 + 1 + 2);
}

TEST(PublishStreamTest, TellsDuplicates) {
    TestServer server;
    TestContext context;
    PublishCall call = server.topics().PublishStream(&context);
    ASSERT_TRUE(call->Write(Request("t", 2)));
    ASSERT_TRUE(call->Write(Request("", 2, "x")));
    ASSERT_TRUE(call->Write(Request("", 2, "x")));
    call->WritesDone();
    std::vector<uint64_t> sequences, duplicates;
    v1::PublishStreamResponse response;
    while (call->Read(&response)) {
        const size_t base = sequences.size();
        for (const auto& run : response.runs()) {
            for (uint32_t i = 0; i < run.count(); ++i) sequences.push_back(run.first() + i);
        }
        for (const uint32_t index : response.duplicates()) duplicates.push_back(base + index);
    }
    EXPECT_TRUE(call->Finish().ok());
    ASSERT_EQ(sequences.size(), 6u);
    EXPECT_EQ(sequences[4], sequences[2]);
    EXPECT_EQ(sequences[5], sequences[3]);
    EXPECT_EQ(duplicates, (std::vector<uint64_t>{4, 5}));
}

TEST(PublishStreamTest, AnErrorComesAfterTheAnswersBeforeIt) {
    TestServer server;
    TestContext context;
    PublishCall call = server.topics().PublishStream(&context);
    ASSERT_TRUE(call->Write(Request("t", 1)));
    ASSERT_TRUE(call->Write(Request("", 1)));
    call->Write(Request("bad name", 1));
    uint64_t answered = 0;
    v1::PublishStreamResponse response;
    while (call->Read(&response)) answered = response.last_request();
    const grpc::Status status = call->Finish();
    EXPECT_EQ(answered, 2u);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(context.Reason(), "INVALID_NAME");
    EXPECT_EQ(context.Trailer(kPlaceMetadata), "request 3");
    EXPECT_EQ(status.error_message().find("request"), std::string::npos) << status.error_message();
}

TEST(PublishStreamTest, EndsWellWithoutRequestsAndWhenCancelled) {
    TestServer server;
    {
        TestContext context;
        PublishCall call = server.topics().PublishStream(&context);
        call->WritesDone();
        EXPECT_TRUE(call->Finish().ok());
    }
    TestContext context;
    PublishCall call = server.topics().PublishStream(&context);
    ASSERT_TRUE(call->Write(Request("t", 1)));
    context.TryCancel();
    EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

grpc::Status CallWithBytes(TestServer& server, const std::string& method,
                           const std::string& bytes) {
    grpc::GenericStub stub(server.channel());
    grpc::CompletionQueue queue;
    TestContext context;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag;
    bool ok;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
}

TEST(PublishTest, GarbageIsRefusedAndHarmsNobody) {
    TestServer server;
    const std::string garbage("\xff\x01\x02garbage", 10);
    for (const char* method : {"Publish", "PublishStream", "Consume"}) {
        const auto status = CallWithBytes(server, StrCat("/blasty.v1.Topics/", method), garbage);
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
    }
    EXPECT_GT(server.Publish("t", {"still here"}), 0u);
}

}  // namespace
}  // namespace blasty::rpc
