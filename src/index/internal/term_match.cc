#include "index/internal/term_match.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "index/internal/edit_table.h"

namespace blasty::index::internal {
namespace {

bool BeginsWith(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

std::string SharedBeginning(std::string_view a, std::string_view b) {
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return {a.begin(), differ.first};
}

// The least text that is behind all that begin with `prefix`; empty: there is none.
std::string Behind(std::string_view prefix) {
    std::string next(prefix);
    while (!next.empty() && next.back() == '\xff') next.pop_back();
    if (!next.empty()) next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
    return next;
}

class PrefixMatcher final : public TermMatcher {
  public:
    explicit PrefixMatcher(std::string prefix) : prefix_(std::move(prefix)) {}
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        TermCursor cursor(dictionary);
        for (bool more = cursor.Seek(prefix_); more && BeginsWith(cursor.term(), prefix_);
             more = cursor.Next()) {
            if (!visit(cursor, 0)) return;
        }
    }
    std::optional<Interval> IntervalOf(const Dictionary& dictionary) const override {
        const std::string behind = Behind(prefix_);
        return Interval{.begin = dictionary.OrdinalOf(prefix_),
                        .end = behind.empty() ? dictionary.count() : dictionary.OrdinalOf(behind)};
    }
    bool Fits(std::string_view term) const override { return BeginsWith(term, prefix_); }
    std::string Beginning() const override { return prefix_; }

  private:
    const std::string prefix_;
};

class RangeMatcher final : public TermMatcher {
  public:
    explicit RangeMatcher(TermRangeQuery range) : range_(std::move(range)) {}
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        TermCursor cursor(dictionary);
        for (bool more = cursor.Seek(range_.min); more; more = cursor.Next()) {
            if (!range_.includes_min && cursor.term() == range_.min) continue;
            if (!range_.max.empty()) {
                const int order = cursor.term().compare(range_.max);
                if (order > 0 || (order == 0 && !range_.includes_max)) return;
            }
            if (!visit(cursor, 0)) return;
        }
    }
    bool Fits(std::string_view term) const override {
        if (range_.includes_min ? term < range_.min : term <= range_.min) return false;
        return range_.max.empty() || (range_.includes_max ? term <= range_.max : term < range_.max);
    }
    std::string Beginning() const override {
        return range_.max.empty() ? "" : SharedBeginning(range_.min, range_.max);
    }

  private:
    const TermRangeQuery range_;
};

size_t CharacterBytes(std::string_view text) { return std::max<size_t>(Utf8Length(text), 1); }

class WildcardMatcher final : public TermMatcher {
  public:
    explicit WildcardMatcher(std::string_view pattern) {
        bool literal = true;
        for (size_t i = 0; i < pattern.size();) {
            if (pattern[i] == '*' || pattern[i] == '?') {
                steps_.push_back({.kind = pattern[i] == '*' ? Step::kMany : Step::kOne});
                literal = false;
                ++i;
                continue;
            }
            if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
            const size_t bytes = CharacterBytes(pattern.substr(i));
            steps_.push_back(
                {.kind = Step::kCharacter, .character = std::string(pattern.substr(i, bytes))});
            if (literal) prefix_ += steps_.back().character;
            i += bytes;
        }
    }
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        TermCursor cursor(dictionary);
        for (bool more = cursor.Seek(prefix_); more && BeginsWith(cursor.term(), prefix_);
             more = cursor.Next()) {
            if (Fits(cursor.term()) && !visit(cursor, 0)) return;
        }
    }

    bool Fits(std::string_view term) const override {
        size_t step = 0, at = 0;
        // Where to go on when it does not fit: the last `*` takes one character more.
        size_t many = steps_.size(), many_at = 0;
        while (at < term.size() || step < steps_.size()) {
            if (step < steps_.size()) {
                const Step& it = steps_[step];
                if (it.kind == Step::kMany) {
                    many = step++;
                    many_at = at;
                    continue;
                }
                if (at < term.size() && it.kind == Step::kOne) {
                    at += CharacterBytes(term.substr(at));
                    ++step;
                    continue;
                }
                if (it.kind == Step::kCharacter && BeginsWith(term.substr(at), it.character)) {
                    at += it.character.size();
                    ++step;
                    continue;
                }
            }
            if (many == steps_.size() || many_at >= term.size()) return false;
            many_at += CharacterBytes(term.substr(many_at));
            at = many_at;
            step = many + 1;
        }
        return true;
    }
    std::string Beginning() const override { return prefix_; }

  private:
    struct Step {
        enum Kind { kCharacter, kOne, kMany } kind;
        std::string character = {};
    };

    std::vector<Step> steps_;
    std::string prefix_;
};

