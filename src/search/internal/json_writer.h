// Writing JSON text piece by piece.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace blasty::search::internal {

// In quotes; U+FFFD for what is not UTF-8.
inline void AppendJsonString(std::string& out, std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    out.push_back('"');
    for (size_t at = 0; at < text.size();) {
        const auto c = static_cast<unsigned char>(text[at]);
        const size_t bytes = Utf8Length(text.substr(at));
        if (bytes == 0) {
            out += "\xef\xbf\xbd";
            ++at;
            continue;
        }
        if (c == '"' || c == '\\') {
            out += {'\\', text[at]};
        } else if (c == '\n') {
            out += "\\n";
        } else if (c < 0x20) {
            out += "\\u00";
            out += {kHex[c >> 4], kHex[c & 15]};
        } else {
            out += text.substr(at, bytes);
        }
        at += bytes;
    }
    out.push_back('"');
}

inline void AppendBase64(std::string& out, std::string_view bytes) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t left = bytes.size() - at;
        uint32_t three = 0;
        for (size_t i = 0; i < 3; ++i)
            three = three << 8 | (i < left ? static_cast<unsigned char>(bytes[at + i]) : 0u);
        for (size_t i = 0; i < 4; ++i)
            out.push_back(i <= left ? kDigits[three >> (18 - 6 * i) & 63] : '=');
    }
}

// As few digits as say it exactly; null for what JSON cannot say.
template <typename Number>
void AppendJsonNumber(std::string& out, Number number) {
    if (!std::isfinite(static_cast<double>(number))) {
        out += "null";
        return;
    }
    char raw[32];
    // Whole numbers without an exponent, as far as all of them are exact.
    if (std::abs(static_cast<double>(number)) < 1e15 && number == std::trunc(number)) {
        out.append(raw, std::to_chars(raw, raw + sizeof(raw), static_cast<int64_t>(number)).ptr);
        return;
    }
    out.append(raw, std::to_chars(raw, raw + sizeof(raw), number).ptr);
}

// `"name":`, after a comma unless it is the first of its object.
inline void AppendJsonName(std::string& out, std::string_view name) {
    if (!out.empty() && out.back() != '{' && out.back() != '[') out.push_back(',');
    AppendJsonString(out, name);
    out.push_back(':');
}

}  // namespace blasty::search::internal
