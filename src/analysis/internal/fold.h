// Letter case, accents and compatibility forms, a table for each kind of change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "analysis/internal/filter.h"

namespace blasty::analysis::internal {

// NFKC_Casefold, then accents off: combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic
// (hamza and madda stay), and letters with strokes (ø, ł, đ, ı, æ, þ …) as the letters they are
// taken for. Marks that carry the reading (Indic vowels, kana voicing) stay. Idempotent.
std::unique_ptr<TermFilter> MakeFold();

// Full lower-case of Unicode, final sigma included. The Turkish one knows dotless i.
std::unique_ptr<TermFilter> MakeLowercase();
std::unique_ptr<TermFilter> MakeTurkishLowercase();

// Latin letters as ASCII (é e, ß ss, œ oe), case kept.
std::unique_ptr<TermFilter> MakeAsciiFold();

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };
std::unique_ptr<TermFilter> MakeNormalForm(NormalForm form);

// ASCII capitals as small letters, eight at a time: `out` holds eight bytes more than `in`, and
// `readable` bytes may be read from its begin (of which those behind `in` do not matter).
inline void LowercaseAscii(std::string_view in, size_t readable, char* out) {
    constexpr uint64_t kEach = 0x0101010101010101u;
    size_t i = 0;
    for (; i < in.size() && i + 8 <= readable; i += 8) {
        uint64_t bytes = 0;
        std::memcpy(&bytes, in.data() + i, 8);
        const uint64_t low = bytes & (kEach * 0x7f);
        const uint64_t from_a = low + kEach * (0x80 - 'A');  // high bit: at least 'A'
        const uint64_t above_z = low + kEach * (0x7f - 'Z');
        bytes |= ((from_a ^ above_z) & ~bytes & (kEach * 0x80)) >> 2;
        std::memcpy(out + i, &bytes, 8);
    }
    for (; i < in.size(); ++i) {
        const char c = in[i];
        out[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
}

// The same as the filter, for any well-formed text.
std::string FoldText(std::string_view text);

}  // namespace blasty::analysis::internal
