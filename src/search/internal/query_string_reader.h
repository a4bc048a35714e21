// Takes a query string apart, one piece after the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "search/internal/query_string_clause.h"

namespace blasty::search::internal {

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    size_t at() const { return at_; }
    bool AtEnd() {
        SkipSpaces();
        return at_ == text_.size();
    }
    bool Take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    // `+` or `-` with something right behind it.
    bool TakeSign(char sign);
    // AND, OR or NOT, standing alone.
    bool TakeWord(std::string_view word);
    // `name:`; nothing when what follows has no field.
    std::optional<std::string> TakeField();
    // The rest of a clause after its field. `inside`: a `)` ends it.
    Status ReadClause(bool inside, Clause* clause);
    // `^2`; 1 when there is none.
    Result<double> TakeBoost();

    // BAD_QUERY: `why` in column of the byte `at`.
    Status Error(size_t at, std::string_view why) const;

  private:
    void SkipSpaces();
    static bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    // At the end of a clause: a space, `)`, `^` or nothing more.
    bool Ends(size_t at) const {
        return at >= text_.size() || IsSpace(text_[at]) || text_[at] == ')' || text_[at] == '^';
    }
    // An escape at at_: its character, and at_ behind it.
    std::optional<char> TakeEscape();
    Status ReadQuoted(std::string* text);
    bool ReadRegexp(Clause* clause);
    Status ReadRange(Clause* clause);
    Status ReadRangeEnd(bool last, RangeEnd* end);
    Status ReadComparison(bool inside, Clause* clause);
    Status ReadWord(bool inside, Clause* clause);
    Status TakeNear(Clause* clause);

    const std::string_view text_;
    size_t at_ = 0;
};

}  // namespace blasty::search::internal
