// The part of Plan that explains scores.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "index/explain.h"
#include "index/internal/plan.h"

namespace blasty::index {
namespace internal {
namespace {

std::string Number(double value) {
    char text[32];
    const int size = std::snprintf(text, sizeof(text), "%.6g", value);
    return {text, static_cast<size_t>(size)};
}

std::string Named(std::string_view field, std::string_view term) {
    return StrCat(Printable(field), ":", Printable(term));
}

// The product of what is there; a boost of 1 is not spoken of.
Explanation Product(std::string text, double boost, std::vector<Explanation> factors) {
    Explanation product{.value = boost, .text = std::move(text), .parts = std::move(factors)};
    for (const Explanation& factor : product.parts) product.value *= factor.value;
    if (boost != 1)
        product.parts.insert(product.parts.begin(), Explanation{.value = boost, .text = "boost"});
    return product;
}

// What all documents that match get.
struct ConstantText {
    std::string operator()(const AllQuery&) const { return "every document"; }
    std::string operator()(const PrefixQuery& it) const { return Named(it.field, it.prefix) + "*"; }
    std::string operator()(const WildcardQuery& it) const { return Named(it.field, it.pattern); }
    std::string operator()(const RegexpQuery& it) const {
        return StrCat(Printable(it.field), ":/", Printable(it.pattern), "/");
    }
    std::string operator()(const FuzzyQuery& it) const { return Named(it.field, it.term) + "~"; }
    std::string operator()(const IdsQuery&) const { return "one of the keys"; }
    std::string operator()(const auto& it) const requires requires { it.field; }
    { return StrCat(Printable(it.field), " fits"); }
    std::string operator()(const auto& /*it*/) const { return "matches"; }
};

Explanation Constant(const Query& query, double boost) {
    return {.value = boost,
            .text = StrCat("constant score of ", std::visit(ConstantText(), query.node)),
            .parts = {{.value = boost, .text = "boost"}}};
}

}  // namespace

Explanation Plan::ExplainIdf(std::string_view field, std::string_view term) {
    const TermFacts& facts = FactsOf(field, term);
    const FieldTotals* totals = snapshot_.Field(field);
    const uint64_t with = totals == nullptr ? 0 : totals->documents_with;
    return {.value = IdfOf(field, facts),
            .text = StrCat("idf of ", Named(field, term), ", ln(1 + (N - n + 0.5) / (n + 0.5))"),
            .parts = {{.value = static_cast<double>(facts.documents),
                       .text = "n, documents with the term"},
                      {.value = static_cast<double>(std::max(with, facts.documents)),
                       .text = "N, documents with the field"}}};
}

Explanation Plan::ExplainFrequency(std::string_view field, double occurrences, const DocPlace& at) {
    const SegmentField* in = segment(at.segment).Field(field);
    const LengthColumn* lengths = in == nullptr ? nullptr : in->lengths();
    const uint32_t length = lengths == nullptr ? 1 : (*lengths)[at.doc];
    const Norms& norms = NormsOf(field);
    return {.value = occurrences / (occurrences + static_cast<double>(norms(length))),
            .text = "tf, f / (f + 1.2 * (0.25 + 0.75 * length / average length))",
            .parts = {{.value = occurrences, .text = "f, occurrences in the document"},
                      {.value = static_cast<double>(length), .text = "length, words of the field"},
                      {.value = norms.average_length(), .text = "average length"}}};
}

std::optional<Explanation> Plan::ExplainTerm(std::string_view field, std::string_view term,
                                             const DocPlace& at, double boost) {
    const SegmentField* in = segment(at.segment).Field(field);
    const TermMeta& meta = FactsOf(field, term).metas[at.segment];
    if (in == nullptr || meta.documents == 0) return std::nullopt;
    Postings list = in->List(meta);
    if (list.Advance(at.doc) != at.doc) return std::nullopt;
    return Product(StrCat("score of ", Named(field, term)), boost,
                   {ExplainIdf(field, term), ExplainFrequency(field, list.occurrences(), at)});
}

std::optional<Explanation> Plan::ExplainPhrase(const PhraseQuery& phrase, const DocPlace& at,
                                               double boost) {
    const std::unique_ptr<PhraseScorer> scorer = MakePhrase(phrase, at.segment, boost);
    if (scorer == nullptr || scorer->Advance(at.doc) != at.doc) return std::nullopt;
    std::string text = StrCat("score of ", Printable(phrase.field), ":\"");
    Explanation idf{.value = IdfOfPhrase(phrase), .text = "idf, sum over the phrase"};
    for (const PhraseQuery::Place& place : phrase.places) {
        if (&place != &phrase.places[0]) text += ' ';
        // Of terms at one place the rarest counts.
        Explanation best;
        for (const std::string& term : place.terms) {
            Explanation other = ExplainIdf(phrase.field, term);
            if (best.text.empty() || other.value > best.value) best = std::move(other);
            StrAppend(text, &term == &place.terms[0] ? "" : "|", Printable(term));
        }
        idf.parts.push_back(std::move(best));
    }
    StrAppend(text, "\"", phrase.slop > 0 ? StrCat("~", phrase.slop) : std::string());
    return Product(std::move(text), boost,
                   {std::move(idf),
                    ExplainFrequency(phrase.field, static_cast<double>(scorer->frequency()), at)});
}

std::optional<Explanation> Plan::ExplainFuzzy(const FuzzyQuery& fuzzy, const DocPlace& at,
                                              double boost) {
    std::optional<Explanation> best;
    const size_t characters = CountCharacters(fuzzy.term);
    for (const FuzzyTerm& term : TermsOf(fuzzy)) {
        const double weight = FuzzyWeight(term.distance, characters);
        auto other = ExplainTerm(fuzzy.field, term.term, at, boost * weight);
        if (!other || (best && other->value <= best->value)) continue;
        if (weight != 1) {
            StrAppend(other->text, ", ", term.distance, " from '", Printable(fuzzy.term), "'");
            StrAppend(other->text, ", which counts ", Number(weight));
        }
        best = std::move(other);
    }
    return best;
}

std::optional<Explanation> Plan::ExplainBoolean(const BooleanQuery& query, const DocPlace& at,
                                                double boost) {
    Explanation sum{.text = "sum"};
    const auto add = [&](Explanation part) {
        sum.value += part.value;
        sum.parts.push_back(std::move(part));
    };
    for (const QueryPtr& part : query.must) {
        auto explained = ExplainNode(*part, at, boost);
        if (!explained) return std::nullopt;
        add(*std::move(explained));
    }
    for (const QueryPtr& part : query.filter) {
        if (!SetOf(*part, at.segment)->Has(at.doc)) return std::nullopt;
    }
    uint32_t should = 0;
    for (const QueryPtr& part : query.should) {
        auto explained = ExplainNode(*part, at, boost);
        if (!explained) continue;
        ++should;
        add(*std::move(explained));
    }
    for (const QueryPtr& part : query.must_not) {
        if (SetOf(*part, at.segment)->Has(at.doc)) return std::nullopt;
    }
    const bool alone = query.must.empty() && query.filter.empty();
    if (should < std::max<uint32_t>(query.min_should, alone && !query.should.empty() ? 1 : 0))
        return std::nullopt;
    if (alone && query.should.empty()) return Constant({.node = AllQuery()}, boost);
    if (!query.should.empty())
        sum.text = StrCat("sum, ", should, " of ", query.should.size(), " optional parts match");
    if (!query.filter.empty()) sum.text += "; filters do not count";
    return sum;
}

std::optional<Explanation> Plan::ExplainBestOf(const BestOfQuery& query, const DocPlace& at,
                                               double boost) {
    Explanation best{.text = "best of"};
    double sum = 0;
    for (const QueryPtr& part : query.queries) {
        auto explained = ExplainNode(*part, at, boost);
        if (!explained) continue;
        sum += explained->value;
        best.value = best.parts.empty() ? explained->value : std::max(best.value, explained->value);
        best.parts.push_back(*std::move(explained));
    }
    if (best.parts.empty()) return std::nullopt;
    if (query.tie != 0) StrAppend(best.text, ", plus ", Number(query.tie), " times the others");
    best.value += query.tie * (sum - best.value);
    return best;
}

std::optional<Explanation> Plan::ExplainNode(const Query& query, const DocPlace& at, double boost) {
    boost *= query.boost;
    if (const auto* term = std::get_if<TermQuery>(&query.node))
        return ExplainTerm(term->field, term->term, at, boost);
    if (const auto* phrase = std::get_if<PhraseQuery>(&query.node))
        return ExplainPhrase(*phrase, at, boost);
    if (const auto* boolean = std::get_if<BooleanQuery>(&query.node))
        return ExplainBoolean(*boolean, at, boost);
    if (const auto* best = std::get_if<BestOfQuery>(&query.node))
        return ExplainBestOf(*best, at, boost);
    const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node);
    if (fuzzy != nullptr && ScoredByTerms(*fuzzy, boost)) return ExplainFuzzy(*fuzzy, at, boost);
    if (!SetOf(query, at.segment)->Has(at.doc)) return std::nullopt;
    return Constant(query, boost);
}

}  // namespace internal

Result<Explanation> Explain(const Snapshot& snapshot, const QueryPtr& query, const Hit& hit) {
    BLASTY_CHECK(hit.segment < snapshot.segments.size()) << "a hit of another snapshot";
    BLASTY_CHECK(hit.doc < snapshot.segments[hit.segment].segment->documents());
    BLASTY_ASSIGN_OR_RETURN(const auto plan, internal::Plan::Make(snapshot, query));
    auto explained = plan->Explain({.segment = hit.segment, .doc = hit.doc});
    BLASTY_RETURN_IF_ERROR(internal::CheckUndamaged(snapshot));
    if (!explained) return Explanation{.text = "no match"};
    return *std::move(explained);
}

}  // namespace blasty::index
