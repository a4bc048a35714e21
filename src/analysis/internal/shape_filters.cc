#include "analysis/internal/shape_filters.h"

#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "analysis/internal/char_table.h"
#include "analysis/internal/term_set.h"
#include "analysis/internal/words.h"

namespace blasty::analysis::internal {
namespace {

bool IsInner(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; }

size_t CountCharacters(std::string_view text) {
    size_t out = 0;
    for (const char byte : text) out += IsInner(byte) ? 0 : 1;
    return out;
}

class Length final : public TermFilter {
  public:
    Length(size_t min, size_t max) : min_(min), max_(max) {}
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        const size_t size = CountCharacters(term.text);
        return size >= min_ && size <= max_;
    }

  private:
    size_t min_;
    size_t max_;
};

class Truncate final : public TermFilter {
  public:
    explicit Truncate(size_t max) : max_(max) {}
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        term.text = term.text.substr(0, PrefixBytes(term.text, max_));
        return true;
    }

  private:
    size_t max_;
};

class Reverse final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& out) const override {
        const std::string_view in = term.text;
        char* const bytes = out.Reserve(in.size());
        char* at = bytes + in.size();
        for (size_t i = 0; i < in.size();) {
            size_t end = i;
            uint32_t c = 0;
            end += DecodeWellFormed(in.data() + end, &c);
            while (end < in.size()) {
                const size_t size = DecodeWellFormed(in.data() + end, &c);
                if (WordClassOf(c) != kExtend) break;
                end += size;
            }
            at -= end - i;
            std::memcpy(at, in.data() + i, end - i);
            i = end;
        }
        term = {{bytes, in.size()}, term.ascii, false};
        return true;
    }
};

// Where the first apostrophe of `text` stands and how long it is; size 0 when there is none.
struct Mark {
    size_t at = 0;
    size_t size = 0;
};
Mark FindApostrophe(std::string_view text) {
    Mark out{text.size(), 0};
    for (const std::string_view mark : {"'", "\u2019", "\uff07"}) {
        const size_t at = text.find(mark);
        if (at < out.at) out = {at, mark.size()};
    }
    return out;
}

class Apostrophe final : public TermFilter {
  public:
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        const Mark mark = FindApostrophe(term.text);
        if (mark.size > 0 && mark.at > 0) term.text = term.text.substr(0, mark.at);
        return true;
    }
};

class Elision final : public TermFilter {
  public:
    explicit Elision(const std::vector<std::string>& articles) {
        for (const std::string& article : articles) articles_.insert(article);
    }
    bool Apply(Term& term, TermBuffer& /*out*/) const override {
        const Mark mark = FindApostrophe(term.text);
        if (mark.size > 0 && articles_.contains(term.text.substr(0, mark.at))) {
            term = {term.text.substr(mark.at + mark.size), term.ascii, false};
        }
        return true;
    }

  private:
    TermSet articles_;
};

using LetterMap = absl::flat_hash_map<uint32_t, std::string_view>;

const LetterMap* LettersOf(std::string_view language) {
    static const LetterMap arabic = {
        {0x622, "\u0627"}, {0x623, "\u0627"}, {0x625, "\u0627"}, {0x671, "\u0627"},
        {0x649, "\u064a"}, {0x629, "\u0647"}, {0x640, ""},       {0x64b, ""},
        {0x64c, ""},       {0x64d, ""},       {0x64e, ""},       {0x64f, ""},
        {0x650, ""},       {0x651, ""},       {0x652, ""},       {0x670, ""},
    };
    static const LetterMap persian = {
        {0x64a, "\u06cc"}, {0x649, "\u06cc"}, {0x6d2, "\u06cc"}, {0x643, "\u06a9"},
        {0x6c0, "\u0647"}, {0x6c1, "\u0647"}, {0x629, "\u0647"}, {0x654, ""},
        {0x640, ""},       {0x64e, ""},       {0x64f, ""},       {0x650, ""},
    };
    static const LetterMap sorani = {
        {0x64a, "\u06cc"}, {0x649, "\u06cc"}, {0x643, "\u06a9"}, {0x629, "\u06d5"},
        {0x6be, "\u0647"}, {0x695, "\u0631"}, {0x6b5, "\u0644"}, {0x640, ""},
    };
    static const LetterMap hindi = {
        {0x901, "\u0902"}, {0x93c, ""},       {0x945, "\u0947"}, {0x946, "\u0947"},
        {0x949, "\u094b"}, {0x94a, "\u094b"}, {0x90d, "\u090f"}, {0x90e, "\u090f"},
        {0x911, "\u0913"}, {0x912, "\u0913"}, {0x906, "\u0905"}, {0x908, "\u0907"},
        {0x90a, "\u0909"}, {0x940, "\u093f"}, {0x942, "\u0941"}, {0x948, "\u0947"},
        {0x94c, "\u094b"}, {0x200c, ""},      {0x200d, ""},
    };
    if (language == "arabic") return &arabic;
    if (language == "persian") return &persian;
    if (language == "sorani") return &sorani;
    if (language == "hindi") return &hindi;
    return nullptr;
}

class LetterForms final : public TermFilter {
  public:
    explicit LetterForms(const LetterMap& letters) : letters_(letters) {}
    bool Apply(Term& term, TermBuffer& out) const override {
        if (term.ascii) return true;
        const std::string_view in = term.text;
        char* const bytes = out.Reserve(in.size());  // no letter becomes longer
        size_t size = 0;
        bool aligned = term.aligned;
        for (size_t i = 0; i < in.size();) {
            uint32_t c = 0;
            const size_t length = DecodeWellFormed(in.data() + i, &c);
            std::string_view letter = in.substr(i, length);
            if (const auto found = letters_.find(c); found != letters_.end()) {
                letter = found->second;
            }
            aligned = aligned && letter.size() == length;
            size += letter.copy(bytes + size, letter.size());
            i += length;
        }
        term = {{bytes, size}, false, aligned};
        return true;
    }
    bool normalizes() const override { return true; }

  private:
    const LetterMap& letters_;
};

}  // namespace

size_t PrefixBytes(std::string_view text, size_t count) {
    size_t i = 0;
    for (; i < text.size(); ++i) {
        if (!IsInner(text[i]) && count-- == 0) return i;
    }
    return i;
}

std::unique_ptr<TermFilter> MakeLength(size_t min, size_t max) {
    return std::make_unique<Length>(min, max);
}
std::unique_ptr<TermFilter> MakeTruncate(size_t max) { return std::make_unique<Truncate>(max); }
std::unique_ptr<TermFilter> MakeReverse() { return std::make_unique<Reverse>(); }
std::unique_ptr<TermFilter> MakeApostrophe() { return std::make_unique<Apostrophe>(); }
std::unique_ptr<TermFilter> MakeElision(const std::vector<std::string>& articles) {
    return std::make_unique<Elision>(articles);
}

std::unique_ptr<TermFilter> MakeLetterForms(std::string_view language) {
    const LetterMap* letters = LettersOf(language);
    return letters == nullptr ? nullptr : std::make_unique<LetterForms>(*letters);
}

}  // namespace blasty::analysis::internal
