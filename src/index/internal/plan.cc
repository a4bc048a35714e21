#include "index/internal/plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "index/internal/and_scorer.h"
#include "index/internal/or_scorer.h"
#include "index/internal/phrase_scorer.h"
#include "index/internal/set_scorer.h"
#include "index/internal/term_scorer.h"

namespace blasty::index::internal {
namespace {

// Fewer terms are scored one by one, more of them all alike.
constexpr size_t kFuzzyTermsMax = 1024;

}  // namespace

Status CheckUndamaged(const Snapshot& snapshot) {
    for (const SnapshotSegment& part : snapshot.segments) {
        if (!part.segment->damaged()) continue;
        return MakeError(StatusCode::kDataLoss, "INDEX_DAMAGED",
                         "a file of the index is damaged; the index is built again");
    }
    return OkStatus();
}

Result<std::unique_ptr<Plan>> Plan::Make(const Snapshot& snapshot, QueryPtr query) {
    std::unique_ptr<Plan> plan(new Plan(snapshot, std::move(query)));
    BLASTY_RETURN_IF_ERROR(plan->Prepare(*plan->query_));
    return plan;
}

Status Plan::PrepareAll(const std::vector<QueryPtr>& queries) {
    for (const QueryPtr& query : queries) BLASTY_RETURN_IF_ERROR(Prepare(*query));
    return OkStatus();
}

Status Plan::Prepare(const Query& query) {
    if (const auto* boolean = std::get_if<BooleanQuery>(&query.node)) {
        for (const auto* part :
             {&boolean->must, &boolean->should, &boolean->must_not, &boolean->filter})
            BLASTY_RETURN_IF_ERROR(PrepareAll(*part));
    } else if (const auto* best = std::get_if<BestOfQuery>(&query.node)) {
        BLASTY_RETURN_IF_ERROR(PrepareAll(best->queries));
    } else {
        BLASTY_ASSIGN_OR_RETURN(TermMatcherPtr matcher, MakeMatcher(query));
        const auto address = [](const auto& node) -> const void* { return &node; };
        if (matcher != nullptr) matchers_[std::visit(address, query.node)] = std::move(matcher);
    }
    return OkStatus();
}

const Plan::TermFacts& Plan::FactsOf(std::string_view field, std::string_view term) {
    std::string name(field);
    name += '\0';
    name += term;
    std::unique_ptr<TermFacts>& facts = facts_[name];
    if (facts != nullptr) return *facts;
    facts = std::make_unique<TermFacts>();
    facts->metas.resize(snapshot_.segments.size());
    int64_t documents = 0;
    for (size_t i = 0; i < facts->metas.size(); ++i) {
        const SegmentField* in = segment(i).Field(field);
        const Dictionary* dictionary = in == nullptr ? nullptr : in->dictionary();
        if (dictionary == nullptr || !dictionary->Find(term, &facts->metas[i])) continue;
        documents += facts->metas[i].documents + facts->metas[i].correction;
    }
    facts->documents = static_cast<uint64_t>(std::max<int64_t>(documents, 0));
    return *facts;
}

double Plan::IdfOf(std::string_view field, const TermFacts& facts) const {
    const FieldTotals* totals = snapshot_.Field(field);
    const uint64_t with = totals == nullptr ? 0 : totals->documents_with;
    return Idf(std::max(with, facts.documents), facts.documents);
}

const Norms& Plan::NormsOf(std::string_view field) {
    std::unique_ptr<Norms>& norms = norms_[std::string(field)];
    if (norms == nullptr) {
        const FieldTotals* totals = snapshot_.Field(field);
        double average = 1;
        if (totals != nullptr && totals->kind == FieldKind::kText && totals->documents_with > 0) {
            average =
                static_cast<double>(totals->tokens) / static_cast<double>(totals->documents_with);
        }
        norms = std::make_unique<Norms>(average);
    }
    return *norms;
}

const std::vector<Plan::FuzzyTerm>& Plan::TermsOf(const FuzzyQuery& query) {
    const auto found = fuzzy_.find(&query);
    if (found != fuzzy_.end()) return found->second;
    std::map<std::string, uint32_t, std::less<>> terms;
    for (size_t i = 0; i < snapshot_.segments.size(); ++i) {
        const SegmentField* in = segment(i).Field(query.field);
        const Dictionary* dictionary = in == nullptr ? nullptr : in->dictionary();
        if (dictionary == nullptr) continue;
        matchers_[&query]->ForEach(*dictionary, [&](TermCursor& cursor, uint32_t distance) {
            terms.emplace(cursor.term(), distance);
            return true;
        });
    }
    std::vector<FuzzyTerm>& list = fuzzy_[&query];
    for (auto& [term, distance] : terms) list.push_back({.term = term, .distance = distance});
    std::stable_sort(list.begin(), list.end(), [](const FuzzyTerm& a, const FuzzyTerm& b) {
        return a.distance < b.distance;
    });
    return list;
}

ScorerPtr Plan::ScoredTerm(std::string_view field, std::string_view term, size_t i, double boost) {
    const SegmentField* in = segment(i).Field(field);
    if (in == nullptr) return std::make_unique<NoneScorer>();
    const TermFacts& facts = FactsOf(field, term);
    const TermMeta& meta = facts.metas[i];
    if (meta.documents == 0) return std::make_unique<NoneScorer>();
    const double weight = boost * IdfOf(field, facts);
    return std::make_unique<TermScorer>(in->List(meta), static_cast<float>(weight), NormsOf(field),
                                        in->lengths());
}

std::unique_ptr<PhraseScorer> Plan::MakePhrase(const PhraseQuery& phrase, size_t i, double boost) {
    const SegmentField* in = segment(i).Field(phrase.field);
    if (in == nullptr || phrase.places.empty()) return nullptr;
    std::vector<PhrasePlace> places;
    for (const PhraseQuery::Place& place : phrase.places) {
        std::vector<Postings> lists;
        for (const std::string& term : place.terms) {
            const TermFacts& facts = FactsOf(phrase.field, term);
            if (facts.metas[i].documents > 0) lists.push_back(in->List(facts.metas[i]));
        }
        if (lists.empty()) return nullptr;
        places.emplace_back(place.position, std::move(lists), in->info().kind == FieldKind::kText);
    }
    const double weight = boost * IdfOfPhrase(phrase);
    return std::make_unique<PhraseScorer>(
        std::move(places),
        PhraseScorer::Options{.slop = phrase.slop, .weight = static_cast<float>(weight)},
        NormsOf(phrase.field), in->lengths());
}

double Plan::IdfOfPhrase(const PhraseQuery& phrase) {
    double idf = 0;
    for (const PhraseQuery::Place& place : phrase.places) {
        double best = 0;
        for (const std::string& term : place.terms)
            best = std::max(best, IdfOf(phrase.field, FactsOf(phrase.field, term)));
        idf += best;
    }
    return idf;
}

ScorerPtr Plan::ScoredPhrase(const PhraseQuery& phrase, size_t i, double boost) {
    const auto found = remembered_segment_ == i ? phrases_.find(&phrase) : phrases_.end();
    if (found != phrases_.end()) {
        const SegmentField* in = segment(i).Field(phrase.field);
        if (in == nullptr) return std::make_unique<NoneScorer>();
        return std::make_unique<FoundPhraseScorer>(found->second,
                                                   static_cast<float>(boost * IdfOfPhrase(phrase)),
                                                   NormsOf(phrase.field), in->lengths());
    }
    ScorerPtr scorer = MakePhrase(phrase, i, boost);
    if (scorer == nullptr) return std::make_unique<NoneScorer>();
    return scorer;
}

bool Plan::ScoredByTerms(const FuzzyQuery& fuzzy, double boost) {
    return boost > 0 && TermsOf(fuzzy).size() <= kFuzzyTermsMax;
}

ScorerPtr Plan::ScoredFuzzy(const FuzzyQuery& fuzzy, size_t i, double boost) {
    if (!ScoredByTerms(fuzzy, boost))
        return std::make_unique<SetScorer>(
            std::make_shared<DocSet>(SetOfTerms(fuzzy.field, *matchers_[&fuzzy], i)),
            static_cast<float>(boost));
    std::vector<ScorerPtr> parts;
    const size_t characters = CountCharacters(fuzzy.term);
    for (const FuzzyTerm& term : TermsOf(fuzzy)) {
        ScorerPtr part =
            ScoredTerm(fuzzy.field, term.term, i, boost * FuzzyWeight(term.distance, characters));
        if (part->Cost() > 0) parts.push_back(std::move(part));
    }
    if (parts.empty()) return std::make_unique<NoneScorer>();
    if (parts.size() == 1) return std::move(parts[0]);
    return std::make_unique<OrScorer>(std::move(parts), OrScorer::Options{.best_of = true});
}

ScorerPtr Plan::ScoredBestOf(const BestOfQuery& query, size_t i, double boost) {
    std::vector<ScorerPtr> parts;
    for (const QueryPtr& part : query.queries) {
        ScorerPtr scorer = Scored(*part, i, boost);
        if (scorer->Cost() > 0) parts.push_back(std::move(scorer));
    }
    if (parts.empty()) return std::make_unique<NoneScorer>();
    if (parts.size() == 1) return std::move(parts[0]);
    return std::make_unique<OrScorer>(
        std::move(parts), OrScorer::Options{.best_of = true, .tie = static_cast<float>(query.tie)});
}

ScorerPtr Plan::ScoredBoolean(const BooleanQuery& query, size_t i, double boost) {
    std::vector<ScorerPtr> required, optional;
    for (const QueryPtr& part : query.must) required.push_back(Scored(*part, i, boost));
    for (const QueryPtr& part : query.filter) required.push_back(Scored(*part, i, 0));
    for (const ScorerPtr& part : required) {
        if (part->Cost() == 0) return std::make_unique<NoneScorer>();
    }
    for (const QueryPtr& part : query.should) {
        ScorerPtr scorer = Scored(*part, i, boost);
        if (scorer->Cost() > 0) optional.push_back(std::move(scorer));
    }
    const bool alone = required.empty();
    const uint32_t min =
        std::max<uint32_t>(query.min_should, alone && !query.should.empty() ? 1 : 0);
    if (min > optional.size()) return std::make_unique<NoneScorer>();
    ScorerPtr any;
    if (optional.size() == 1) any = std::move(optional[0]);
    if (optional.size() > 1) {
        any = std::make_unique<OrScorer>(std::move(optional),
                                         OrScorer::Options{.min_match = std::max(min, 1u)});
    }
    if (any != nullptr && min > 0) required.push_back(std::move(any));
    ScorerPtr result;
    if (required.empty()) {
        result = std::make_unique<SetScorer>(std::make_shared<DocSet>(segment(i).documents(), true),
                                             static_cast<float>(boost));
    } else if (required.size() == 1) {
        result = std::move(required[0]);
    } else {
        result = std::make_unique<AndScorer>(std::move(required));
    }
    if (any != nullptr) result = std::make_unique<BonusScorer>(std::move(result), std::move(any));
    if (query.must_not.empty()) return result;
    DocSet without(segment(i).documents());
    for (const QueryPtr& part : query.must_not) without.Or(*SetOf(*part, i));
    return std::make_unique<ExcludingScorer>(std::move(result), std::move(without));
}

ScorerPtr Plan::Scored(const Query& query, size_t i, double boost) {
    boost *= query.boost;
    if (const auto* term = std::get_if<TermQuery>(&query.node))
        return ScoredTerm(term->field, term->term, i, boost);
    if (const auto* phrase = std::get_if<PhraseQuery>(&query.node))
        return ScoredPhrase(*phrase, i, boost);
    if (const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node))
        return ScoredFuzzy(*fuzzy, i, boost);
    if (const auto* boolean = std::get_if<BooleanQuery>(&query.node))
        return ScoredBoolean(*boolean, i, boost);
    if (const auto* best = std::get_if<BestOfQuery>(&query.node))
        return ScoredBestOf(*best, i, boost);
    if (std::holds_alternative<NoneQuery>(query.node)) return std::make_unique<NoneScorer>();
    return std::make_unique<SetScorer>(SetOf(query, i), static_cast<float>(boost));
}

}  // namespace blasty::index::internal
