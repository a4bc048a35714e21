#include "base/strings.h"

#include "base/utf8.h"

namespace blasty {

std::string Printable(std::string_view text, size_t max) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    size_t at = 0;
    while (at < text.size() && out.size() < max) {
        const size_t length = Utf8Length(text.substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (length == 0 || byte < 0x20 || byte == 0x7f) {
            out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
            ++at;
        } else {
            out.append(text.substr(at, length));
            at += length;
        }
    }
    if (at < text.size()) out += "...";
    return out;
}

}  // namespace blasty
