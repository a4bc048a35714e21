// Publisher, Consumer and Admin against a scripted server in this process.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>

#include "base/mutex.h"
#include "blasty/v1/server.grpc.pb.h"
#include "blasty/v1/topics.grpc.pb.h"
#include "client/admin.h"
#include "client/consumer.h"
#include "client/publisher.h"

namespace blasty::client {
namespace {

constexpr int64_t kLongUs = 30'000'000;

using PublishCall = grpc::ServerReaderWriter<v1::PublishStreamResponse, v1::PublishRequest>;
using ConsumeCall = grpc::ServerReaderWriter<v1::ConsumeResponse, v1::ConsumeRequest>;

// Each call of a stream runs the next script.
class FakeTopics : public v1::Topics::Service {
  public:
    std::deque<std::function<grpc::Status(grpc::ServerContext&, PublishCall&)>> publishes;
    std::deque<std::function<grpc::Status(grpc::ServerContext&, ConsumeCall&)>> consumes;

    grpc::Status PublishStream(grpc::ServerContext* context, PublishCall* call) override {
        return Next(publishes, *context, *call);
    }
    grpc::Status Consume(grpc::ServerContext* context, ConsumeCall* call) override {
        return Next(consumes, *context, *call);
    }
    grpc::Status GetTopic(grpc::ServerContext* context, const v1::GetTopicRequest* request,
                          v1::Topic* topic) override {
        if (request->name() == "there") {
            topic->set_name("there");
            return grpc::Status::OK;
        }
        context->AddTrailingMetadata("blasty-reason", "TOPIC_NOT_FOUND");
        return {grpc::StatusCode::NOT_FOUND, "topic does not exist"};
    }
    grpc::Status ListTopics(grpc::ServerContext*, const v1::ListTopicsRequest* request,
                            v1::ListTopicsResponse* page) override {
        page->add_topics()->set_name(request->after().empty() ? "a" : "b");
        page->set_more(request->after().empty());
        return grpc::Status::OK;
    }

