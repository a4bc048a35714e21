// Words by Unicode's rules (UAX #29 as in ICU's word iterator), at the speed of a table on
// everything but the scripts that need a dictionary (Han, Kana, Thai, Lao, Khmer, Burmese), whose
// runs ICU segments.
//
// One deliberate difference to ICU 72: `@` separates, as in UAX #29 itself, so that `@name` is
// found as `name`; the tokenizer `web` keeps addresses whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace blasty::analysis::internal {

// Roles of characters in the rules; kLetter to kJoiner join each other.
enum WordClass : uint8_t {
    kOther,
    kLetter,
    kHebrew,
    kNumber,
    kJoiner,      // underscore
    kMidLetter,   // between letters
    kMidNumber,   // between digits
    kMidBoth,     // full stop
    kApostrophe,  // as kMidBoth, and after a Hebrew letter
    kQuote,       // between Hebrew letters
    kExtend,      // marks and format characters: belong to what stands before
    kHangul,
    kDictionary,  // needs ICU
    kPicture,     // emoji: continues after a zero-width joiner
};

constexpr bool Joins(uint8_t word_class) { return word_class >= kLetter && word_class <= kJoiner; }

inline constexpr std::array<uint8_t, 256> kAsciiClasses = [] {
    std::array<uint8_t, 256> out{};
    for (int c = 'a'; c <= 'z'; ++c) out[c] = out[c - 32] = kLetter;
    for (int c = '0'; c <= '9'; ++c) out[c] = kNumber;
    out['_'] = kJoiner;
    out['.'] = kMidBoth;
    out['\''] = kApostrophe;
    out[','] = out[';'] = kMidNumber;
    out['"'] = kQuote;
    return out;
}();

// The class of any code point.
WordClass WordClassOf(uint32_t code_point);

struct WordScan {
    size_t end = 0;
    bool word = false;        // holds a letter or digit
    bool dictionary = false;  // ICU must look, from where the scan began
};

// The word, or the one character that is none, at `at`. REQUIRES at < text.size().
WordScan ScanWord(std::string_view text, size_t at);

// Where the ASCII word at `at` ends; 0 when other characters are next to it, and ScanWord decides.
// REQUIRES that text[at] joins.
inline size_t ScanAsciiWord(std::string_view text, size_t at) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    const size_t size = text.size();
    size_t i = at;
    for (;;) {
        while (i < size && Joins(kAsciiClasses[bytes[i]])) ++i;
        if (i == size) return i;
        if (bytes[i] >= 0x80) return 0;
        const uint8_t middle = kAsciiClasses[bytes[i]];
        if (middle < kMidLetter || middle > kApostrophe || i + 1 == size) return i;
        if (bytes[i + 1] >= 0x80) return 0;
        const uint8_t before = kAsciiClasses[bytes[i - 1]];
        if (before != kAsciiClasses[bytes[i + 1]]) return i;
        if (before != kNumber && (before != kLetter || middle == kMidNumber)) return i;
        i += 2;
    }
}

// Words of a run as ICU finds them, as pairs of begin and end.
std::vector<std::pair<uint32_t, uint32_t>> IcuWords(std::string_view run);

// Where the run that ICU segments ends which begins at `at`.
size_t DictionaryRunEnd(std::string_view text, size_t at);

// Calls emit(start, end, ascii) for each word; false from it ends the scan.
template <typename Emit>
void SplitWords(std::string_view text, Emit&& emit) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    const size_t size = text.size();
    size_t i = 0;
    while (i < size) {
        if (bytes[i] < 0x80) {
            if (!Joins(kAsciiClasses[bytes[i]])) {
                ++i;
                continue;
            }
            if (const size_t end = ScanAsciiWord(text, i); end != 0) {
                size_t first = i;
                if (bytes[i] == '_') {  // underscores alone are no word
                    while (first < end && bytes[first] == '_') ++first;
                }
                if (first < end && !emit(i, end, true)) return;
                i = end;
                continue;
            }
        }
        const WordScan scan = ScanWord(text, i);
        if (scan.dictionary) {
            const size_t end = DictionaryRunEnd(text, i);
            for (const auto& [from, to] : IcuWords(text.substr(i, end - i))) {
                if (!emit(i + from, i + to, false)) return;
            }
            i = end;
            continue;
        }
        if (scan.word && !emit(i, scan.end, false)) return;
        i = scan.end;
    }
}

}  // namespace blasty::analysis::internal