class RegexpMatcher final : public TermMatcher {
  public:
    explicit RegexpMatcher(std::unique_ptr<RE2> expression) : expression_(std::move(expression)) {
        bounded_ = expression_->PossibleMatchRange(&min_, &max_, 64);
    }
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        TermCursor cursor(dictionary);
        for (bool more = bounded_ ? cursor.Seek(min_) : cursor.First(); more;
             more = cursor.Next()) {
            if (bounded_ && cursor.term() > max_) return;
            if (Fits(cursor.term()) && !visit(cursor, 0)) return;
        }
    }
    bool Fits(std::string_view term) const override {
        return RE2::FullMatch(re2::StringPiece(term.data(), term.size()), *expression_);
    }
    std::string Beginning() const override { return bounded_ ? SharedBeginning(min_, max_) : ""; }

  private:
    const std::unique_ptr<RE2> expression_;
    bool bounded_ = false;
    std::string min_, max_;
};

class FuzzyMatcher final : public TermMatcher {
  public:
    explicit FuzzyMatcher(const FuzzyQuery& query)
        : word_(query.term), edits_(query.edits), as_prefix_(query.prefix) {
        std::string_view rest = word_;
        for (uint32_t i = 0; i < query.prefix_length && !rest.empty(); ++i)
            rest.remove_prefix(CharacterBytes(rest));
        prefix_ = word_.substr(0, word_.size() - rest.size());
    }
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        EditTable table(word_, edits_, as_prefix_);
        TermCursor cursor(dictionary);
        bool more = cursor.Seek(prefix_);
        while (more && BeginsWith(cursor.term(), prefix_)) {
            if (table.Set(cursor.term())) {
                const uint32_t distance = as_prefix_ ? table.nearest() : table.distance();
                if (distance <= edits_ && !visit(cursor, distance)) return;
                more = cursor.Next();
                continue;
            }
            const std::string next = Behind(cursor.term().substr(0, table.dead()));
            if (next.empty()) return;
            // It is mostly near, and a step costs far less than to find a place.
            for (int steps = 0; more && steps < kStepsMax && cursor.term() < next; ++steps)
                more = cursor.Next();
            if (more && cursor.term() < next) more = cursor.Seek(next);
        }
    }
    bool Fits(std::string_view term) const override {
        if (!BeginsWith(term, prefix_)) return false;
        const size_t characters = CountCharacters(term);
        if (characters + edits_ < word_characters_) return false;
        if (!as_prefix_ && characters > word_characters_ + edits_) return false;
        EditTable table(word_, edits_, as_prefix_);
        return table.Set(term) && (as_prefix_ ? table.nearest() : table.distance()) <= edits_;
    }
    std::string Beginning() const override { return prefix_; }

  private:
    static constexpr int kStepsMax = 16;

    const std::string word_;
    const size_t word_characters_ = CountCharacters(word_);
    const uint32_t edits_;
    const bool as_prefix_;
    std::string prefix_;
};

}  // namespace

TermMatcherPtr MatchPrefix(std::string prefix) {
    return std::make_shared<PrefixMatcher>(std::move(prefix));
}
TermMatcherPtr MatchRange(TermRangeQuery range) {
    return std::make_shared<RangeMatcher>(std::move(range));
}
TermMatcherPtr MatchWildcard(std::string_view pattern) {
    return std::make_shared<WildcardMatcher>(pattern);
}

Result<TermMatcherPtr> MatchRegexp(const std::string& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(8 << 20);
    options.set_encoding(RE2::Options::EncodingUTF8);
    auto expression = std::make_unique<RE2>(pattern, options);
    if (!expression->ok()) {
        return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY",
                         StrCat("the regular expression /", Printable(pattern),
                                "/ cannot be read: ", expression->error()));
    }
    return TermMatcherPtr(std::make_shared<RegexpMatcher>(std::move(expression)));
}

TermMatcherPtr MatchFuzzy(const FuzzyQuery& query) { return std::make_shared<FuzzyMatcher>(query); }

Result<TermMatcherPtr> MakeMatcher(const Query& query) {
    if (const auto* prefix = std::get_if<PrefixQuery>(&query.node))
        return MatchPrefix(prefix->prefix);
    if (const auto* wildcard = std::get_if<WildcardQuery>(&query.node))
        return MatchWildcard(wildcard->pattern);
    if (const auto* range = std::get_if<TermRangeQuery>(&query.node)) return MatchRange(*range);
    if (const auto* regexp = std::get_if<RegexpQuery>(&query.node))
        return MatchRegexp(regexp->pattern);
    const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node);
    if (fuzzy == nullptr) return TermMatcherPtr();
    if (fuzzy->edits > 2) {
        return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY",
                         StrCat("'", Printable(fuzzy->term), "' with ", fuzzy->edits,
                                " edits; at most 2 are possible"));
    }
    return MatchFuzzy(*fuzzy);
}

double FuzzyWeight(uint32_t distance, size_t characters) {
    return std::max(0.1, 1 - static_cast<double>(distance) /
                                 static_cast<double>(std::max<size_t>(characters, 1)));
}

size_t CountCharacters(std::string_view text) {
    size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(CharacterBytes(text));
    return count;
}

}  // namespace blasty::index::internal
