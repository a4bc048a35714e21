#include "analysis/internal/words.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "analysis/internal/lazy_table.h"
#include "analysis/limits.h"

namespace blasty::analysis::internal {
namespace {

constexpr UChar32 kZeroWidthJoiner = 0x200d;

bool NeedsDictionary(UChar32 c) {
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(c, &status);
    return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
           u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT ||
           u_getIntPropertyValue(c, UCHAR_WORD_BREAK) == U_WB_KATAKANA ||
           u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) != 0;
}

WordClass MakeClass(uint32_t code_point) {
    const auto c = static_cast<UChar32>(code_point);
    if (NeedsDictionary(c)) return kDictionary;
    if (c >= 0xac00 && c <= 0xd7a3) return kHangul;
    switch (u_getIntPropertyValue(c, UCHAR_WORD_BREAK)) {
        case U_WB_ALETTER:
            return kLetter;
        case U_WB_HEBREW_LETTER:
            return kHebrew;
        case U_WB_NUMERIC:
            return kNumber;
        case U_WB_EXTENDNUMLET:
            return kJoiner;
        case U_WB_MIDLETTER:  // ICU leaves the colons out
            return c == ':' || c == 0xfe55 || c == 0xff1a ? kOther : kMidLetter;
        case U_WB_MIDNUM:
            return kMidNumber;
        case U_WB_MIDNUMLET:
            return kMidBoth;
        case U_WB_SINGLE_QUOTE:
            return kApostrophe;
        case U_WB_DOUBLE_QUOTE:
            return kQuote;
        case U_WB_EXTEND:
        case U_WB_FORMAT:
        case U_WB_ZWJ:
            return kExtend;
        default:
            break;
    }
    return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0 ? kPicture : kOther;
}

LazyTable<WordClass, MakeClass> classes;

// A character of the text: its class, and where the next begins. At the end kOther.
struct Reader {
    std::string_view text;
    size_t at;
    size_t next = 0;
    UChar32 code_point = 0;
    WordClass word_class = kOther;

    Reader(std::string_view all, size_t from) : text(all), at(from) { Read(); }

    void Advance() {
        at = next;
        Read();
    }
    // Moves behind marks; true when the last was a zero-width joiner.
    bool SkipMarks() {
        bool joiner = false;
        while (word_class == kExtend) {
            joiner = code_point == kZeroWidthJoiner;
            Advance();
        }
        return joiner;
    }

  private:
    void Read() {
        next = at;
        word_class = kOther;
        code_point = -1;
        if (at >= text.size()) return;
        const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
        U8_NEXT(bytes, next, text.size(), code_point);
        if (code_point >= 0) word_class = WordClassOf(static_cast<uint32_t>(code_point));
    }
};

bool IsLetter(WordClass word_class) { return word_class == kLetter || word_class == kHebrew; }

// The class that must follow `middle` after `before` for the word to go on; kOther when none does.
// Letters stand for kHebrew too.
WordClass WantedAfter(WordClass before, WordClass middle) {
    const bool both = middle == kMidBoth || middle == kApostrophe;
    if (IsLetter(before) && (both || middle == kMidLetter)) return kLetter;
    if (before == kHebrew && middle == kQuote) return kHebrew;
    if (before == kNumber && (both || middle == kMidNumber)) return kNumber;
    return kOther;
}

bool Fits(WordClass wanted, WordClass found) {
    return wanted == found || (wanted == kLetter && found == kHebrew);
}

// Moves behind syllables that no mark separates.
void SkipHangul(Reader& reader) {
    while (reader.word_class == kHangul) reader.Advance();
}

}  // namespace

WordClass WordClassOf(uint32_t code_point) { return classes.At(code_point); }

WordScan ScanWord(std::string_view text, size_t at) {
    Reader reader(text, at);
    if (reader.word_class == kDictionary) return {at, false, true};
    const bool hangul = reader.word_class == kHangul;
    if (!hangul && !Joins(reader.word_class)) return {reader.next, false, false};
    // Behind Hangul as behind a picture: nothing joins but a picture after a zero-width joiner.
    WordClass before = hangul ? kPicture : reader.word_class;
    bool word = before != kJoiner;
    if (hangul) {
        SkipHangul(reader);
    } else {
        reader.Advance();
    }
    for (;;) {
        const bool joiner = reader.SkipMarks();
        const WordClass now = reader.word_class;
        if (now == kDictionary && before != kPicture) return {at, false, true};
        if (Joins(now) && before != kPicture) {
            word = word || now != kJoiner;
            before = now;
        } else if (joiner && now == kPicture) {
            before = kPicture;
        } else {
            const WordClass wanted = WantedAfter(before, now);
            if (wanted == kOther) break;
            Reader ahead = reader;
            ahead.Advance();
            ahead.SkipMarks();
            if (ahead.word_class == kDictionary) return {at, false, true};
            if (Fits(wanted, ahead.word_class)) {
                before = ahead.word_class;
                reader = ahead;
            } else if (before == kHebrew && now == kApostrophe) {
                reader.Advance();
                reader.SkipMarks();
                break;
            } else {
                break;
            }
        }
        reader.Advance();
    }
    return {reader.at, word, false};
}

size_t DictionaryRunEnd(std::string_view text, size_t at) {
    const size_t limit = text.size() - at > kRunBytesMax ? at + kRunBytesMax : text.size();
    size_t i = at + 1;
    while (i<limit&& static_cast<uint8_t>(text[i])> ' ') ++i;
    if (i == limit && limit < text.size()) {
        // Not inside a character; bytes that belong to none may be cut anywhere.
        for (int back = 0; back < 3 && U8_IS_TRAIL(text[i]); ++back) --i;
    }
    return i;
}

}  // namespace blasty::analysis::internal
