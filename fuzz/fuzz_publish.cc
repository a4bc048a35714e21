// Decodes arbitrary bytes as a publish request, by our decoder and by the generated parser: what
// ours takes means the same to both, and what the parser refuses ours refuses.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "blasty/v1/topics.pb.h"
#include "rpc/internal/publish_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    blasty::rpc::PublishDecoder decoder;
    const bool ours = decoder.Decode(bytes).ok();
    blasty::v1::PublishRequest request;
    const bool parsed = request.ParseFromArray(data, static_cast<int>(size));
    if (!ours) return 0;
    BLASTY_CHECK(parsed);
    const auto messages = decoder.messages();
    BLASTY_CHECK(messages.size() == static_cast<size_t>(request.messages_size()));
    BLASTY_CHECK(decoder.topic() == request.topic());
    for (int i = 0; i < request.messages_size(); ++i) {
        BLASTY_CHECK(messages[static_cast<size_t>(i)].payload == request.messages(i).payload());
        BLASTY_CHECK(messages[static_cast<size_t>(i)].key == request.messages(i).key());
        BLASTY_CHECK(messages[static_cast<size_t>(i)].id == request.messages(i).id());
        BLASTY_CHECK(messages[static_cast<size_t>(i)].headers.size() ==
                     static_cast<size_t>(request.messages(i).headers_size()));
    }
    return 0;
}
