#include "analysis/internal/fold.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "analysis/internal/char_table.h"
#include "base/check.h"
#include "base/mutex.h"

namespace blasty::analysis::internal {
namespace {

const icu::Normalizer2& Form(const char* name, UNormalization2Mode mode) {
    UErrorCode status = U_ZERO_ERROR;
    const auto* form = icu::Normalizer2::getInstance(nullptr, name, mode, status);
    BLASTY_CHECK(U_SUCCESS(status));
    return *form;
}

const icu::Normalizer2& Nfc() {
    static const icu::Normalizer2& form = Form("nfc", UNORM2_COMPOSE);
    return form;
}
const icu::Normalizer2& Nfd() {
    static const icu::Normalizer2& form = Form("nfc", UNORM2_DECOMPOSE);
    return form;
}
const icu::Normalizer2& NfkcCasefold() {
    static const icu::Normalizer2& form = Form("nfkc_cf", UNORM2_COMPOSE);
    return form;
}

void AppendTo(std::string& out, uint32_t code_point) {
    char bytes[4];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, code_point);
    out.append(bytes, size);
}

std::string Normalized(const icu::Normalizer2& form, std::string_view text) {
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    UErrorCode status = U_ZERO_ERROR;
    form.normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink,
                       nullptr, status);
    BLASTY_CHECK(U_SUCCESS(status));
    return out;
}

bool IsAccent(uint32_t code_point) {
    const auto c = static_cast<UChar32>(code_point);
    if (u_charType(c) != U_NON_SPACING_MARK) return false;
    if (c == 0x3099 || c == 0x309a) return false;  // kana voicing
    if (c >= 0x653 && c <= 0x655) return false;    // madda, hamza
    UErrorCode status = U_ZERO_ERROR;
    switch (uscript_getScript(c, &status)) {
        case USCRIPT_INHERITED:
        case USCRIPT_LATIN:
        case USCRIPT_GREEK:
        case USCRIPT_CYRILLIC:
        case USCRIPT_HEBREW:
        case USCRIPT_ARABIC:
            return true;
        default:
            return false;
    }
}

// Small letters that Unicode does not take apart but readers do.
std::string_view TakenFor(uint32_t code_point) {
    switch (code_point) {
        case 0xe6:
            return "ae";
        case 0x153:
            return "oe";
        case 0xf8:
            return "o";
        case 0x142:
            return "l";
        case 0x111:
        case 0xf0:
            return "d";
        case 0x127:
            return "h";
        case 0x131:
            return "i";
        case 0x167:
            return "t";
        case 0xfe:
            return "th";
        default:
            return "";
    }
}

std::string WithoutAccents(std::string_view decomposed) {
    std::string out;
    for (size_t i = 0; i < decomposed.size();) {
        uint32_t code_point = 0;
        i += DecodeWellFormed(decomposed.data() + i, &code_point);
        if (IsAccent(code_point)) continue;
        if (const std::string_view letters = TakenFor(code_point); !letters.empty()) {
            out += letters;
        } else {
            AppendTo(out, code_point);
        }
    }
    return out;
}

// True when no character of `text` ever joins or changes place with what stands before it.
bool StandsAlone(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        uint32_t code_point = 0;
        i += DecodeWellFormed(text.data() + i, &code_point);
        const auto c = static_cast<UChar32>(code_point);
        if (!Nfc().hasBoundaryBefore(c) || !NfkcCasefold().hasBoundaryBefore(c)) return false;
    }
    return true;
}

std::string Utf8Of(uint32_t code_point) {
    std::string out;
    if (!U_IS_SURROGATE(code_point)) AppendTo(out, code_point);
    return out;
}

Mapped MakeFoldEntry(uint32_t code_point) {
    const std::string folded = FoldText(Utf8Of(code_point));
    if (IsAccent(code_point) && folded.empty()) return MappedTo("");
    return StandsAlone(folded) ? MappedTo(folded) : Mapped{};
}

std::string Lowercase(std::string_view text, const char* locale) {
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8ToLower(locale, 0,
                              icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                              sink, nullptr, status);
    BLASTY_CHECK(U_SUCCESS(status));
    return out;
}

Mapped MakeLowercaseEntry(uint32_t code_point) {
    constexpr uint32_t kSigma = 0x3a3;  // its small form depends on its place in the word
    if (code_point == kSigma) return {};
    return MappedTo(Lowercase(Utf8Of(code_point), ""));
}

