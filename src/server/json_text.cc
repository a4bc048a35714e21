#include "server/json_text.h"

#include <cstdio>

#include "base/utf8.h"

namespace blasty::server {

void AppendJsonString(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        switch (c) {
            case '"':
                out.append("\\\"");
                break;
            case '\\':
                out.append("\\\\");
                break;
            case '\n':
                out.append("\\n");
                break;
            case '\r':
                out.append("\\r");
                break;
            case '\t':
                out.append("\\t");
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                    char raw[8];
                    std::snprintf(raw, sizeof(raw), "\\u%04x", static_cast<unsigned char>(c));
                    out.append(raw);
                } else {
                    out.push_back(c);
                }
        }
    }
    out.push_back('"');
}

std::string Base64(std::string_view bytes) {
    constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k)
            group =
                group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (size_t k = 0; k < 4; ++k)
            out.push_back(i + k <= bytes.size() ? kLetters[group >> (18 - 6 * k) & 63] : '=');
    }
    return out;
}

JsonObject& JsonObject::Add(std::string_view name, double value) {
    char raw[40];
    std::snprintf(raw, sizeof(raw), "%.6g", value);
    return AddRaw(name, raw);
}

JsonObject& JsonObject::AddBytes(std::string_view name, std::string_view bytes) {
    if (IsUtf8(bytes)) return Add(name, bytes);
    return Add(StrCat(name, "_base64"), std::string_view(Base64(bytes)));
}

}  // namespace blasty::server
