#include "rpc/internal/publish_decoder.h"

#include "base/bytes.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "topics/limits.h"

namespace blasty::rpc {
namespace {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kSized = 2, kFixed32 = 5 };

constexpr size_t kKeptHeaders = 64 << 10;

constexpr uint32_t Tag(uint32_t field, WireType type) { return field << 3 | type; }

// Skips a field this version does not know. Groups are not part of proto3.
bool Skip(ByteReader& in, uint64_t tag) {
    if (tag >> 3 == 0 || tag > UINT32_MAX) return false;
    switch (tag & 7) {
        case kVarint:
            in.Varint();
            break;
        case kFixed64:
            in.Raw(8);
            break;
        case kSized:
            in.Sized();
            break;
        case kFixed32:
            in.Raw(4);
            break;
        default:
            return false;
    }
    return in.ok();
}

Status Malformed() {
    return MakeError(
        StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
        "the request is not a valid blasty.v1.PublishRequest; is the client built from "
        "api/blasty/v1/topics.proto?");
}

}  // namespace

void PublishDecoder::Clear() {
    slice_ = grpc::Slice();
    topic_ = {};
    messages_.clear();
    headers_.clear();
    ranges_.clear();
    size_bytes_ = 0;
    headers_over_ = false;
    // A decoder lives as long as its thread: what one flood of headers took is given back.
    if (headers_.capacity() > kKeptHeaders) std::vector<topics::HeaderView>().swap(headers_);
}

Status PublishDecoder::Decode(grpc::ByteBuffer& wire) {
    grpc::Slice slice;
    if (wire.Valid() && !wire.DumpToSingleSlice(&slice).ok()) return Malformed();
    wire.Clear();
    Clear();
    slice_ = std::move(slice);
    return Decode(std::string_view(reinterpret_cast<const char*>(slice_.begin()), slice_.size()));
}

Status PublishDecoder::Decode(std::string_view wire) {
    topic_ = {};
    messages_.clear();
    headers_.clear();
    ranges_.clear();
    headers_over_ = false;
    size_bytes_ = wire.size();
    ByteReader in(wire);
    while (!in.done()) {
        const uint64_t tag = in.Varint();
        if (tag == Tag(2, kSized)) {
            const std::string_view message = in.Sized();
            if (!in.ok() || !DecodeMessage(message)) return Malformed();
            if (messages_.size() > topics::kBatchMessagesMax || headers_over_) break;
        } else if (tag == Tag(1, kSized)) {
            topic_ = in.Sized();
            if (!in.ok() || !IsUtf8(topic_)) return Malformed();
        } else if (!in.ok() || !Skip(in, tag)) {
            return Malformed();
        }
    }
    if (headers_over_) {
        return MakeError(StatusCode::kInvalidArgument, "TOO_MANY_HEADERS",
                         StrCat("message ", messages_.size(), " of the request has more than ",
                                topics::kHeadersMax, " headers"));
    }
    if (messages_.size() > topics::kBatchMessagesMax) {
        return MakeError(StatusCode::kInvalidArgument, "TOO_MANY_MESSAGES",
                         StrCat("the request holds more than ", topics::kBatchMessagesMax,
                                " messages; send several requests"));
    }
    if (messages_.empty()) {
        return MakeError(StatusCode::kInvalidArgument, "NO_MESSAGES",
                         StrCat("the request for topic '", Printable(topic_),
                                "' holds no message; add at least one"));
    }
    for (size_t i = 0; i < messages_.size(); ++i) {
        messages_[i].headers = {headers_.data() + ranges_[i].first, ranges_[i].count};
    }
    return OkStatus();
}

bool PublishDecoder::DecodeMessage(std::string_view wire) {
    topics::NewMessage& message = messages_.emplace_back();
    ranges_.push_back({headers_.size(), 0});
    ByteReader in(wire);
    while (!in.done()) {
        const uint64_t tag = in.Varint();
        switch (tag) {
            case Tag(1, kSized):
                message.payload = in.Sized();
                break;
            case Tag(2, kSized):
                message.key = in.Sized();
                break;
            case Tag(3, kSized): {
                const std::string_view header = in.Sized();
                if (!in.ok() || !DecodeHeader(header)) return false;
                if (++ranges_.back().count > topics::kHeadersMax) headers_over_ = true;
                if (headers_over_) return true;
                break;
            }
            case Tag(4, kVarint):
                message.event_time_us = static_cast<int64_t>(in.Varint());
                break;
            case Tag(5, kSized):
                message.id = in.Sized();
                if (!IsUtf8(message.id)) return false;
                break;
            default:
                if (!in.ok() || !Skip(in, tag)) return false;
        }
        if (!in.ok()) return false;
    }
    return true;
}

bool PublishDecoder::DecodeHeader(std::string_view wire) {
    topics::HeaderView& header = headers_.emplace_back();
    ByteReader in(wire);
    while (!in.done()) {
        const uint64_t tag = in.Varint();
        if (tag == Tag(1, kSized)) {
            header.name = in.Sized();
            if (!IsUtf8(header.name)) return false;
        } else if (tag == Tag(2, kSized)) {
            header.value = in.Sized();
        } else if (!in.ok() || !Skip(in, tag)) {
            return false;
        }
        if (!in.ok()) return false;
    }
    return true;
}

}  // namespace blasty::rpc