  private:
    template <typename Scripts, typename Call>
    grpc::Status Next(Scripts& scripts, grpc::ServerContext& context, Call& call) {
        typename Scripts::value_type script;
        {
            MutexLock lock(mutex_);
            if (scripts.empty()) return {grpc::StatusCode::INTERNAL, "no script is left"};
            script = std::move(scripts.front());
            scripts.pop_front();
        }
        return script(context, call);
    }
    Mutex mutex_;
};

class ClientTest : public ::testing::Test {
  protected:
    void Listen() {
        grpc::ServerBuilder builder;
        int port = 0;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&topics_);
        server_ = builder.BuildAndStart();
        client_ =
            std::make_unique<Client>(ClientOptions{.server = "127.0.0.1:" + std::to_string(port)});
    }
    void TearDown() override {
        client_.reset();
        if (server_) server_->Shutdown(std::chrono::system_clock::now());
    }
    FakeTopics topics_;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<Client> client_;
};

// Answers every request; sequences go on from `next`.
grpc::Status AnswerAll(PublishCall& call, std::atomic<uint64_t>& next, uint64_t requests_max) {
    v1::PublishRequest request;
    for (uint64_t number = 1; number <= requests_max && call.Read(&request); ++number) {
        v1::PublishStreamResponse answer;
        answer.set_first_request(number);
        answer.set_last_request(number);
        v1::SequenceRun& run = *answer.add_runs();
        const auto count = static_cast<uint32_t>(request.messages_size());
        run.set_first(next.fetch_add(count));
        run.set_count(count);
        call.Write(answer);
    }
    return grpc::Status::OK;
}

TEST_F(ClientTest, PublishesAndFlushes) {
    std::atomic<uint64_t> next = 1;
    topics_.publishes.push_back(
        [&](auto&, PublishCall& call) { return AnswerAll(call, next, UINT64_MAX); });
    Listen();
    Publisher publisher(*client_, {});
    std::atomic<uint64_t> sum = 0;
    for (int i = 0; i < 10'000; ++i)
        ASSERT_TRUE(publisher
                        .Publish("t", {.payload = "hello"},
                                 [&](auto result) { sum += result.ok() ? result->sequence : 0; })
                        .ok());
    ASSERT_TRUE(publisher.Flush(kLongUs).ok());
    EXPECT_EQ(sum.load(), 10'000ull * 10'001 / 2);
    EXPECT_LT(publisher.stats().frames, 10'000u);
    const auto one = publisher.PublishAndWait("t", {.payload = "x"}, kLongUs);
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(one->sequence, 10'001u);
}

TEST_F(ClientTest, SendsUnansweredMessagesAgainAfterALostConnection) {
    std::atomic<uint64_t> next = 1;
    std::vector<std::string> ids;
    topics_.publishes.push_back([&](auto&, PublishCall& call) {
        AnswerAll(call, next, 1);
        v1::PublishRequest request;
        call.Read(&request);  // taken, never answered
        for (const v1::Message& message : request.messages()) ids.push_back(message.id());
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    });
    topics_.publishes.push_back([&](auto&, PublishCall& call) {
        v1::PublishRequest request;
        call.Read(&request);
        for (const v1::Message& message : request.messages()) ids.push_back(message.id());
        v1::PublishStreamResponse answer;
        answer.set_first_request(1);
        answer.set_last_request(1);
        answer.add_runs()->set_first(7);
        answer.mutable_runs(0)->set_count(1);
        answer.add_duplicates(0);
        call.Write(answer);
        call.Read(&request);
        return grpc::Status::OK;
    });
    Listen();
    std::atomic<int> told = 0;
    Publisher publisher(*client_, {.on_connection = [&](const Status&) { ++told; }});
    ASSERT_TRUE(publisher.PublishAndWait("t", {.payload = "one"}, kLongUs).ok());
    const auto second = publisher.PublishAndWait("t", {.payload = "two"}, kLongUs);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(second->sequence, 7u);
    EXPECT_TRUE(second->duplicate);
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_EQ(ids[0], ids[1]);
    EXPECT_EQ(told.load(), 2);
}

TEST_F(ClientTest, RefusedMessagesFailWithTheServersReasonAndOthersGoOn) {
    std::atomic<uint64_t> next = 1;
    topics_.publishes.push_back([&](grpc::ServerContext& context, PublishCall& call) {
        v1::PublishRequest request;
        call.Read(&request);
        context.AddTrailingMetadata("blasty-reason", "INVALID_NAME");
        context.AddTrailingMetadata("blasty-place", "request 1");
        return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "bad name");
    });
    topics_.publishes.push_back(
        [&](auto&, PublishCall& call) { return AnswerAll(call, next, UINT64_MAX); });
    Listen();
    Publisher publisher(*client_, {});
    const auto bad = publisher.PublishAndWait("a b", {.payload = "x"}, kLongUs);
    EXPECT_EQ(ReasonOf(bad.status()), "INVALID_NAME");
    EXPECT_EQ(MessageOf(bad.status()), "bad name");
    EXPECT_EQ(PlaceOf(bad.status()), "request 1");
    EXPECT_EQ(PlaceOf(OkStatus()), "");
    EXPECT_TRUE(publisher.PublishAndWait("t", {.payload = "x"}, kLongUs).ok());
}

TEST_F(ClientTest, UnreachableServerIsAnErrorWithARemedy) {
    Client client(ClientOptions{.server = "127.0.0.1:1"});
    Publisher publisher(client, {});
    const Status status = publisher.PublishAndWait("t", {.payload = "x"}, kLongUs).status();
    EXPECT_EQ(ReasonOf(status), "SERVER_UNREACHABLE");
    EXPECT_NE(MessageOf(status).find("127.0.0.1:1"), std::string_view::npos);
    EXPECT_NE(MessageOf(status).find("blasty serve"), std::string_view::npos);
    Consumer consumer(client, {.topics = {"t"}});
    EXPECT_EQ(ReasonOf(consumer.WaitStarted(kLongUs)), "SERVER_UNREACHABLE");
    EXPECT_EQ(ReasonOf(Admin(client).GetTopic("t").status()), "SERVER_UNREACHABLE");
}

TEST_F(ClientTest, PublisherQueueIsBounded) {
    topics_.publishes.push_back([&](grpc::ServerContext& context, PublishCall& call) {
        v1::PublishRequest request;
        while (call.Read(&request) && !context.IsCancelled()) continue;
        return grpc::Status::OK;
    });
    Listen();
    Publisher publisher(*client_, {.queue_bytes_max = 10'000, .block_when_full = false});
    Status status;
    const std::string payload(1000, 'x');
    int accepted = 0;
    while (accepted < 1000 && (status = publisher.Publish("t", {.payload = payload})).ok())
        ++accepted;
    EXPECT_EQ(ReasonOf(status), "PUBLISH_QUEUE_FULL");
    EXPECT_GE(accepted, 9);
    EXPECT_LE(accepted, 12);
}

void SendBatch(ConsumeCall& call, std::vector<uint64_t> sequences) {
    v1::ConsumeResponse response;
    for (const uint64_t sequence : sequences) {
        v1::Delivered& delivered = *response.mutable_batch()->add_messages();
        delivered.set_sequence(sequence);
        delivered.set_topic("t");
        delivered.mutable_message()->set_payload("p" + std::to_string(sequence));
    }
    response.mutable_batch()->set_position(sequences.back() + 1);
    call.Write(response);
}

v1::ConsumeStart ReadStart(ConsumeCall& call, uint64_t position) {
    v1::ConsumeRequest request;
    call.Read(&request);
    v1::ConsumeResponse response;
    response.mutable_started()->set_position(position);
    call.Write(response);
    return request.start();
}

TEST_F(ClientTest, PlainReaderResumesWhereItWas) {
    v1::ConsumeStart again;
    topics_.consumes.push_back([](auto&, ConsumeCall& call) {
        ReadStart(call, 5);
        SendBatch(call, {5, 6});
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    });
    topics_.consumes.push_back([&](auto&, ConsumeCall& call) {
        again = ReadStart(call, 7);
        SendBatch(call, {7});
        v1::ConsumeRequest request;
        call.Read(&request);
        return grpc::Status::OK;
    });
    Listen();
    Consumer consumer(*client_, {.topics = {"t"}});
    std::vector<uint64_t> got;
    ConsumedBatch batch;
    while (got.empty() || got.back() != 7) {
        const auto next = consumer.Next(&batch, kLongUs);
        ASSERT_TRUE(next.ok()) << next.status();
        ASSERT_EQ(*next, NextResult::kBatch);
        for (const InMessage& message : batch.messages) got.push_back(message.sequence);
    }
    // The batch before the loss was taken, or dropped and asked for again.
    const bool taken = got.front() == 5;
    EXPECT_EQ(again.start().sequence(), taken ? 7u : 5u);
    EXPECT_EQ(consumer.position(), 8u);
}

// Far more than the buffer of a consumer holds.
grpc::Status SendMuch(ConsumeCall& call) {
    ReadStart(call, 1);
    for (uint64_t sequence = 1; sequence <= 2000; sequence += 10) {
        v1::ConsumeResponse response;
        for (uint64_t i = 0; i < 10; ++i) {
            v1::Delivered& delivered = *response.mutable_batch()->add_messages();
            delivered.set_sequence(sequence + i);
            delivered.mutable_message()->set_payload(std::string(1000, 'x'));
        }
        response.mutable_batch()->set_position(sequence + 10);
        if (!call.Write(response)) break;
    }
    return grpc::Status::OK;
}

TEST_F(ClientTest, ASlowConsumerHoldsLittleAndLosesNothing) {
    topics_.consumes.push_back([](auto&, ConsumeCall& call) { return SendMuch(call); });
    Listen();
    Consumer consumer(*client_,
                      {.topics = {"t"}, .until_caught_up = true, .buffer_bytes_max = 20'000});
    ConsumedBatch batch;
    uint64_t last = 0;
    for (;;) {
        const auto next = consumer.Next(&batch, kLongUs);
        ASSERT_TRUE(next.ok()) << next.status();
        if (*next == NextResult::kEnd) break;
        for (const InMessage& message : batch.messages) ASSERT_EQ(message.sequence, ++last);
    }
    EXPECT_EQ(last, 2000u);
}

TEST_F(ClientTest, AConsumerWithAFullBufferCanBeDestroyed) {
    topics_.consumes.push_back([](auto&, ConsumeCall& call) { return SendMuch(call); });
    Listen();
    Consumer consumer(*client_, {.topics = {"t"}, .buffer_bytes_max = 20'000});
    ConsumedBatch batch;
    EXPECT_EQ(*consumer.Next(&batch, kLongUs), NextResult::kBatch);
}

TEST_F(ClientTest, MemberAcksAndWaitsForTheConfirmation) {
    std::vector<uint64_t> acked;
    topics_.consumes.push_back([&](auto&, ConsumeCall& call) {
        EXPECT_EQ(ReadStart(call, 0).inbox(), "box");
        SendBatch(call, {1, 2, 4});
        v1::ConsumeRequest request;
        for (uint64_t count = 1; call.Read(&request); ++count) {
            for (const v1::SequenceRun& run : request.ack().runs())
                for (uint32_t i = 0; i < run.count(); ++i) acked.push_back(run.first() + i);
            v1::ConsumeResponse response;
            response.mutable_acked()->set_ack_requests(count);
            call.Write(response);
        }
        return grpc::Status::OK;
    });
    Listen();
    Consumer consumer(*client_, {.inbox = "box"});
    ConsumedBatch batch;
    const auto next = consumer.Next(&batch, kLongUs);
    ASSERT_TRUE(next.ok());
    ASSERT_EQ(batch.messages.size(), 3u);
    EXPECT_EQ(batch.messages[2].payload, "p4");
    consumer.Ack(std::vector<uint64_t>{1, 2, 4});
    ASSERT_TRUE(consumer.FlushAcks(kLongUs).ok());
    EXPECT_EQ(acked, (std::vector<uint64_t>{1, 2, 4}));
}

TEST_F(ClientTest, EndAndErrorsOfAConsumer) {
    topics_.consumes.push_back([](auto&, ConsumeCall& call) {
        ReadStart(call, 1);
        SendBatch(call, {1});
        return grpc::Status::OK;
    });
    topics_.consumes.push_back([](grpc::ServerContext& context, ConsumeCall&) {
        context.AddTrailingMetadata("blasty-reason", "TOPIC_NOT_FOUND");
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such topic");
    });
    Listen();
    ConsumedBatch batch;
    {
        Consumer consumer(*client_, {.topics = {"t"}, .until_caught_up = true});
        EXPECT_EQ(*consumer.Next(&batch, kLongUs), NextResult::kBatch);
        EXPECT_EQ(*consumer.Next(&batch, kLongUs), NextResult::kEnd);
    }
    Consumer consumer(*client_, {.topics = {"nope"}});
    EXPECT_EQ(ReasonOf(consumer.Next(&batch, kLongUs).status()), "TOPIC_NOT_FOUND");
}

TEST_F(ClientTest, CancelWakesNextAndTimeoutsAreNoErrors) {
    topics_.consumes.push_back([](auto&, ConsumeCall& call) {
        ReadStart(call, 1);
        v1::ConsumeRequest request;
        call.Read(&request);
        return grpc::Status::OK;
    });
    Listen();
    Consumer consumer(*client_, {.topics = {"t"}});
    ConsumedBatch batch;
    EXPECT_EQ(*consumer.Next(&batch, 1000), NextResult::kTimeout);
    consumer.Cancel();
    EXPECT_EQ(ReasonOf(consumer.Next(&batch, kLongUs).status()), "CANCELLED");
}

TEST_F(ClientTest, AdminMapsReasonsAndReadsAllPages) {
    Listen();
    Admin admin(*client_);
    EXPECT_EQ(admin.GetTopic("there")->name(), "there");
    const Status missing = admin.GetTopic("nope").status();
    EXPECT_EQ(ReasonOf(missing), "TOPIC_NOT_FOUND");
    EXPECT_EQ(missing.code(), StatusCode::kNotFound);
    const auto all = admin.ListTopics("");
    ASSERT_TRUE(all.ok());
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[1].name(), "b");
}

}  // namespace
}  // namespace blasty::client
