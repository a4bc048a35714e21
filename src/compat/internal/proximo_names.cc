#include "compat/internal/proximo_names.h"

#include <array>
#include <cstdio>

#include "base/crc32c.h"
#include "base/strings.h"
#include "topics/limits.h"

namespace blasty::compat {
namespace {

constexpr std::string_view kPrefix = "proximo.";
constexpr std::string_view kHex = "0123456789ABCDEF";

bool Plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

std::string Escape(std::string_view name) {
    if (name.empty()) return "%";
    std::string out;
    for (const char each : name) {
        const auto c = static_cast<unsigned char>(each);
        if (Plain(c)) {
            out.push_back(each);
        } else {
            out.push_back('%');
            out.push_back(kHex[c >> 4]);
            out.push_back(kHex[c & 15]);
        }
    }
    return out;
}

bool Unescape(std::string_view token, std::string* out) {
    if (token == "%") return true;
    if (token.empty()) return false;
    for (size_t i = 0; i < token.size(); ++i) {
        if (Plain(static_cast<unsigned char>(token[i]))) {
            out->push_back(token[i]);
            continue;
        }
        if (token[i] != '%' || i + 2 >= token.size()) return false;
        const size_t high = kHex.find(token[i + 1]), low = kHex.find(token[i + 2]);
        if (high == kHex.npos || low == kHex.npos) return false;
        out->push_back(static_cast<char>(high << 4 | low));
        i += 2;
    }
    return true;
}

}  // namespace

Result<std::string> InboxOf(std::string_view topic, std::string_view consumer) {
    std::string inbox = StrCat(kPrefix, Escape(topic), ".", Escape(consumer));
    if (inbox.size() > topics::kNameBytesMax) {
        return MakeError(StatusCode::kInvalidArgument, "NAME_TOO_LONG",
                         StrCat("consumer '", Printable(consumer), "' of topic '", Printable(topic),
                                "' needs an inbox name of ", inbox.size(), " bytes, at most ",
                                topics::kNameBytesMax, " are allowed; use a shorter name"));
    }
    return inbox;
}

Result<ProximoConsumer> ConsumerOf(std::string_view inbox) {
    ProximoConsumer out;
    if (inbox.substr(0, kPrefix.size()) == kPrefix) {
        const std::string_view rest = inbox.substr(kPrefix.size());
        const size_t dot = rest.find('.');
        if (dot != rest.npos && Unescape(rest.substr(0, dot), &out.topic) &&
            Unescape(rest.substr(dot + 1), &out.consumer)) {
            return out;
        }
    }
    return MakeError(StatusCode::kInvalidArgument, "NOT_A_PROXIMO_INBOX",
                     StrCat("inbox '", Printable(inbox), "' is not of a Proximo consumer"));
}

std::string StoredKey(std::string_view key, std::string_view data) {
    const std::string_view stored = key.empty() ? data : key;
    if (stored.size() <= topics::kKeyBytesMax) return std::string(stored);
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%08x", Crc32c(stored));
    return StrCat("crc32c:", std::string_view(digits.data(), 8), ":", stored.size());
}

}  // namespace blasty::compat
