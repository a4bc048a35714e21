#include "compat/proximo.h"

#include <set>

#include "base/mutex.h"
#include "compat/internal/proximo_names.h"
#include "compat/internal/proximo_source.h"
#include "proximo/proximo.grpc.pb.h"
#include "rpc/test_server.h"
#include "topics/limits.h"

namespace blasty::compat {
namespace {

using rpc::Eventually;
using rpc::TestContext;

// A server with Proximo's services beside ours.
class ProximoTest : public testing::Test {
  protected:
    ProximoTest()
        : server_([this](engine::Engine& engine, exec::Executor& executor) {
              proximo_ = std::make_unique<Proximo>(engine, executor);
              return std::vector<grpc::Service*>{proximo_->source(), proximo_->sink()};
          }),
          source_(::proximo::MessageSource::NewStub(server_.channel())),
          sink_(::proximo::MessageSink::NewStub(server_.channel())) {}
    ~ProximoTest() override {
        proximo_->Stop();
        server_.server().Stop(std::chrono::milliseconds(0));
    }

    // Stores the payloads through the sink and checks that each id is confirmed once.
    void Send(const std::string& topic, const std::vector<std::string>& payloads,
              const std::string& key = "") {
        TestContext context;
        auto call = sink_->Publish(&context);
        ::proximo::PublisherRequest request;
        request.mutable_startrequest()->set_topic(topic);
        ASSERT_TRUE(call->Write(request));
        std::set<std::string> ids, confirmed;
        for (size_t i = 0; i < payloads.size(); ++i) {
            request.Clear();
            request.mutable_msg()->set_data(payloads[i]);
            request.mutable_msg()->set_id(StrCat("id-", i));
            request.mutable_msg()->set_key(key);
            ids.insert(request.msg().id());
            ASSERT_TRUE(call->Write(request));
        }
        call->WritesDone();  // what is under way is confirmed all the same
        ::proximo::Confirmation confirmation;
        while (call->Read(&confirmation)) {
            EXPECT_TRUE(confirmed.insert(confirmation.msgid()).second);
        }
        EXPECT_TRUE(call->Finish().ok());
        EXPECT_EQ(confirmed, ids);
    }

    std::unique_ptr<Proximo> proximo_;
    rpc::TestServer server_;
    std::unique_ptr<::proximo::MessageSource::Stub> source_;
    std::unique_ptr<::proximo::MessageSink::Stub> sink_;
};

class Consumer {
  public:
    Consumer(::proximo::MessageSource::Stub& stub, const std::string& topic,
             const std::string& consumer, ::proximo::Offset offset = ::proximo::OFFSET_OLDEST)
        : call_(stub.Consume(&context_)) {
        ::proximo::ConsumerRequest request;
        request.mutable_startrequest()->set_topic(topic);
        request.mutable_startrequest()->set_consumer(consumer);
        request.mutable_startrequest()->set_initial_offset(offset);
        call_->Write(request);
    }
    ~Consumer() { context_.TryCancel(); }
    ::proximo::Message Read() {
        ::proximo::Message message;
        EXPECT_TRUE(call_->Read(&message));
        return message;
    }
    void Confirm(const std::string& id) {
        ::proximo::ConsumerRequest request;
        request.mutable_confirmation()->set_msgid(id);
        call_->Write(request);
    }
    grpc::Status HalfClose() {
        call_->WritesDone();
        return Finish();
    }
    grpc::Status Finish() {
        ::proximo::Message message;
        while (call_->Read(&message)) {
        }
        return call_->Finish();
    }

