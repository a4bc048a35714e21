#include <gtest/gtest.h>

#include "blasty/v1/topics.pb.h"
#include "client/internal/ack_queue.h"
#include "client/internal/publish_queue.h"

namespace blasty::client::internal {
namespace {

v1::PublishStreamResponse MakeAnswer(uint64_t first, uint64_t last,
                                     std::vector<std::pair<uint64_t, uint32_t>> runs,
                                     std::vector<uint32_t> duplicates = {}) {
    v1::PublishStreamResponse answer;
    answer.set_first_request(first);
    answer.set_last_request(last);
    for (const auto& [start, count] : runs) {
        answer.add_runs()->set_first(start);
        answer.mutable_runs(answer.runs_size() - 1)->set_count(count);
    }
    for (const uint32_t index : duplicates) answer.add_duplicates(index);
    return answer;
}

v1::PublishRequest Decoded(const std::shared_ptr<const std::string>& bytes) {
    v1::PublishRequest request;
    EXPECT_TRUE(request.ParseFromString(*bytes));
    return request;
}

class PublishQueueTest : public ::testing::Test {
  protected:
    void Add(PublishQueue& queue, const std::string& topic, const std::string& payload,
             const std::string& id = "") {
        queue.Add(topic, {.payload = payload, .id = id}, [this, payload](auto result) {
            log_.push_back(result.ok() ? payload + "=" + std::to_string(result->sequence) +
                                             (result->duplicate ? "d" : "")
                                       : payload + "!" + ReasonOf(result.status()));
        });
    }
    void Run(std::vector<Answer>& answers) {
        for (auto& [done, result] : answers) done(std::move(result));
        answers.clear();
    }
    std::vector<std::string> log_;
    std::vector<Answer> answers_;
    PublisherOptions plain_{.idempotent = false};
};

using Log = std::vector<std::string>;

TEST_F(PublishQueueTest, CoalescesByTopicAndCount) {
    plain_.frame_messages_max = 2;
    PublishQueue queue(plain_);
    for (const char* payload : {"a", "b", "c"}) Add(queue, "one", payload);
    Add(queue, "two", "d");
    EXPECT_EQ(Decoded(queue.Send()).messages_size(), 2);
    EXPECT_EQ(Decoded(queue.Send()).messages_size(), 1);
    const v1::PublishRequest last = Decoded(queue.Send());
    EXPECT_EQ(last.topic(), "two");
    EXPECT_FALSE(queue.CanSend());
}

TEST_F(PublishQueueTest, FramesInFlightAreBounded) {
    plain_.frame_messages_max = 1;
    plain_.frames_in_flight_max = 2;
    PublishQueue queue(plain_);
    for (const char* payload : {"a", "b", "c"}) Add(queue, "t", payload);
    queue.Send();
    queue.Send();
    EXPECT_FALSE(queue.CanSend());
    ASSERT_TRUE(queue.OnAnswer(MakeAnswer(1, 1, {{10, 1}}), &answers_));
    EXPECT_TRUE(queue.CanSend());
}

TEST_F(PublishQueueTest, AnswersMapRunsAndDuplicates) {
    plain_.frame_messages_max = 2;
    PublishQueue queue(plain_);
    for (const char* payload : {"a", "b", "c", "d"}) Add(queue, "t", payload, payload);
    queue.Send();
    queue.Send();
    ASSERT_TRUE(queue.OnAnswer(MakeAnswer(1, 2, {{10, 1}, {3, 1}, {11, 2}}, {1}), &answers_));
    Run(answers_);
    EXPECT_EQ(log_, (Log{"a=10", "b=3d", "c=11", "d=12"}));
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.waiting_bytes(), 0u);
    EXPECT_EQ(queue.stats().duplicates, 1u);
}

TEST_F(PublishQueueTest, RefusesAnswersThatDoNotFit) {
    PublishQueue queue(plain_);
    Add(queue, "t", "a");
    EXPECT_FALSE(queue.OnAnswer(MakeAnswer(1, 1, {{1, 1}}), &answers_));
    queue.Send();
    EXPECT_FALSE(queue.OnAnswer(MakeAnswer(2, 2, {{1, 1}}), &answers_));
    EXPECT_FALSE(queue.OnAnswer(MakeAnswer(1, 2, {{1, 1}}), &answers_));
    EXPECT_FALSE(queue.OnAnswer(MakeAnswer(1, 1, {}), &answers_));
}

TEST_F(PublishQueueTest, OnlyMessagesWithIdsAreSentAgain) {
    PublishQueue queue(plain_);
    Add(queue, "t", "a");
    Add(queue, "t", "b", "id-b");
    Add(queue, "t", "c", "id-c");
    queue.Send();
    queue.Send();
    Add(queue, "t", "later");
    queue.OnLost(MakeError(StatusCode::kUnavailable, "SERVER_UNREACHABLE", "gone"), &answers_);
    Run(answers_);
    EXPECT_EQ(log_, (Log{"a!PUBLISH_UNCERTAIN"}));
    const v1::PublishRequest again = Decoded(queue.Send());
    ASSERT_EQ(again.messages_size(), 2);
    EXPECT_EQ(again.messages(0).id(), "id-b");
    EXPECT_EQ(Decoded(queue.Send()).messages(0).payload(), "later");
    // Requests are numbered anew on a new stream.
    ASSERT_TRUE(queue.OnAnswer(MakeAnswer(1, 2, {{5, 3}}), &answers_));
    Run(answers_);
    EXPECT_EQ(log_, (Log{"a!PUBLISH_UNCERTAIN", "b=5", "c=6", "later=7"}));
}

TEST_F(PublishQueueTest, IdempotentIdsAreUnlikeEachOther) {
    PublishQueue one(PublisherOptions{}), two(PublisherOptions{});
    Add(one, "t", "a");
    Add(one, "t", "b");
    Add(two, "t", "c");
    const v1::PublishRequest first = Decoded(one.Send()), second = Decoded(two.Send());
    EXPECT_FALSE(first.messages(0).id().empty());
    EXPECT_NE(first.messages(0).id(), first.messages(1).id());
    EXPECT_NE(first.messages(0).id(), second.messages(0).id());
}

TEST_F(PublishQueueTest, ARefusedFrameIsTakenApartSoThatOnlyTheCulpritFails) {
    PublishQueue queue(PublisherOptions{});
    for (const char* payload : {"a", "bad", "c"}) Add(queue, "t", payload);
    queue.Send();
    const Status why = MakeError(StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE", "too large");
    queue.OnRefused(why, false, &answers_);
    EXPECT_EQ(Decoded(queue.Send()).messages(0).payload(), "a");
    EXPECT_EQ(Decoded(queue.Send()).messages(0).payload(), "bad");
    ASSERT_TRUE(queue.OnAnswer(MakeAnswer(1, 1, {{1, 1}}), &answers_));
    queue.OnRefused(why, false, &answers_);
    EXPECT_EQ(Decoded(queue.Send()).messages(0).payload(), "c");
    ASSERT_TRUE(queue.OnAnswer(MakeAnswer(1, 1, {{2, 1}}), &answers_));
    Run(answers_);
    EXPECT_EQ(log_, (Log{"a=1", "bad!MESSAGE_TOO_LARGE", "c=2"}));
    EXPECT_EQ(queue.waiting_bytes(), 0u);
}

TEST_F(PublishQueueTest, AnOverloadedFrameIsSentAgain) {
    PublishQueue queue(plain_);
    Add(queue, "t", "a");
    queue.Send();
    queue.OnRefused(MakeError(StatusCode::kResourceExhausted, "OVERLOADED", "busy"), true,
                    &answers_);
    EXPECT_TRUE(answers_.empty());
    EXPECT_EQ(Decoded(queue.Send()).messages(0).payload(), "a");
}

v1::Ack SentAck(AckQueue& acks) {
    const auto bytes = acks.Send();
    v1::ConsumeRequest request;
    EXPECT_TRUE(bytes != nullptr && request.ParseFromString(*bytes));
    return request.ack();
}

std::vector<InMessage> Messages(std::vector<uint64_t> sequences) {
    std::vector<InMessage> out;
    for (const uint64_t sequence : sequences) out.emplace_back().sequence = sequence;
    return out;
}

TEST(AckQueueTest, SendsRuns) {
    AckQueue acks;
    acks.Ack(std::vector<uint64_t>{7, 3, 1, 2, 3});
    const v1::Ack ack = SentAck(acks);
    ASSERT_EQ(ack.runs_size(), 2);
    EXPECT_EQ(ack.runs(0).first(), 1u);
    EXPECT_EQ(ack.runs(0).count(), 3u);
    EXPECT_EQ(ack.runs(1).first(), 7u);
    EXPECT_FALSE(acks.idle());
    acks.Confirmed(1);
    EXPECT_TRUE(acks.idle());
    EXPECT_EQ(acks.Send(), nullptr);
}

TEST(AckQueueTest, UnconfirmedAcksAreRepeatedWhenTheMessageComesAgain) {
    AckQueue acks;
    acks.HandedOut(Messages({1, 2, 3}));
    acks.Ack(std::vector<uint64_t>{1, 2});
    SentAck(acks);
    acks.OnLost();
    EXPECT_EQ(acks.TakeUncertain(), 2u);
    EXPECT_EQ(acks.TakeUncertain(), 0u);
    // Acked after the loss: kept until it comes again.
    acks.Ack(std::vector<uint64_t>{3});
    EXPECT_EQ(acks.Send(), nullptr);
    std::vector<InMessage> again = Messages({1, 3, 4});
    acks.RemoveAcked(&again);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].sequence, 4u);
    const v1::Ack ack = SentAck(acks);
    ASSERT_EQ(ack.runs_size(), 2);
    EXPECT_EQ(ack.runs(0).first(), 1u);
    EXPECT_EQ(ack.runs(1).first(), 3u);
}

TEST(AckQueueTest, WhatWasNotAckedIsHandedOutAgain) {
    AckQueue acks;
    acks.HandedOut(Messages({5}));
    acks.OnLost();
    std::vector<InMessage> again = Messages({5});
    acks.RemoveAcked(&again);
    ASSERT_EQ(again.size(), 1u);
    acks.HandedOut(again);
    acks.Ack(std::vector<uint64_t>{5});
    EXPECT_EQ(SentAck(acks).runs(0).first(), 5u);
}

}  // namespace
}  // namespace blasty::client::internal
