#include "client/internal/wire.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "blasty/v1/topics.pb.h"

namespace blasty::client::internal {
namespace {

TEST(WireTest, PublishRequestReadsBackWithTheGeneratedCode) {
    const Header headers[] = {{"type", "text"}, {"empty", ""}};
    std::string request;
    AppendTopic(request, "orders.eu");
    AppendMessage(request, {.payload = "one", .key = "k", .headers = headers, .event_time_us = -5},
                  "id-1");
    AppendMessage(request, {.payload = "", .event_time_us = 1'700'000'000'000'000}, "");
    v1::PublishRequest read;
    ASSERT_TRUE(read.ParseFromString(request));
    EXPECT_EQ(read.topic(), "orders.eu");
    ASSERT_EQ(read.messages_size(), 2);
    EXPECT_EQ(read.messages(0).payload(), "one");
    EXPECT_EQ(read.messages(0).key(), "k");
    EXPECT_EQ(read.messages(0).id(), "id-1");
    EXPECT_EQ(read.messages(0).event_time_us(), -5);
    ASSERT_EQ(read.messages(0).headers_size(), 2);
    EXPECT_EQ(read.messages(0).headers(0).name(), "type");
    EXPECT_EQ(read.messages(0).headers(0).value(), "text");
    EXPECT_EQ(read.messages(0).headers(1).name(), "empty");
    EXPECT_EQ(read.messages(1).payload(), "");
    EXPECT_EQ(read.messages(1).event_time_us(), 1'700'000'000'000'000);
}

TEST(WireTest, LongFieldsHaveLongLengths) {
    const std::string payload(300'000, 'x');
    std::string request;
    AppendTopic(request, "t");
    AppendMessage(request, {.payload = payload, .key = std::string_view(payload).substr(0, 200)},
                  "");
    v1::PublishRequest read;
    ASSERT_TRUE(read.ParseFromString(request));
    EXPECT_EQ(read.messages(0).payload(), payload);
    EXPECT_EQ(read.messages(0).key().size(), 200u);
}

TEST(WireTest, SplitGivesOneRequestForEachMessage) {
    std::string request;
    AppendTopic(request, "t");
    AppendMessage(request, {.payload = "a"}, "1");
    AppendMessage(request, {.payload = "b"}, "2");
    const std::vector<std::string> parts = SplitRequest(request);
    ASSERT_EQ(parts.size(), 2u);
    v1::PublishRequest read;
    ASSERT_TRUE(read.ParseFromString(parts[1]));
    EXPECT_EQ(read.topic(), "t");
    ASSERT_EQ(read.messages_size(), 1);
    EXPECT_EQ(read.messages(0).payload(), "b");
    EXPECT_EQ(read.messages(0).id(), "2");
}

v1::ConsumeResponse SampleBatch() {
    v1::ConsumeResponse response;
    v1::Batch& batch = *response.mutable_batch();
    for (int i = 1; i <= 3; ++i) {
        v1::Delivered& delivered = *batch.add_messages();
        delivered.set_sequence(static_cast<uint64_t>(i) * 1'000'000);
        delivered.set_topic("orders");
        delivered.set_attempt(static_cast<uint32_t>(i));
        v1::Message& message = *delivered.mutable_message();
        message.set_payload(std::string(static_cast<size_t>(i) * 100, 'p'));
        message.set_key("key");
        message.set_id("id");
        message.set_event_time_us(-i);
        v1::Header& header = *message.add_headers();
        header.set_name("n");
        header.set_value("v");
    }
    batch.set_position(3'000'001);
    return response;
}

TEST(WireTest, BatchFromTheGeneratedCodeReadsAsViews) {
    const std::string bytes = SampleBatch().SerializeAsString();
    ResponseView view;
    ASSERT_TRUE(ParseConsumeResponse(bytes, &view));
    ASSERT_EQ(view.kind, ResponseKind::kBatch);
    std::vector<InMessage> messages;
    uint64_t position = 0;
    ASSERT_TRUE(ParseBatch(view.body, &messages, &position));
    EXPECT_EQ(position, 3'000'001u);
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[2].sequence, 3'000'000u);
    EXPECT_EQ(messages[2].topic, "orders");
    EXPECT_EQ(messages[2].payload.size(), 300u);
    EXPECT_EQ(messages[2].key, "key");
    EXPECT_EQ(messages[2].id, "id");
    EXPECT_EQ(messages[2].event_time_us, -3);
    EXPECT_EQ(messages[2].attempt, 3u);
    const std::vector<Header> headers = messages[2].Headers();
    ASSERT_EQ(headers.size(), 1u);
    EXPECT_EQ(headers[0].name, "n");
    EXPECT_EQ(headers[0].value, "v");
    EXPECT_GE(messages[2].payload.data(), bytes.data());
    EXPECT_LE(messages[2].payload.data(), bytes.data() + bytes.size());
}

TEST(WireTest, KindsMatchTheContract) {
    v1::ConsumeResponse response;
    ResponseView view;
    response.mutable_started()->set_position(1);
    ASSERT_TRUE(ParseConsumeResponse(response.SerializeAsString(), &view));
    EXPECT_EQ(view.kind, ResponseKind::kStarted);
    response.mutable_acked()->set_ack_requests(1);
    ASSERT_TRUE(ParseConsumeResponse(response.SerializeAsString(), &view));
    EXPECT_EQ(view.kind, ResponseKind::kAcked);
    response.mutable_not_in_flight()->add_sequences(1);
    ASSERT_TRUE(ParseConsumeResponse(response.SerializeAsString(), &view));
    EXPECT_EQ(view.kind, ResponseKind::kNotInFlight);
    response.mutable_gone()->set_resumed_at(1);
    ASSERT_TRUE(ParseConsumeResponse(response.SerializeAsString(), &view));
    EXPECT_EQ(view.kind, ResponseKind::kGone);
}

// Whatever the bytes, reading ends, stays inside (the sanitizers watch), and agrees with the
// generated code on what is well-formed where that one is strict.
TEST(WireTest, DamagedBatchesNeverLeaveTheirBytes) {
    const std::string good = SampleBatch().SerializeAsString();
    for (uint64_t seed = 1; seed <= 3000; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        std::string bytes = good.substr(0, random.Below(good.size() + 1));
        for (uint64_t n = random.Below(4); n > 0 && !bytes.empty(); --n)
            bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
        ResponseView view;
        std::vector<InMessage> messages;
        uint64_t position = 0;
        if (!ParseConsumeResponse(bytes, &view) || !ParseBatch(view.body, &messages, &position))
            continue;
        for (const InMessage& message : messages) {
            if (message.payload.empty()) continue;
            ASSERT_GE(message.payload.data(), bytes.data());
            ASSERT_LE(message.payload.data() + message.payload.size(), bytes.data() + bytes.size());
        }
    }
}

TEST(WireTest, UnknownFieldsAreSkipped) {
    std::string body("\x98\x06\x01", 3);  // field 99, varint 1
    body += SampleBatch().batch().SerializeAsString();
    std::vector<InMessage> messages;
    uint64_t position = 0;
    ASSERT_TRUE(ParseBatch(body, &messages, &position));
    EXPECT_EQ(messages.size(), 3u);
}

}  // namespace
}  // namespace blasty::client::internal
