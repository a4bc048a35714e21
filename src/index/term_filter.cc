#include "index/term_filter.h"

#include <utility>
#include <variant>

#include "index/internal/term_match.h"

namespace blasty::index {
namespace {

class MatcherFilter final : public TermFilter {
  public:
    explicit MatcherFilter(internal::TermMatcherPtr matcher) : matcher_(std::move(matcher)) {}
    bool Fits(std::string_view term) const override { return matcher_->Fits(term); }

  private:
    const internal::TermMatcherPtr matcher_;
};

internal::TermMatcherPtr MatcherOf(const Query& query) {
    if (const auto* prefix = std::get_if<PrefixQuery>(&query.node))
        return internal::MatchPrefix(prefix->prefix);
    if (const auto* wildcard = std::get_if<WildcardQuery>(&query.node))
        return internal::MatchWildcard(wildcard->pattern);
    if (const auto* range = std::get_if<TermRangeQuery>(&query.node))
        return internal::MatchRange(*range);
    if (const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node))
        return internal::MatchFuzzy(*fuzzy);
    if (const auto* regexp = std::get_if<RegexpQuery>(&query.node)) {
        auto matcher = internal::MatchRegexp(regexp->pattern);
        if (matcher.ok()) return *std::move(matcher);
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<const TermFilter> MakeTermFilter(const Query& query) {
    internal::TermMatcherPtr matcher = MatcherOf(query);
    if (matcher == nullptr) return nullptr;
    return std::make_unique<MatcherFilter>(std::move(matcher));
}

}  // namespace blasty::index
