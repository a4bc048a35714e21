#include "search/internal/query_string_reader.h"

#include <cmath>
#include <utility>

#include "base/strings.h"
#include "search/internal/number_text.h"

namespace blasty::search::internal {

void Reader::SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
}

Status Reader::Error(size_t at, std::string_view why) const {
    size_t column = 1;
    for (size_t i = 0; i < at && i < text_.size(); ++i)
        column += (static_cast<unsigned char>(text_[i]) & 0xc0) != 0x80;
    return BadQuery(
        StrCat("could not parse '", Printable(text_), "': in column ", column, ", ", why));
}

bool Reader::TakeSign(char sign) {
    if (Peek() != sign || at_ + 1 >= text_.size() || IsSpace(text_[at_ + 1])) return false;
    ++at_;
    return true;
}

bool Reader::TakeWord(std::string_view word) {
    SkipSpaces();
    const size_t end = at_ + word.size();
    if (text_.substr(at_, word.size()) != word) return false;
    if (end < text_.size() && !IsSpace(text_[end]) && text_[end] != '(' && text_[end] != ')')
        return false;
    at_ = end;
    return true;
}

std::optional<char> Reader::TakeEscape() {
    constexpr std::string_view kEscaped = "+-=&|><!(){}[]^\"~*?:\\/ ";
    if (Peek() != '\\' || at_ + 1 >= text_.size()) return std::nullopt;
    const char c = text_[at_ + 1];
    if (kEscaped.find(c) == std::string_view::npos) return std::nullopt;
    at_ += 2;
    return c;
}

std::optional<std::string> Reader::TakeField() {
    const size_t begin = at_;
    std::string name;
    while (at_ < text_.size()) {
        if (const auto escaped = TakeEscape()) {
            name.push_back(*escaped);
            continue;
        }
        const char c = text_[at_];
        if (c == ':' && !name.empty()) {
            ++at_;
            return name;
        }
        if (IsSpace(c) || c == '"' || c == ')' || c == '(' || c == ':' ||
            (c == '/' && name.empty()))
            break;
        name.push_back(c);
        ++at_;
    }
    at_ = begin;
    return std::nullopt;
}

Status Reader::ReadQuoted(std::string* text) {
    const size_t begin = at_++;
    while (at_ < text_.size()) {
        if (const auto escaped = TakeEscape()) {
            text->push_back(*escaped);
        } else if (Take('"')) {
            return OkStatus();
        } else {
            text->push_back(text_[at_++]);
        }
    }
    return Error(begin, "the quote is never closed; add a \" or write \\\" for the character");
}

// A text such as /usr/bin is no regular expression but a word.
bool Reader::ReadRegexp(Clause* clause) {
    for (size_t end = at_ + 1; end < text_.size(); ++end) {
        if (text_[end] == '\\') {
            ++end;
            continue;
        }
        if (text_[end] != '/') continue;
        if (end == at_ + 1 || !Ends(end + 1)) return false;
        clause->kind = Clause::Kind::kRegexp;
        for (size_t i = at_ + 1; i < end; ++i) {
            if (text_[i] == '\\' && text_[i + 1] == '/') ++i;
            clause->text.push_back(text_[i]);
        }
        at_ = end + 1;
        return true;
    }
    return false;
}

Status Reader::ReadRangeEnd(bool last, RangeEnd* end) {
    SkipSpaces();
    std::string value;
    const size_t begin = at_;
    bool plain = true;
    if (Peek() == '"') {
        plain = false;
        BLASTY_RETURN_IF_ERROR(ReadQuoted(&value));
    } else {
        while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != ']' &&
               text_[at_] != '}') {
            if (const auto escaped = TakeEscape()) {
                value.push_back(*escaped);
                plain = false;
            } else {
                value.push_back(text_[at_++]);
            }
        }
    }
    if (at_ == begin) {
        return Error(at_, last ? "the range has no end; write [10 TO 20], or * for an open end"
                               : "the range has no begin; write [10 TO 20], or * for an open end");
    }
    if (!plain || value != "*") end->value = std::move(value);
    return OkStatus();
}

