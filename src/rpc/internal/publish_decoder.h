// Reads PublishRequest (api/blasty/v1/topics.proto) from its wire form without copying: publishing
// hands views on to the log, so building protobuf objects in between would be the larger cost.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "topics/message.h"

namespace blasty::rpc {

// Reused for one request after another. Not thread-safe.
class PublishDecoder {
  public:
    // Takes over what `wire` holds. MALFORMED_REQUEST, NO_MESSAGES, TOO_MANY_MESSAGES,
    // TOO_MANY_HEADERS (all INVALID_ARGUMENT).
    Status Decode(grpc::ByteBuffer& wire);
    // As Decode; `wire` must outlive the views.
    Status Decode(std::string_view wire);

    // Of the last request; valid until the next Decode or Clear.
    std::string_view topic() const { return topic_; }
    const std::vector<topics::NewMessage>& messages() const { return messages_; }
    size_t size_bytes() const { return size_bytes_; }
    void Clear();
    size_t kept_headers() const { return headers_.capacity(); }

  private:
    struct HeaderRange {
        size_t first, count;
    };
    bool DecodeMessage(std::string_view wire);
    bool DecodeHeader(std::string_view wire);

    grpc::Slice slice_;
    size_t size_bytes_ = 0;
    std::string_view topic_;
    std::vector<topics::NewMessage> messages_;
    std::vector<topics::HeaderView> headers_;  // of all messages
    std::vector<HeaderRange> ranges_;          // one for each message
    bool headers_over_ = false;
};

}  // namespace blasty::rpc
