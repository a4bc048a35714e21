// For tests: what queries mean, said in the plainest way, over documents as they are.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "index/internal/bm25.h"
#include "index/internal/geo.h"
#include "index/internal/term_match.h"
#include "index/internal/test_corpus.h"
#include "index/query.h"

namespace blasty::index::internal {

class BruteForce {
  public:
    explicit BruteForce(const std::map<std::string, TestDocument>& documents)
        : documents_(documents) {
        uint64_t tokens = 0;
        for (const auto& [key, document] : documents) {
            tokens += document.words.size();
            with_body_ += document.words.empty() ? 0 : 1;
            with_tag_ += document.tags.empty() ? 0 : 1;
            for (const auto& word :
                 std::set<std::string>(document.words.begin(), document.words.end()))
                ++frequency_["body " + word];
            for (const auto& tag : document.tags) ++frequency_["tag " + tag];
        }
        average_ = with_body_ == 0 ? 1 : static_cast<double>(tokens) / with_body_;
    }

    // Nothing: no match.
    std::optional<double> Score(const Query& query, const TestDocument& document) const {
        const std::optional<double> score = ScoreNode(query, document);
        if (!score) return score;
        return *score * query.boost;
    }

  private:
    double IdfOf(const std::string& field, const std::string& term) const {
        const auto found = frequency_.find(field + " " + term);
        const double n = found == frequency_.end() ? 0 : found->second;
        const double all = field == "body" ? with_body_ : with_tag_;
        return std::log(1 + (all - n + 0.5) / (n + 0.5));
    }
    double Bm25Of(const std::string& field, const TestDocument& document, double tf) const {
        const double length = field == "body" ? static_cast<double>(document.words.size()) : 1;
        const double average = field == "body" ? average_ : 1;
        return tf / (tf + 1.2 * (1 - 0.75 + 0.75 * length / average));
    }
    static const std::vector<std::string>& Terms(const std::string& field,
                                                 const TestDocument& document) {
        return field == "body" ? document.words : document.tags;
    }
    std::optional<double> TermScore(const std::string& field, const std::string& term,
                                    const TestDocument& document) const {
        const auto& terms = Terms(field, document);
        const auto tf = std::count(terms.begin(), terms.end(), term);
        if (tf == 0) return std::nullopt;
        return IdfOf(field, term) * Bm25Of(field, document, static_cast<double>(tf));
    }
    template <typename Fits>
    std::optional<double> AnyTerm(const std::string& field, const TestDocument& document,
                                  const Fits& fits) const {
        const auto& terms = Terms(field, document);
        if (std::any_of(terms.begin(), terms.end(), fits)) return 1.0;
        return std::nullopt;
    }
    const std::regex& Compiled(const std::string& pattern) const {
        return expressions_.try_emplace(pattern, pattern).first->second;
    }
    static uint32_t Distance(const std::string& a, const std::string& b) {
        std::vector<std::vector<uint32_t>> d(a.size() + 1, std::vector<uint32_t>(b.size() + 1));
        for (uint32_t i = 0; i <= a.size(); ++i) {
            for (uint32_t j = 0; j <= b.size(); ++j) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1,
                                    d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
        return d[a.size()][b.size()];
    }
    static std::optional<uint32_t> FuzzyDistance(const FuzzyQuery& query, const std::string& term) {
        if (term.substr(0, query.prefix_length) != query.term.substr(0, query.prefix_length))
            return std::nullopt;
        uint32_t distance = Distance(query.term, term);
        for (size_t size = 0; size < term.size() && query.prefix; ++size)
            distance = std::min(distance, Distance(query.term, term.substr(0, size)));
        if (distance > query.edits) return std::nullopt;
        return distance;
    }
    std::optional<double> ScoreNode(const Query& query, const TestDocument& document) const;
    std::optional<double> ScorePhrase(const PhraseQuery& phrase,
                                      const TestDocument& document) const;
    std::optional<double> ScoreBoolean(const BooleanQuery& query,
                                       const TestDocument& document) const;

    const std::map<std::string, TestDocument>& documents_;
    std::map<std::string, double> frequency_;
    mutable std::map<std::string, std::regex> expressions_;
    mutable std::map<std::pair<const FuzzyQuery*, std::string>, std::optional<uint32_t>> distances_;
    double with_body_ = 0, with_tag_ = 0, average_ = 1;
};

inline std::optional<double> BruteForce::ScorePhrase(const PhraseQuery& phrase,
                                                     const TestDocument& document) const {
    const auto& words = document.words;
    double idf = 0, found = 0;
    for (const auto& place : phrase.places) {
        double best = 0;
        for (const auto& term : place.terms) best = std::max(best, IdfOf("body", term));
        idf += best;
    }
    if (phrase.slop == 0) {
        for (size_t start = 0; start < words.size(); ++start) {
            bool all = true;
            for (const auto& place : phrase.places) {
                const size_t at = start + place.position;
                all = all && at < words.size() &&
                      std::count(place.terms.begin(), place.terms.end(), words[at]) > 0;
            }
            found += all ? 1 : 0;
        }
    } else {
        std::vector<std::vector<int64_t>> at(phrase.places.size());
        for (size_t i = 0; i < at.size(); ++i) {
            for (size_t word = 0; word < words.size(); ++word) {
                const auto& terms = phrase.places[i].terms;
                if (std::count(terms.begin(), terms.end(), words[word]) > 0)
                    at[i].push_back(static_cast<int64_t>(word) - phrase.places[i].position);
            }
            if (at[i].empty()) return std::nullopt;
        }
        // The lowest ones move on together.
        for (std::vector<size_t> next(at.size(), 0);;) {
            int64_t low = INT64_MAX, high = INT64_MIN;
            std::set<int64_t> used;
            for (size_t i = 0; i < at.size(); ++i) {
                low = std::min(low, at[i][next[i]]);
                high = std::max(high, at[i][next[i]]);
                used.insert(at[i][next[i]] + phrase.places[i].position);
            }
            if (high - low <= phrase.slop && used.size() == at.size())
                found += 1 / (1 + static_cast<double>(high - low));
            bool end = false;
            for (size_t i = 0; i < at.size(); ++i) {
                if (at[i][next[i]] == low) end = ++next[i] == at[i].size() || end;
            }
            if (end) break;
        }
    }
    if (found == 0) return std::nullopt;
    return idf * Bm25Of("body", document, found);
}

inline std::optional<double> BruteForce::ScoreBoolean(const BooleanQuery& query,
                                                      const TestDocument& document) const {
    double sum = 0;
    uint32_t should = 0;
    for (const auto& part : query.must) {
        const auto score = Score(*part, document);
        if (!score) return std::nullopt;
        sum += *score;
    }
    for (const auto& part : query.filter) {
        if (!Score(*part, document)) return std::nullopt;
    }
    for (const auto& part : query.should) {
        const auto score = Score(*part, document);
        if (!score) continue;
        sum += *score;
        ++should;
    }
    for (const auto& part : query.must_not) {
        if (Score(*part, document)) return std::nullopt;
    }
    const bool alone = query.must.empty() && query.filter.empty();
    if (should < std::max<uint32_t>(query.min_should, alone && !query.should.empty() ? 1 : 0))
        return std::nullopt;
    if (alone && query.should.empty()) return 1.0;
    return sum;
}

inline std::optional<double> BruteForce::ScoreNode(const Query& query,
                                                   const TestDocument& document) const {
    const auto yes = [](bool matches) -> std::optional<double> {
        if (matches) return 1.0;
        return std::nullopt;
    };
    if (std::holds_alternative<AllQuery>(query.node)) return 1.0;
    if (const auto* node = std::get_if<TermQuery>(&query.node))
        return TermScore(node->field, node->term, document);
    if (const auto* node = std::get_if<PhraseQuery>(&query.node))
        return ScorePhrase(*node, document);
    if (const auto* node = std::get_if<BooleanQuery>(&query.node))
        return ScoreBoolean(*node, document);
    if (const auto* node = std::get_if<PrefixQuery>(&query.node)) {
        return AnyTerm(node->field, document, [&](const std::string& term) {
            return term.substr(0, node->prefix.size()) == node->prefix;
        });
    }
    if (const auto* node = std::get_if<WildcardQuery>(&query.node)) {
        std::string pattern;
        for (const char c : node->pattern)
            pattern += c == '*' ? std::string(".*") : c == '?' ? "." : std::string(1, c);
        const std::regex expression(pattern);
        return AnyTerm(node->field, document,
                       [&](const std::string& term) { return std::regex_match(term, expression); });
    }
    if (const auto* node = std::get_if<RegexpQuery>(&query.node)) {
        const std::regex& expression = Compiled(node->pattern);
        return AnyTerm(node->field, document,
                       [&](const std::string& term) { return std::regex_match(term, expression); });
    }
    if (const auto* node = std::get_if<TermRangeQuery>(&query.node)) {
        return AnyTerm(node->field, document, [&](const std::string& term) {
            const bool low = node->includes_min ? term >= node->min : term > node->min;
            const bool high =
                node->max.empty() || (node->includes_max ? term <= node->max : term < node->max);
            return low && high;
        });
    }
    if (const auto* node = std::get_if<FuzzyQuery>(&query.node)) {
        std::optional<double> best;
        const auto& terms = Terms(node->field, document);
        for (const auto& term : std::set<std::string>(terms.begin(), terms.end())) {
            const auto distance = FuzzyDistance(*node, term);
            if (!distance) continue;
            const double score =
                *TermScore(node->field, term, document) * FuzzyWeight(*distance, node->term.size());
            best = std::max(best.value_or(0), score);
        }
        return best;
    }
    if (const auto* node = std::get_if<NumberRangeQuery>(&query.node)) {
        return yes(std::any_of(document.numbers.begin(), document.numbers.end(), [&](double value) {
            return (node->includes_min ? value >= node->min : value > node->min) &&
                   (node->includes_max ? value <= node->max : value < node->max);
        }));
    }
    if (const auto* node = std::get_if<GeoDistanceQuery>(&query.node)) {
        return yes(
            std::any_of(document.points.begin(), document.points.end(), [&](const Point& point) {
                return DistanceMeters(point, node->center) <= node->meters;
            }));
    }
    if (const auto* node = std::get_if<GeoBoxQuery>(&query.node)) {
        return yes(
            std::any_of(document.points.begin(), document.points.end(), [&](const Point& point) {
                const bool wide = node->left <= node->right;
                const bool right_of = point.longitude >= node->left;
                const bool left_of = point.longitude <= node->right;
                return point.latitude <= node->top && point.latitude >= node->bottom &&
                       (wide ? right_of && left_of : right_of || left_of);
            }));
    }
    if (const auto* node = std::get_if<IdsQuery>(&query.node)) {
        return yes(std::count(node->keys.begin(), node->keys.end(), document.key) > 0);
    }
    if (const auto* node = std::get_if<ExistsQuery>(&query.node)) {
        if (node->field == "body") return yes(!document.words.empty());
        if (node->field == "tag") return yes(!document.tags.empty());
        if (node->field == "size") return yes(!document.numbers.empty());
        return yes(node->field == "place" && !document.points.empty());
    }
    if (const auto* node = std::get_if<BestOfQuery>(&query.node)) {
        std::optional<double> best;
        double sum = 0;
        for (const auto& part : node->queries) {
            const auto score = Score(*part, document);
            if (!score) continue;
            sum += *score;
            best = std::max(best.value_or(0), *score);
        }
        if (!best) return best;
        return *best + node->tie * (sum - *best);
    }
    return std::nullopt;
}

}  // namespace blasty::index::internal
