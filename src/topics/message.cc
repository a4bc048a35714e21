#include "topics/message.h"

#include "base/bytes.h"
#include "topics/internal/headers.h"

namespace blasty::topics {

namespace internal {

void AppendHeaders(std::span<const HeaderView> headers, std::string* out) {
    if (headers.empty()) return;
    PutVarint(*out, headers.size());
    for (const HeaderView& header : headers) {
        PutSized(*out, header.name);
        PutSized(*out, header.value);
    }
}

}  // namespace internal

std::string EncodeHeaders(std::span<const HeaderView> headers) {
    std::string out;
    internal::AppendHeaders(headers, &out);
    return out;
}

Result<std::vector<HeaderView>> DecodeHeaders(std::string_view encoded) {
    std::vector<HeaderView> headers;
    if (encoded.empty()) return headers;
    ByteReader reader(encoded);
    const uint64_t count = reader.Varint();
    // Each header takes two bytes at least: bounds the allocation by the input.
    if (reader.ok() && count <= encoded.size() / 2) {
        headers.reserve(count);
        for (uint64_t i = 0; i < count && reader.ok(); ++i) {
            const std::string_view name = reader.Sized();
            headers.push_back({name, reader.Sized()});
        }
        if (reader.done()) return headers;
    }
    return MakeError(StatusCode::kDataLoss, "LOG_DAMAGED",
                     "the headers of a stored message are malformed");
}

}  // namespace blasty::topics