  private:
    TestContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<::proximo::ConsumerRequest, ::proximo::Message>> call_;
};

TEST_F(ProximoTest, PublishesAndConsumes) {
    Send("orders", {"one", "two"});
    Send("orders", {"three"}, "the key");
    Consumer consumer(*source_, "orders", "worker");
    std::set<std::string> ids;
    for (const char* payload : {"one", "two", "three"}) {
        const auto message = consumer.Read();
        EXPECT_EQ(message.data(), payload);
        EXPECT_EQ(message.key(), payload == std::string("three") ? "the key" : payload);
        EXPECT_EQ(message.id().size(), 16u);
        EXPECT_EQ(message.id().find_first_not_of("0123456789abcdef"), std::string::npos);
        ids.insert(message.id());
    }
    EXPECT_EQ(ids.size(), 3u);
}

TEST_F(ProximoTest, ConfirmationsInAnyOrderAreKept) {
    Send("t", {"a", "b", "c", "d"});
    {
        Consumer consumer(*source_, "t", "c");
        std::vector<std::string> ids;
        for (int i = 0; i < 4; ++i) ids.push_back(consumer.Read().id());
        consumer.Confirm(ids[2]);
        consumer.Confirm(ids[0]);
        consumer.Confirm(ids[3]);
        EXPECT_TRUE(consumer.HalfClose().ok());  // after they are durable
    }
    Consumer again(*source_, "t", "c");
    EXPECT_EQ(again.Read().data(), "b");  // not confirmed: comes again
    Send("t", {"e"});
    EXPECT_EQ(again.Read().data(), "e");
}

TEST_F(ProximoTest, ConsumersEachGetAllAndStreamsOfOneShare) {
    std::vector<std::string> payloads;
    for (int i = 0; i < 300; ++i) payloads.push_back(StrCat("m", i));
    std::atomic<int> left{300};
    std::vector<std::thread> threads;
    Mutex mutex;
    std::multiset<std::string> shared;
    TestContext contexts[2];
    for (auto& context : contexts) {
        threads.emplace_back([&] {
            auto call = source_->Consume(&context);
            ::proximo::ConsumerRequest request;
            request.mutable_startrequest()->set_topic("t");
            request.mutable_startrequest()->set_consumer("shared");
            call->Write(request);
            ::proximo::Message message;
            while (call->Read(&message)) {
                request.Clear();
                request.mutable_confirmation()->set_msgid(message.id());
                call->Write(request);
                MutexLock lock(mutex);
                shared.insert(message.data());
                --left;
            }
            call->Finish();
        });
    }
    Send("t", payloads);
    Consumer other(*source_, "t", "other");
    for (const auto& payload : payloads) EXPECT_EQ(other.Read().data(), payload);
    EXPECT_TRUE(Eventually([&] { return left <= 0; }));
    for (auto& context : contexts) context.TryCancel();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(shared.size(), 300u);
    EXPECT_EQ(std::set<std::string>(shared.begin(), shared.end()).size(), 300u);
}

TEST_F(ProximoTest, OffsetCountsOnlyForANewConsumer) {
    Send("t", {"old"});
    {
        Consumer newest(*source_, "t", "n", ::proximo::OFFSET_NEWEST);
        EXPECT_TRUE(Eventually([&] { return server_.engine().info().topics.members == 1; }));
        Send("t", {"new"});
        const auto message = newest.Read();
        EXPECT_EQ(message.data(), "new");
        newest.Confirm(message.id());
        EXPECT_TRUE(newest.HalfClose().ok());
    }
    Consumer by_default(*source_, "t", "d", ::proximo::OFFSET_DEFAULT);
    EXPECT_EQ(by_default.Read().data(), "old");
    Send("t", {"later"});
    Consumer known(*source_, "t", "n", ::proximo::OFFSET_OLDEST);
    EXPECT_EQ(known.Read().data(), "later");
}

::proximo::ConsumerRequest StartConsume() {
    ::proximo::ConsumerRequest request;
    request.mutable_startrequest()->set_topic("t");
    request.mutable_startrequest()->set_consumer("c");
    return request;
}

TEST_F(ProximoTest, ConsumeErrorsAreExact) {
    const auto ends_with = [&](const std::vector<::proximo::ConsumerRequest>& requests) {
        TestContext context;
        auto call = source_->Consume(&context);
        for (const auto& request : requests) call->Write(request);
        ::proximo::Message message;
        while (call->Read(&message)) {
        }
        const grpc::Status status = call->Finish();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
        return status.error_message();
    };
    ::proximo::ConsumerRequest confirm, both = StartConsume();
    confirm.mutable_confirmation()->set_msgid("00000000deadbeef");
    both.mutable_confirmation()->set_msgid("ignored");
    EXPECT_EQ(ends_with({StartConsume(), StartConsume()}), "consumption already started");
    EXPECT_EQ(ends_with({confirm}), "invalid confirmation");
    EXPECT_EQ(ends_with({::proximo::ConsumerRequest()}),
              "invalid consumer request - this is possibly a bug in your client library");
    EXPECT_EQ(ends_with({StartConsume(), confirm}),
              "no message to confirm with id: 00000000deadbeef");
    EXPECT_EQ(ends_with({both, both}), "consumption already started");
    confirm.mutable_confirmation()->set_msgid("not hex");
    EXPECT_EQ(ends_with({StartConsume(), confirm}), "no message to confirm with id: not hex");
    Send("t", {"a"});
    Consumer consumer(*source_, "t", "twice");
    const std::string id = consumer.Read().id();
    consumer.Confirm(id);
    consumer.Confirm(id);
    EXPECT_EQ(consumer.Finish().error_message(), StrCat("no message to confirm with id: ", id));
}

TEST_F(ProximoTest, PublishErrorsAreExact) {
    const auto ends_with = [&](const std::vector<::proximo::PublisherRequest>& requests) {
        TestContext context;
        auto call = sink_->Publish(&context);
        for (const auto& request : requests) call->Write(request);
        ::proximo::Confirmation confirmation;
        while (call->Read(&confirmation)) {
        }
        const grpc::Status status = call->Finish();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
        return status.error_message();
    };
    ::proximo::PublisherRequest start, message;
    start.mutable_startrequest()->set_topic("t");
    message.mutable_msg()->set_data("x");
    EXPECT_EQ(ends_with({start, start}), "consumption already started");
    EXPECT_EQ(ends_with({message}), "not connected to a topic");
    EXPECT_EQ(ends_with({::proximo::PublisherRequest()}),
              "invalid consumer request - this is possibly a bug in your client library");
    start.mutable_startrequest()->set_topic("a b");
    EXPECT_NE(ends_with({start}).find("a b"), std::string::npos);
}

TEST_F(ProximoTest, StreamsThatNeverStartStayOpenAndEndWell) {
    TestContext one, two;
    auto consume = source_->Consume(&one);
    auto publish = sink_->Publish(&two);
    consume->WritesDone();
    publish->WritesDone();
    EXPECT_TRUE(consume->Finish().ok());
    EXPECT_TRUE(publish->Finish().ok());
}

TEST_F(ProximoTest, StopEndsTheStreams) {
    TestContext context;
    auto publish = sink_->Publish(&context);
    publish->Write({});
    Consumer consumer(*source_, "t", "c");
    EXPECT_TRUE(Eventually([&] { return server_.engine().info().topics.members == 1; }));
    proximo_->Stop();
    EXPECT_EQ(consumer.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ProximoTest, SharesTopicsWithOurOwnClients) {
    server_.Publish("t", {"ours"}, "k");
    Consumer consumer(*source_, "t", "c");
    const auto message = consumer.Read();
    EXPECT_EQ(message.data(), "ours");
    EXPECT_EQ(message.key(), "k");
}

TEST(ProximoNamesTest, InboxNamesAreReversible) {
    EXPECT_EQ(*InboxOf("orders", "worker-1"), "proximo.orders.worker-1");
    const std::vector<std::pair<std::string, std::string>> names = {
        {"a.b", "c"}, {"a", "b.c"}, {"", ""}, {"%", "%00"}, {std::string("\0\xff", 2), "ä *>"}};
    std::set<std::string> inboxes;
    for (const auto& [topic, consumer] : names) {
        const auto inbox = InboxOf(topic, consumer);
        ASSERT_TRUE(inbox.ok());
        EXPECT_TRUE(inboxes.insert(*inbox).second);
        const auto back = ConsumerOf(*inbox);
        ASSERT_TRUE(back.ok());
        EXPECT_EQ(back->topic, topic);
        EXPECT_EQ(back->consumer, consumer);
    }
    EXPECT_EQ(ReasonOf(InboxOf("t", std::string(200, 'x')).status()), "NAME_TOO_LONG");
    EXPECT_FALSE(ConsumerOf("orders.c").ok());
    EXPECT_FALSE(ConsumerOf("proximo.a.%4").ok());
}

TEST(ProximoNamesTest, KeysFitOurLimit) {
    EXPECT_EQ(StoredKey("k", "data"), "k");
    EXPECT_EQ(StoredKey("", "data"), "data");
    const std::string large(topics::kKeyBytesMax + 1, 'x');
    const std::string key = StoredKey("", large);
    EXPECT_EQ(key.substr(0, 7), "crc32c:");
    EXPECT_EQ(key, StoredKey(large, "other"));
    EXPECT_NE(key, StoredKey("", large + "y"));
}

TEST(DeliveryIdsTest, OneThatIsNeverConfirmedDoesNotKeepTheOthers) {
    DeliveryIds ids;
    ids.Add(Sequence(1));
    Sequence sequence;
    for (uint64_t i = 2; i < 300'000; ++i) {
        const std::string id = ids.Add(Sequence(i));
        ASSERT_TRUE(ids.Confirm(id, &sequence));
        ASSERT_EQ(sequence, Sequence(i));
    }
    EXPECT_LT(ids.remembered(), 100'000u);
}

}  // namespace
}  // namespace blasty::compat