Status Reader::ReadRange(Clause* clause) {
    clause->kind = Clause::Kind::kRange;
    const size_t begin = at_;
    clause->min.included = text_[at_++] == '[';
    BLASTY_RETURN_IF_ERROR(ReadRangeEnd(false, &clause->min));
    if (!TakeWord("TO")) return Error(at_, "a range has TO between its ends, as in [10 TO 20]");
    BLASTY_RETURN_IF_ERROR(ReadRangeEnd(true, &clause->max));
    SkipSpaces();
    clause->max.included = Peek() == ']';
    if (!Take(']') && !Take('}')) return Error(begin, "the range is never closed; add ] or }");
    return OkStatus();
}

Status Reader::ReadComparison(bool inside, Clause* clause) {
    const size_t begin = at_;
    const bool below = text_[at_++] == '<';
    const bool equal = Take('=');
    Clause value;
    if (Peek() == '"') {
        BLASTY_RETURN_IF_ERROR(ReadQuoted(&value.text));
    } else {
        BLASTY_RETURN_IF_ERROR(ReadWord(inside, &value));
    }
    if (value.text.empty() || value.wild || value.near)
        return Error(begin, "a comparison needs a value, as in price:>=10");
    clause->kind = Clause::Kind::kRange;
    (below ? clause->max : clause->min) = {.value = std::move(value.text), .included = equal};
    return OkStatus();
}

Status Reader::TakeNear(Clause* clause) {
    const size_t begin = at_++;
    uint32_t number = 0;
    const size_t digits = at_;
    while (Peek() >= '0' && Peek() <= '9' && at_ - digits < 6)
        number = number * 10 + static_cast<uint32_t>(text_[at_++] - '0');
    if (!Ends(at_))
        return Error(begin, "after ~ comes a number or nothing; write \\~ for the sign");
    if (at_ == digits) number = 1;
    if (clause->kind == Clause::Kind::kWord && number > 2)
        return Error(begin, "a word can be misspelt by at most 2 letters; write ~1 or ~2");
    clause->near = number;
    return OkStatus();
}

Status Reader::ReadWord(bool inside, Clause* clause) {
    size_t open = 0;  // parentheses within the word
    while (at_ < text_.size()) {
        if (const auto escaped = TakeEscape()) {
            clause->text.push_back(*escaped);
            if (*escaped == '*' || *escaped == '?' || *escaped == '\\')
                clause->pattern.push_back('\\');
            clause->pattern.push_back(*escaped);
            continue;
        }
        const char c = text_[at_];
        if (IsSpace(c)) break;
        if (c == '^' && !clause->text.empty()) break;
        if (c == '~' && !clause->text.empty()) {
            size_t end = at_ + 1;
            while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
            if (Ends(end)) return TakeNear(clause);
        }
        if (c == '(') ++open;
        if (c == ')' && open == 0) {
            if (inside) break;
            return Error(at_, "there is a ) without a (; write \\) for the character");
        }
        if (c == ')') --open;
        clause->wild = clause->wild || c == '*' || c == '?';
        clause->text.push_back(c);
        if (c == '\\') clause->pattern.push_back('\\');
        clause->pattern.push_back(c);
        ++at_;
    }
    return OkStatus();
}

Status Reader::ReadClause(bool inside, Clause* clause) {
    const size_t begin = at_;
    const char first = Peek();
    if (first == '"') {
        clause->kind = Clause::Kind::kPhrase;
        BLASTY_RETURN_IF_ERROR(ReadQuoted(&clause->text));
        return Peek() == '~' ? TakeNear(clause) : OkStatus();
    }
    if (first == '/' && ReadRegexp(clause)) return OkStatus();
    if (!clause->field.empty()) {
        if (first == '[' || first == '{') return ReadRange(clause);
        if (first == '<' || first == '>') return ReadComparison(inside, clause);
    }
    BLASTY_RETURN_IF_ERROR(ReadWord(inside, clause));
    if (at_ > begin) return OkStatus();
    return Error(begin, StrCat("nothing follows '", Printable(clause->field),
                               ":'; write a word, or \\: for the colon itself"));
}

Result<double> Reader::TakeBoost() {
    const size_t begin = at_;
    if (!Take('^')) return 1.0;
    const size_t digits = at_;
    while ((Peek() >= '0' && Peek() <= '9') || Peek() == '.') ++at_;
    const auto boost = ReadNumber(text_.substr(digits, at_ - digits));
    if (!boost || !Ends(at_) || *boost > 1e6) {
        return Error(begin,
                     "after ^ comes a number up to 1000000, as in word^2; write \\^ for the sign");
    }
    return *boost;
}

}  // namespace blasty::search::internal
