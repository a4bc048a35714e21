// The hand-written decoder and encoder against the generated code.
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/strings.h"
#include "blasty/v1/topics.pb.h"
#include "rpc/internal/encoder.h"
#include "rpc/internal/publish_decoder.h"
#include "topics/limits.h"

namespace blasty::rpc {
namespace {

std::string Flat(grpc::ByteBuffer buffer) {
    grpc::Slice slice;
    EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

v1::PublishRequest RandomRequest(Random& random) {
    v1::PublishRequest request;
    if (random.Chance(3, 4)) request.set_topic("orders.eu");
    for (uint64_t i = random.Below(5) + 1; i > 0; --i) {
        auto* message = request.add_messages();
        message->set_payload(random.Bytes(random.Below(300)));
        if (random.Chance(1, 2)) message->set_key(random.Bytes(random.Below(10)));
        if (random.Chance(1, 2)) message->set_id(StrCat("id-", random.Next()));
        if (random.Chance(1, 2)) message->set_event_time_us(static_cast<int64_t>(random.Next()));
        for (uint64_t h = random.Below(4); h > 0; --h) {
            auto* header = message->add_headers();
            header->set_name(StrCat("h", h));
            header->set_value(random.Bytes(random.Below(20)));
        }
    }
    return request;
}

void ExpectEqual(const v1::PublishRequest& request, const PublishDecoder& decoder) {
    ASSERT_EQ(decoder.topic(), request.topic());
    ASSERT_EQ(decoder.messages().size(), static_cast<size_t>(request.messages_size()));
    for (int i = 0; i < request.messages_size(); ++i) {
        const auto& want = request.messages(i);
        const auto& got = decoder.messages()[static_cast<size_t>(i)];
        ASSERT_EQ(got.payload, want.payload());
        ASSERT_EQ(got.key, want.key());
        ASSERT_EQ(got.id, want.id());
        ASSERT_EQ(got.event_time_us, want.event_time_us());
        ASSERT_EQ(got.headers.size(), static_cast<size_t>(want.headers_size()));
        for (int h = 0; h < want.headers_size(); ++h) {
            ASSERT_EQ(got.headers[static_cast<size_t>(h)].name, want.headers(h).name());
            ASSERT_EQ(got.headers[static_cast<size_t>(h)].value, want.headers(h).value());
        }
    }
}

TEST(PublishDecoderTest, GivesBackWhatAFloodOfHeadersTook) {
    v1::PublishRequest request;
    for (int i = 0; i < 3000; ++i) {
        auto* message = request.add_messages();
        for (size_t h = 0; h < topics::kHeadersMax; ++h) message->add_headers();
    }
    PublishDecoder decoder;
    EXPECT_TRUE(decoder.Decode(request.SerializeAsString()).ok());
    decoder.Clear();
    EXPECT_LT(decoder.kept_headers(), 100'000u);
}

TEST(PublishDecoderTest, ReadsWhatTheGeneratedCodeWrites) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    PublishDecoder decoder;
    for (int i = 0; i < 2000; ++i) {
        const v1::PublishRequest request = RandomRequest(random);
        const std::string wire = request.SerializeAsString();
        ASSERT_TRUE(decoder.Decode(wire).ok());
        ExpectEqual(request, decoder);
    }
}

// What ours accepts of damaged input, the generated parser accepts too, with the same meaning.
TEST(PublishDecoderTest, AgreesOnDamagedInput) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    PublishDecoder decoder;
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string wire = RandomRequest(random).SerializeAsString();
        for (uint64_t n = random.Below(3) + 1; n > 0; --n) {
            wire[random.Below(wire.size())] = static_cast<char>(random.Next());
        }
        if (random.Chance(1, 8)) wire.resize(random.Below(wire.size() + 1));
        if (!decoder.Decode(wire).ok()) continue;
        v1::PublishRequest request;
        ASSERT_TRUE(request.ParseFromString(wire));
        ExpectEqual(request, decoder);
        ++accepted;
    }
    EXPECT_GT(accepted, 0);
}

TEST(PublishDecoderTest, RefusesWithReasons) {
    PublishDecoder decoder;
    EXPECT_EQ(ReasonOf(decoder.Decode(std::string_view("\xff\xff\xff"))), "MALFORMED_REQUEST");
    EXPECT_EQ(ReasonOf(decoder.Decode(std::string_view())), "NO_MESSAGES");
    v1::PublishRequest request;
    for (size_t i = 0; i <= topics::kHeadersMax; ++i) {
        if (i == 0) request.add_messages();
        request.mutable_messages(0)->add_headers()->set_name("n");
    }
    const std::string headers = request.SerializeAsString();
    EXPECT_EQ(ReasonOf(decoder.Decode(headers)), "TOO_MANY_HEADERS");
    std::string many;
    for (size_t i = 0; i <= topics::kBatchMessagesMax; ++i) many.append("\x12\x00", 2);
    EXPECT_EQ(ReasonOf(decoder.Decode(many)), "TOO_MANY_MESSAGES");
}

TEST(EncoderTest, TheGeneratedParserReadsBatches) {
    const uint64_t seed = RandomSeed();
    SCOPED_TRACE(StrCat("seed ", seed));
    Random random(seed);
    for (int round = 0; round < 500; ++round) {
        std::vector<grpc::Slice> parts;
        v1::ConsumeResponse want;
        want.mutable_batch()->set_position(random.Below(3) == 0 ? 0 : random.Next());
        for (uint64_t p = random.Below(4); p > 0; --p) {
            std::string part;
            for (uint64_t i = random.Below(4); i > 0; --i) {
                const std::string payload = random.Bytes(random.Below(400));
                const std::string key = random.Bytes(random.Below(5));
                const std::string value = random.Bytes(random.Below(200));
                const topics::HeaderView header{"name", value};
                topics::Message message;
                message.sequence = Sequence(random.Next());
                message.event_time_us = static_cast<int64_t>(random.Next());
                message.topic = "a.b";
                message.id = "id";
                message.key = key;
                message.payload = payload;
                const std::string headers =
                    random.Chance(1, 2) ? topics::EncodeHeaders({&header, 1}) : "";
                message.headers = headers;
                const auto attempt = static_cast<uint32_t>(random.Below(3));
                ASSERT_TRUE(AppendDelivered(message, attempt, &part).ok());
                auto* delivered = want.mutable_batch()->add_messages();
                delivered->set_sequence(message.sequence.value());
                delivered->set_topic("a.b");
                delivered->set_attempt(attempt);
                auto* inner = delivered->mutable_message();
                inner->set_payload(payload);
                inner->set_key(key);
                inner->set_id("id");
                inner->set_event_time_us(message.event_time_us);
                if (!headers.empty()) {
                    inner->add_headers()->set_name("name");
                    inner->mutable_headers(0)->set_value(value);
                }
            }
            parts.push_back(SliceOf(std::move(part)));
        }
        v1::ConsumeResponse got;
        ASSERT_TRUE(got.ParseFromString(Flat(BatchFrame(parts, want.batch().position()))));
        ASSERT_EQ(got.SerializeAsString(), want.SerializeAsString());
    }
}

TEST(EncoderTest, TheGeneratedParserReadsTheOtherAnswers) {
    v1::ConsumeResponse got;
    ASSERT_TRUE(got.ParseFromString(Flat(StartedFrame(300, true))));
    EXPECT_EQ(got.started().position(), 300u);
    EXPECT_TRUE(got.started().inbox_created());
    ASSERT_TRUE(got.ParseFromString(Flat(StartedFrame(0, false))));
    EXPECT_TRUE(got.has_started());
    ASSERT_TRUE(got.ParseFromString(Flat(AckedFrame(1ull << 40))));
    EXPECT_EQ(got.acked().ack_requests(), 1ull << 40);
    ASSERT_TRUE(got.ParseFromString(Flat(GoneFrame(17))));
    EXPECT_EQ(got.gone().resumed_at(), 17u);
    ASSERT_TRUE(got.ParseFromString(Flat(NotInFlightFrame({1, 1000}))));
    ASSERT_EQ(got.not_in_flight().sequences_size(), 2);
    EXPECT_EQ(got.not_in_flight().sequences(1), 1000u);
}

}  // namespace
}  // namespace blasty::rpc
