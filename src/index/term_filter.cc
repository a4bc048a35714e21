#include "index/term_filter.h"

#include <utility>

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

}  // namespace

std::unique_ptr<const TermFilter> MakeTermFilter(const Query& query) {
    auto matcher = internal::MakeMatcher(query);
    if (!matcher.ok() || *matcher == nullptr) return nullptr;
    return std::make_unique<MatcherFilter>(*std::move(matcher));
}

}  // namespace blasty::index
