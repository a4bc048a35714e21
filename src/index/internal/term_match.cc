#include "index/internal/term_match.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "base/utf8.h"

namespace blasty::index::internal {
namespace {

bool BeginsWith(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

class PrefixMatcher final : public TermMatcher {
  public:
    explicit PrefixMatcher(std::string prefix) : prefix_(std::move(prefix)) {}
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        TermCursor cursor(dictionary);
        for (bool more = cursor.Seek(prefix_); more && BeginsWith(cursor.term(), prefix_);
             more = cursor.Next())
            visit(cursor, 0);
    }
    bool Fits(std::string_view term) const override { return BeginsWith(term, prefix_); }

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
            visit(cursor, 0);
        }
    }
    bool Fits(std::string_view term) const override {
        if (range_.includes_min ? term < range_.min : term <= range_.min) return false;
        return range_.max.empty() || (range_.includes_max ? term <= range_.max : term < range_.max);
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
            if (Fits(cursor.term())) visit(cursor, 0);
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
            if (Fits(cursor.term())) visit(cursor, 0);
        }
    }
    bool Fits(std::string_view term) const override {
        return RE2::FullMatch(re2::StringPiece(term.data(), term.size()), *expression_);
    }

  private:
    const std::unique_ptr<RE2> expression_;
    bool bounded_ = false;
    std::string min_, max_;
};

std::vector<std::string> Characters(std::string_view text) {
    std::vector<std::string> characters;
    while (!text.empty()) {
        const size_t bytes = CharacterBytes(text);
        characters.emplace_back(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    return characters;
}

// The edit distance (optimal string alignment) of one word to many others, of which each mostly
// begins like the one before: a row of the table is kept for each character.
class EditTable {
  public:
    // `beginnings`: what begins with something near is wanted too.
    EditTable(const std::vector<std::string>& word, uint32_t most, bool beginnings)
        : word_(word), most_(most), beginnings_(beginnings) {
        std::vector<uint32_t> row(word.size() + 1);
        for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<uint32_t>(i);
        levels_.push_back({.row = std::move(row), .best = 0});
        levels_.back().nearest = levels_.back().row.back();
    }

    // True when the term may be within `most`; false: nothing that begins with its first dead()
    // bytes is.
    bool Set(std::string_view term) {
        const auto differ = std::mismatch(term.begin(), term.end(), term_.begin(), term_.end());
        const auto shared = static_cast<size_t>(differ.first - term.begin());
        while (levels_.back().bytes > shared) levels_.pop_back();
        term_.assign(term);
        for (size_t at = levels_.back().bytes; at < term.size(); at = levels_.back().bytes) {
            if (Dead()) return false;
            Add(term.substr(at, CharacterBytes(term.substr(at))));
        }
        return !Dead();
    }
    size_t dead() const { return levels_.back().bytes; }
    uint32_t distance() const { return levels_.back().row.back(); }
    // Of the beginning that is nearest.
    uint32_t nearest() const { return levels_.back().nearest; }

  private:
    struct Level {
        std::vector<uint32_t> row;  // distance of what was read to the first i characters
        uint32_t best = 0;          // of the row
        uint32_t nearest = 0;       // least distance to the whole word so far
        size_t bytes = 0;           // of the term up to here
    };

    bool Dead() const {
        const size_t depth = levels_.size() - 1;
        if (depth == 0 || (beginnings_ && levels_[depth].nearest <= most_)) return false;
        // A swap reaches from the row before.
        return levels_[depth].best > most_ && levels_[depth - 1].best >= most_;
    }

    void Add(std::string_view character) {
        const size_t depth = levels_.size();
        Level next;
        const Level& last = levels_.back();
        next.bytes = last.bytes + character.size();
        next.row.resize(word_.size() + 1);
        next.row[0] = static_cast<uint32_t>(depth);
        next.best = next.row[0];
        const std::string_view before =
            depth > 1 ? std::string_view(term_).substr(levels_[depth - 2].bytes,
                                                       last.bytes - levels_[depth - 2].bytes)
                      : std::string_view();
        for (size_t i = 1; i <= word_.size(); ++i) {
            uint32_t cost = std::min(last.row[i], next.row[i - 1]) + 1;
            cost = std::min(cost, last.row[i - 1] + (word_[i - 1] == character ? 0 : 1));
            if (depth > 1 && i > 1 && word_[i - 1] == before && word_[i - 2] == character)
                cost = std::min(cost, levels_[depth - 2].row[i - 2] + 1);
            next.row[i] = cost;
            next.best = std::min(next.best, cost);
        }
        next.nearest = std::min(last.nearest, next.row.back());
        levels_.push_back(std::move(next));
    }

    const std::vector<std::string>& word_;
    const uint32_t most_;
    const bool beginnings_;
    std::string term_;
    std::vector<Level> levels_;
};

class FuzzyMatcher final : public TermMatcher {
  public:
    explicit FuzzyMatcher(const FuzzyQuery& query)
        : word_(Characters(query.term)), edits_(query.edits), as_prefix_(query.prefix) {
        for (size_t i = 0; i < word_.size() && i < query.prefix_length; ++i) prefix_ += word_[i];
    }
    void ForEach(const Dictionary& dictionary, const Visit& visit) const override {
        EditTable table(word_, edits_, as_prefix_);
        TermCursor cursor(dictionary);
        bool more = cursor.Seek(prefix_);
        while (more && BeginsWith(cursor.term(), prefix_)) {
            if (table.Set(cursor.term())) {
                const uint32_t distance = as_prefix_ ? table.nearest() : table.distance();
                if (distance <= edits_) visit(cursor, distance);
                more = cursor.Next();
                continue;
            }
            std::string next(cursor.term().substr(0, table.dead()));
            while (!next.empty() && next.back() == '\xff') next.pop_back();
            if (next.empty()) return;
            next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
            more = cursor.Seek(next);
        }
    }
    bool Fits(std::string_view term) const override {
        if (!BeginsWith(term, prefix_)) return false;
        EditTable table(word_, edits_, as_prefix_);
        return table.Set(term) && (as_prefix_ ? table.nearest() : table.distance()) <= edits_;
    }

  private:
    const std::vector<std::string> word_;
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
