// The hot messages of api/blasty/v1/topics.proto written and read by hand over the Protocol Buffers
// wire format: publish frames are appended record by record, consume batches are read as views into
// the bytes that came in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/message.h"

namespace blasty::client::internal {

// A PublishRequest begins with its topic; messages follow. Field order is free in Protocol Buffers.
void AppendTopic(std::string& request, std::string_view topic);
// `id` replaces message.id (so that a made-up id needs no copy of the message).
void AppendMessage(std::string& request, const OutMessage& message, std::string_view id);
// The PublishRequests that hold the messages of `request` one by one. Empty when malformed.
std::vector<std::string> SplitRequest(std::string_view request);

// What a ConsumeResponse holds; `body` is the encoded inner message.
enum class ResponseKind { kNone, kStarted, kBatch, kAcked, kNotInFlight, kGone };
struct ResponseView {
    ResponseKind kind = ResponseKind::kNone;
    std::string_view body;
};
// False when malformed. The view points into `bytes`.
bool ParseConsumeResponse(std::string_view bytes, ResponseView* out);
// Appends the messages of an encoded Batch as views into it. False when malformed.
bool ParseBatch(std::string_view body, std::vector<InMessage>* messages, uint64_t* position);
// The headers of an encoded Message.
std::vector<Header> ParseHeaders(std::string_view message);

}  // namespace blasty::client::internal
