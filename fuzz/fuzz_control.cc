// Decodes arbitrary bytes as control and ack records and as headers. What decodes must encode to
// the same meaning.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "topics/internal/ack_record.h"
#include "topics/internal/control.h"
#include "topics/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace blasty::topics;  // NOLINT(google-build-using-namespace): a program, not a
                                     // header
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    internal::Control control;
    if (internal::DecodeControl(bytes, &control).ok()) {
        internal::Control again;
        BLASTY_CHECK(internal::DecodeControl(internal::EncodeControl(control), &again).ok());
        BLASTY_CHECK(control == again);
    }
    internal::AckRecord ack;
    static_cast<void>(internal::DecodeAck(bytes, &ack).ok());
    if (auto headers = DecodeHeaders(bytes); headers.ok()) {
        auto again = DecodeHeaders(EncodeHeaders(*headers));
        BLASTY_CHECK(again.ok() || headers->empty());
        if (again.ok()) BLASTY_CHECK(again->size() == headers->size());
    }
    return 0;
}
