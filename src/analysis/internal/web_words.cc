// Web and mail addresses, names and tags (@name, #tag) as one word each; words elsewhere.

#include <algorithm>
#include <cstdint>

#include "analysis/internal/tokenizer.h"
#include "analysis/internal/words.h"

namespace blasty::analysis::internal {
namespace {

bool IsAlnum(char c) {
    const uint8_t found = kAsciiClasses[static_cast<uint8_t>(c)];
    return found == kLetter || found == kNumber;
}
bool IsHost(char c) {
    return IsAlnum(c) || c == '-' || c == '.' || static_cast<uint8_t>(c) >= 0x80;
}
bool IsLocal(char c) {
    return IsAlnum(c) || std::string_view("._%+-").find(c) != std::string_view::npos;
}
bool IsAddress(char c) {
    return static_cast<uint8_t>(c) > ' ' && c != 0x7f &&
           std::string_view("<>\"{}|\\^`").find(c) == std::string_view::npos;
}

// The front of `text` that `belongs` accepts.
template <typename Belongs>
size_t Front(std::string_view text, Belongs belongs) {
    size_t i = 0;
    while (i < text.size() && belongs(text[i])) ++i;
    return i;
}

// Without the punctuation of the sentence around it.
size_t WithoutTail(std::string_view text, size_t size) {
    const bool opens = text.substr(0, size).find('(') != std::string_view::npos;
    const std::string_view marks = opens ? ".,;:!?'*_" : ".,;:!?'*_)";
    while (size > 0 && marks.find(text[size - 1]) != std::string_view::npos) --size;
    return size;
}

size_t MatchUrl(std::string_view text) {
    constexpr size_t kSchemeMax = 16;
    const size_t scheme = Front(text.substr(0, kSchemeMax),
                                [](char c) { return IsAlnum(c) || c == '+' || c == '-'; });
    size_t prefix = 0;
    if (scheme > 0 && text.substr(scheme).starts_with("://")) {
        prefix = scheme + 3;
    } else if (text.size() > 4 && (text[0] | 32) == 'w' && (text[1] | 32) == 'w' &&
               (text[2] | 32) == 'w' && text[3] == '.') {
        prefix = 4;
    }
    if (prefix == 0 || prefix >= text.size() || !IsHost(text[prefix])) return 0;
    const size_t size = WithoutTail(text, Front(text, IsAddress));
    return size > prefix ? size : 0;
}

size_t MatchMail(std::string_view text) {
    constexpr size_t kLocalMax = 64;  // of RFC 5321
    const size_t local = Front(text.substr(0, kLocalMax + 1), IsLocal);
    if (local == 0 || local > kLocalMax || local >= text.size() || text[local] != '@') return 0;
    const std::string_view rest = text.substr(local + 1);
    size_t host = Front(rest, IsHost);
    while (host > 0 && (rest[host - 1] == '.' || rest[host - 1] == '-')) --host;
    const size_t dot = rest.substr(0, host).rfind('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 2 >= host) return 0;
    return local + 1 + host;
}

size_t MatchName(std::string_view text) {
    if (text[0] != '@' && text[0] != '#') return 0;
    const size_t size = Front(text.substr(1), [](char c) { return IsAlnum(c) || c == '_'; });
    if (size == 0) return 0;
    // A name that goes on in other letters is left to the rules of words.
    return 1 + size < text.size() && static_cast<uint8_t>(text[1 + size]) >= 0x80 ? 0 : 1 + size;
}

class Web final : public Tokenizer {
  public:
    void Split(std::string_view text, WordSink sink) const override {
        size_t plain = 0;
        bool fresh = true;  // nothing of a word stands before
        for (size_t i = 0; i < text.size();) {
            const size_t size = fresh ? Match(text.substr(i)) : 0;
            if (size == 0) {
                const char c = text[i++];
                fresh = c != '@' && c != '#' && !IsLocal(c) && static_cast<uint8_t>(c) < 0x80;
                continue;
            }
            if (!SplitPlain(text, plain, i, sink)) return;
            const std::string_view found = text.substr(i, size);
            const bool ascii = std::all_of(found.begin(), found.end(),
                                           [](char c) { return static_cast<uint8_t>(c) < 0x80; });
            if (!sink({i, i + size, ascii})) return;
            i += size;
            plain = i;
            fresh = false;
        }
        SplitPlain(text, plain, text.size(), sink);
    }

  private:
    static size_t Match(std::string_view text) {
        if (const size_t url = MatchUrl(text); url != 0) return url;
        if (const size_t mail = MatchMail(text); mail != 0) return mail;
        return MatchName(text);
    }

    static bool SplitPlain(std::string_view text, size_t from, size_t to, WordSink sink) {
        bool more = true;
        SplitWords(text.substr(from, to - from), [&](size_t start, size_t end, bool ascii) {
            more = sink({from + start, from + end, ascii});
            return more;
        });
        return more;
    }
};

}  // namespace

std::unique_ptr<Tokenizer> MakeWebTokenizer() { return std::make_unique<Web>(); }

}  // namespace blasty::analysis::internal
