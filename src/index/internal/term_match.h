// Which terms of a dictionary a prefix, pattern, range or misspelt word stands for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/internal/dictionary.h"
#include "index/query.h"

namespace blasty::index::internal {

// A way to choose terms; made once a query, used on each segment. Thread-safe.
class TermMatcher {
  public:
    virtual ~TermMatcher() = default;
    // Calls visit(cursor, distance) at each term chosen, in order, while it returns true; distance
    // is 0 but for fuzzy ones.
    using Visit = std::function<bool(TermCursor& cursor, uint32_t distance)>;
    virtual void ForEach(const Dictionary& dictionary, const Visit& visit) const = 0;
    // Of a matcher that chooses all terms [begin, end) of the dictionary, and no others.
    struct Interval {
        uint32_t begin = 0, end = 0;
    };
    virtual std::optional<Interval> IntervalOf(const Dictionary& /*dictionary*/) const {
        return std::nullopt;
    }
    // Whether it would choose the term.
    virtual bool Fits(std::string_view term) const = 0;
    // What all terms it chooses begin with; may be empty.
    virtual std::string Beginning() const = 0;
};
using TermMatcherPtr = std::shared_ptr<const TermMatcher>;

TermMatcherPtr MatchPrefix(std::string prefix);
TermMatcherPtr MatchRange(TermRangeQuery range);
TermMatcherPtr MatchWildcard(std::string_view pattern);
// BAD_QUERY (INVALID_ARGUMENT): what is wrong with the expression.
Result<TermMatcherPtr> MatchRegexp(const std::string& pattern);
TermMatcherPtr MatchFuzzy(const FuzzyQuery& query);
// Of a prefix, wildcard, regular expression, range of terms or fuzzy query; null for other kinds.
// BAD_QUERY (INVALID_ARGUMENT).
Result<TermMatcherPtr> MakeMatcher(const Query& query);

// What a term at `distance` from the one asked for counts, for scoring: 1 at 0, less further off.
double FuzzyWeight(uint32_t distance, size_t characters);
// Characters of UTF-8; a broken byte is one.
size_t CountCharacters(std::string_view text);

}  // namespace blasty::index::internal
