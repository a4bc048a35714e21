// Pairs of characters of the scripts that are written without spaces.

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "analysis/internal/tokenizer.h"
#include "analysis/internal/words.h"

namespace blasty::analysis::internal {
namespace {

// What stands at `at`: a character of these scripts with its marks, or none (then end is 0).
size_t CjkEnd(std::string_view text, size_t at) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    size_t end = at;
    UChar32 c = 0;
    U8_NEXT(bytes, end, text.size(), c);
    if (c < 0x1100) return 0;
    const WordClass found = WordClassOf(static_cast<uint32_t>(c));
    const bool thai = u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT;
    if (found != kHangul && (found != kDictionary || thai)) return 0;
    for (;;) {  // marks: voicing, variation selectors
        size_t next = end;
        if (next >= text.size() || bytes[next] < 0x80) return end;
        U8_NEXT(bytes, next, text.size(), c);
        if (c < 0 || WordClassOf(static_cast<uint32_t>(c)) != kExtend) return end;
        end = next;
    }
}

class Cjk final : public Tokenizer {
  public:
    void Split(std::string_view text, WordSink sink) const override {
        size_t plain = 0;  // where what is not of these scripts began
        for (size_t at = 0; at < text.size();) {
            const size_t end = static_cast<uint8_t>(text[at]) < 0x80 ? 0 : CjkEnd(text, at);
            if (end == 0) {
                ++at;
                continue;
            }
            if (!SplitPlain(text, plain, at, sink)) return;
            at = SplitRun(text, at, end, sink);
            if (at == 0) return;
            plain = at;
        }
        SplitPlain(text, plain, text.size(), sink);
    }

  private:
    static bool SplitPlain(std::string_view text, size_t from, size_t to, WordSink sink) {
        bool more = true;
        SplitWords(text.substr(from, to - from), [&](size_t start, size_t end, bool ascii) {
            more = sink({from + start, from + end, ascii});
            return more;
        });
        return more;
    }

    // The pairs of a run whose first character is [at, end). Where it ends, or 0 to stop.
    static size_t SplitRun(std::string_view text, size_t at, size_t end, WordSink sink) {
        bool alone = true;
        while (end < text.size()) {
            const size_t next = CjkEnd(text, end);
            if (next == 0) break;
            if (!sink({at, next})) return 0;
            alone = false;
            at = end;
            end = next;
        }
        if (alone && !sink({at, end})) return 0;
        return end;
    }
};

}  // namespace

std::unique_ptr<Tokenizer> MakeCjkTokenizer() { return std::make_unique<Cjk>(); }

}  // namespace blasty::analysis::internal