Mapped MakeAsciiFoldEntry(uint32_t code_point) {
    static Mutex mutex;  // ICU does not promise that one transliterator serves two threads
    static const icu::Transliterator* const latin_ascii = [] {
        UErrorCode status = U_ZERO_ERROR;
        auto* made = icu::Transliterator::createInstance(
            icu::UnicodeString("Latin-ASCII", -1, US_INV), UTRANS_FORWARD, status);
        BLASTY_CHECK(U_SUCCESS(status));
        return made;
    }();
    const std::string bare = WithoutAccents(Normalized(Nfd(), Utf8Of(code_point)));
    icu::UnicodeString text = icu::UnicodeString::fromUTF8(Normalized(Nfc(), bare));
    {
        MutexLock lock(mutex);
        latin_ascii->transliterate(text);
    }
    std::string out;
    text.toUTF8String(out);
    return MappedTo(out);
}

LazyTable<Mapped, MakeFoldEntry> fold_table;
LazyTable<Mapped, MakeLowercaseEntry> lowercase_table;
LazyTable<Mapped, MakeAsciiFoldEntry> ascii_fold_table;

void ApplyAsciiLowercase(Term& term, TermBuffer& out) {
    char* bytes = out.Reserve(term.text.size() + 8);
    LowercaseAscii(term.text, term.text.size(), bytes);
    term.text = {bytes, term.text.size()};
}

void Replace(Term& term, TermBuffer& out, std::string_view text) {
    term = {out.Copy(text), false, false};
}

class Fold final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& out) const override {
        if (term.ascii) {
            ApplyAsciiLowercase(term, out);
        } else if (!MapTerm(fold_table, term, out)) {
            Replace(term, out, FoldText(term.text));
        }
        return true;
    }
    bool normalizes() const override { return true; }
    bool lowers_ascii() const override { return true; }
};

class LowercaseFilter final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& out) const override {
        if (term.ascii) {
            ApplyAsciiLowercase(term, out);
        } else if (!MapTerm(lowercase_table, term, out)) {
            Replace(term, out, Lowercase(term.text, ""));
        }
        return true;
    }
    bool normalizes() const override { return true; }
    bool lowers_ascii() const override { return true; }
};

class TurkishLowercase final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& out) const override {
        if (term.ascii && term.text.find('I') == std::string_view::npos) {
            ApplyAsciiLowercase(term, out);
        } else {
            Replace(term, out, Lowercase(term.text, "tr"));
        }
        return true;
    }
    bool normalizes() const override { return true; }
};

class AsciiFold final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& out) const override {
        if (term.ascii || MapTerm(ascii_fold_table, term, out)) return true;
        std::string text;
        for (size_t i = 0; i < term.text.size();) {
            uint32_t code_point = 0;
            const size_t length = DecodeWellFormed(term.text.data() + i, &code_point);
            const Mapped& mapped = ascii_fold_table.At(code_point);
            // What one character becomes is longer than the table holds: it stays as it is.
            text += mapped.size == Mapped::kWholeTerm ? term.text.substr(i, length)
                                                      : std::string_view(mapped.bytes, mapped.size);
            i += length;
        }
        Replace(term, out, text);
        return true;
    }
    bool normalizes() const override { return true; }
};

class NormalFormFilter final : public TermFilter {
  public:
    explicit NormalFormFilter(const icu::Normalizer2& form) : form_(form) {}
    bool Apply(Term& term, TermBuffer& out) const override {
        if (!term.ascii) Replace(term, out, Normalized(form_, term.text));
        return true;
    }
    bool normalizes() const override { return true; }

  private:
    const icu::Normalizer2& form_;
};

}  // namespace

std::string FoldText(std::string_view text) {
    constexpr int kRoundsMax = 4;  // what an accent hid may fold again; two rounds in practice
    std::string now(text);
    for (int round = 0; round < kRoundsMax; ++round) {
        std::string next =
            Normalized(Nfc(), WithoutAccents(Normalized(Nfd(), Normalized(NfkcCasefold(), now))));
        if (next == now) break;
        now = std::move(next);
    }
    return now;
}

std::unique_ptr<TermFilter> MakeFold() { return std::make_unique<Fold>(); }
std::unique_ptr<TermFilter> MakeLowercase() { return std::make_unique<LowercaseFilter>(); }
std::unique_ptr<TermFilter> MakeTurkishLowercase() { return std::make_unique<TurkishLowercase>(); }
std::unique_ptr<TermFilter> MakeAsciiFold() { return std::make_unique<AsciiFold>(); }

std::unique_ptr<TermFilter> MakeNormalForm(NormalForm form) {
    const bool compatible = form == NormalForm::kNfkc || form == NormalForm::kNfkd;
    const bool composed = form == NormalForm::kNfc || form == NormalForm::kNfkc;
    return std::make_unique<NormalFormFilter>(
        Form(compatible ? "nfkc" : "nfc", composed ? UNORM2_COMPOSE : UNORM2_DECOMPOSE));
}

}  // namespace blasty::analysis::internal
