#include "rpc/internal/encoder.h"

#include <memory>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace blasty::rpc {
namespace {

constexpr uint8_t Sized(uint32_t field) { return static_cast<uint8_t>(field << 3 | 2); }
constexpr uint8_t Varint(uint32_t field) { return static_cast<uint8_t>(field << 3); }

size_t VarintSize(uint64_t value) {
    size_t n = 1;
    for (; value >= 0x80; value >>= 7) ++n;
    return n;
}
// Of fields numbered below 16; absent when empty or zero, as proto3 has it.
size_t SizedFieldSize(size_t bytes) { return bytes == 0 ? 0 : 1 + VarintSize(bytes) + bytes; }
size_t VarintFieldSize(uint64_t value) { return value == 0 ? 0 : 1 + VarintSize(value); }

void PutSizedField(std::string& out, uint32_t field, std::string_view bytes) {
    if (bytes.empty()) return;
    out.push_back(static_cast<char>(Sized(field)));
    PutSized(out, bytes);
}
void PutVarintField(std::string& out, uint32_t field, uint64_t value) {
    if (value == 0) return;
    out.push_back(static_cast<char>(Varint(field)));
    PutVarint(out, value);
}
void PutLength(std::string& out, uint32_t field, size_t length) {
    out.push_back(static_cast<char>(Sized(field)));
    PutVarint(out, length);
}

size_t HeaderSize(const topics::HeaderView& header) {
    return SizedFieldSize(header.name.size()) + SizedFieldSize(header.value.size());
}

size_t MessageSize(const topics::Message& message, const std::vector<topics::HeaderView>& headers) {
    size_t size = SizedFieldSize(message.payload.size()) + SizedFieldSize(message.key.size()) +
                  VarintFieldSize(static_cast<uint64_t>(message.event_time_us)) +
                  SizedFieldSize(message.id.size());
    for (const auto& header : headers) {
        const size_t header_size = HeaderSize(header);
        size += 1 + VarintSize(header_size) + header_size;
    }
    return size;
}

grpc::ByteBuffer OneSlice(std::string bytes) {
    const grpc::Slice slice(bytes);
    return grpc::ByteBuffer(&slice, 1);
}

// ConsumeResponse{field: body}.
grpc::ByteBuffer Response(uint32_t field, const std::string& body) {
    std::string out;
    PutLength(out, field, body.size());
    return OneSlice(out + body);
}

}  // namespace

grpc::Slice SliceOf(std::string bytes) {
    auto* owned = new std::string(std::move(bytes));
    return grpc::Slice(
        owned->data(), owned->size(), [](void* p) { delete static_cast<std::string*>(p); }, owned);
}

Status AppendDelivered(const topics::Message& message, uint32_t attempt, std::string* out) {
    std::vector<topics::HeaderView> headers;
    if (!message.headers.empty()) {
        BLASTY_ASSIGN_OR_RETURN(headers, topics::DecodeHeaders(message.headers));
    }
    const size_t message_size = MessageSize(message, headers);
    const size_t size = VarintFieldSize(message.sequence.value()) +
                        SizedFieldSize(message.topic.size()) + 1 + VarintSize(message_size) +
                        message_size + VarintFieldSize(attempt);
    PutLength(*out, 1, size);
    PutVarintField(*out, 1, message.sequence.value());
    PutSizedField(*out, 2, message.topic);
    PutLength(*out, 3, message_size);
    PutSizedField(*out, 1, message.payload);
    PutSizedField(*out, 2, message.key);
    for (const auto& header : headers) {
        PutLength(*out, 3, HeaderSize(header));
        PutSizedField(*out, 1, header.name);
        PutSizedField(*out, 2, header.value);
    }
    PutVarintField(*out, 4, static_cast<uint64_t>(message.event_time_us));
    PutSizedField(*out, 5, message.id);
    PutVarintField(*out, 4, attempt);
    return OkStatus();
}

grpc::ByteBuffer BatchFrame(const std::vector<grpc::Slice>& parts, uint64_t position) {
    size_t size = VarintFieldSize(position);
    for (const auto& part : parts) size += part.size();
    std::vector<grpc::Slice> slices;
    slices.reserve(parts.size() + 1);
    // The position goes first: order of fields is free, and the frame needs one small slice less.
    std::string head;
    PutLength(head, 2, size);
    PutVarintField(head, 2, position);
    slices.emplace_back(head);
    slices.insert(slices.end(), parts.begin(), parts.end());
    return grpc::ByteBuffer(slices.data(), slices.size());
}

grpc::ByteBuffer StartedFrame(uint64_t position, bool inbox_created) {
    std::string body;
    PutVarintField(body, 1, position);
    PutVarintField(body, 2, inbox_created ? 1 : 0);
    return Response(1, body);
}

grpc::ByteBuffer AckedFrame(uint64_t ack_requests) {
    std::string body;
    PutVarintField(body, 1, ack_requests);
    return Response(3, body);
}

grpc::ByteBuffer NotInFlightFrame(const std::vector<uint64_t>& sequences) {
    std::string packed;
    for (const uint64_t sequence : sequences) PutVarint(packed, sequence);
    std::string body;
    PutSizedField(body, 1, packed);
    return Response(4, body);
}

grpc::ByteBuffer GoneFrame(uint64_t resumed_at) {
    std::string body;
    PutVarintField(body, 1, resumed_at);
    return Response(5, body);
}

}  // namespace blasty::rpc
