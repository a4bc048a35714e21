#include "analysis/internal/tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "analysis/internal/words.h"

namespace blasty::analysis::internal {
namespace {

// -1 for bytes that are no UTF-8. Moves `at` behind.
UChar32 NextCodePoint(std::string_view text, size_t& at) {
    UChar32 code_point = 0;
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    U8_NEXT(bytes, at, text.size(), code_point);
    return code_point;
}

class Unicode final : public Tokenizer {
  public:
    void Split(std::string_view text, WordSink sink) const override {
        SplitWords(text, [&sink](size_t start, size_t end, bool ascii) {
            return sink({start, end, ascii});
        });
    }
    bool unicode_words() const override { return true; }
};

class Keyword final : public Tokenizer {
  public:
    void Split(std::string_view text, WordSink sink) const override {
        if (!text.empty()) sink({0, text.size()});
    }
};

// Runs of characters that belong to words.
template <bool (*kInWord)(UChar32, bool)>
class Runs final : public Tokenizer {
  public:
    void Split(std::string_view text, WordSink sink) const override {
        size_t start = 0;
        bool inside = false;
        bool ascii = true;
        for (size_t at = 0; at < text.size();) {
            const size_t here = at;
            const UChar32 c = NextCodePoint(text, at);
            const bool belongs = c >= 0 && kInWord(c, inside);
            if (belongs && !inside) {
                start = here;
                ascii = true;
            } else if (!belongs && inside) {
                if (!sink({start, here, ascii})) return;
            }
            inside = belongs;
            ascii = ascii && c < 0x80;
        }
        if (inside) sink({start, text.size(), ascii});
    }
};

bool NotSpace(UChar32 c, bool /*inside*/) {
    return c < 0x80 ? c > ' ' && c != 0x7f : u_isUWhiteSpace(c) == 0;
}

bool IsLetter(UChar32 c, bool inside) {
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z';
    return u_isalpha(c) != 0 || (inside && (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0);
}

}  // namespace

std::unique_ptr<Tokenizer> MakeUnicodeTokenizer() { return std::make_unique<Unicode>(); }
std::unique_ptr<Tokenizer> MakeKeywordTokenizer() { return std::make_unique<Keyword>(); }
std::unique_ptr<Tokenizer> MakeWhitespaceTokenizer() { return std::make_unique<Runs<NotSpace>>(); }
std::unique_ptr<Tokenizer> MakeLetterTokenizer() { return std::make_unique<Runs<IsLetter>>(); }

}  // namespace blasty::analysis::internal
