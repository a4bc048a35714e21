// A query made ready for a snapshot: numbers that need all segments (how rare terms are, which
// words are meant) are known; scorers and sets of each segment are made from it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "index/explain.h"
#include "index/internal/bm25.h"
#include "index/internal/doc_set.h"
#include "index/internal/phrase_scorer.h"
#include "index/internal/scorer.h"
#include "index/internal/segment.h"
#include "index/internal/set_cache.h"
#include "index/internal/term_match.h"
#include "index/query.h"
#include "index/snapshot.h"

namespace blasty::index::internal {

// INDEX_DAMAGED (DATA_LOSS): a segment was found to make no sense, now or earlier.
Status CheckUndamaged(const Snapshot& snapshot);

// Used by one thread. Its snapshot must outlive it, and it what it makes.
class Plan {
  public:
    // BAD_QUERY (INVALID_ARGUMENT).
    static Result<std::unique_ptr<Plan>> Make(const Snapshot& snapshot, QueryPtr query);

    // Of the segment's documents, deleted ones too.
    ScorerPtr MakeScorer(size_t segment) { return Scored(*query_, segment, 1); }
    DocSetPtr MakeSet(size_t segment) { return SetOf(*query_, segment); }

    // How the score of a document comes about; nothing: it is no match.
    struct DocPlace {
        size_t segment = 0;
        uint32_t doc = 0;
    };
    std::optional<Explanation> Explain(const DocPlace& at) { return ExplainNode(*query_, at, 1); }

    // Statistics of a term in all segments, deleted documents not counted.
    struct TermFacts {
        uint64_t documents = 0;
        std::vector<TermMeta> metas;  // by segment; documents 0: not there
    };
    const TermFacts& FactsOf(std::string_view field, std::string_view term);
    double IdfOf(std::string_view field, const TermFacts& facts) const;
    const Norms& NormsOf(std::string_view field);

  private:
    Plan(const Snapshot& snapshot, QueryPtr query)
        : snapshot_(snapshot), query_(std::move(query)) {}
    Status Prepare(const Query& query);
    Status PrepareAll(const std::vector<QueryPtr>& queries);

    // What a misspelt word stands for, nearest first.
    struct FuzzyTerm {
        std::string term;
        uint32_t distance;
    };
    const std::vector<FuzzyTerm>& TermsOf(const FuzzyQuery& query);

    // `boost` is what stands around the query; 0: scores are not asked for.
    ScorerPtr Scored(const Query& query, size_t segment, double boost);
    ScorerPtr ScoredTerm(std::string_view field, std::string_view term, size_t segment,
                         double boost);
    // Null: no document can have it.
    std::unique_ptr<PhraseScorer> MakePhrase(const PhraseQuery& phrase, size_t segment,
                                             double boost);
    double IdfOfPhrase(const PhraseQuery& phrase);
    ScorerPtr ScoredPhrase(const PhraseQuery& phrase, size_t segment, double boost);
    // Else it scores the boost alone.
    bool ScoredByTerms(const FuzzyQuery& fuzzy, double boost);
    ScorerPtr ScoredFuzzy(const FuzzyQuery& fuzzy, size_t segment, double boost);
    ScorerPtr ScoredBoolean(const BooleanQuery& query, size_t segment, double boost);
    ScorerPtr ScoredBestOf(const BestOfQuery& query, size_t segment, double boost);

    struct SetVisitor;
    DocSetPtr SetOf(const Query& query, size_t segment);
    DocSet SetOfBoolean(const BooleanQuery& query, size_t segment);
    DocSet SetOfPhrase(const PhraseQuery& phrase, size_t segment);
    DocSet SetOfTerms(std::string_view field, const TermMatcher& matcher, size_t segment) const;
    DocSet SetOfNumbers(const NumberRangeQuery& range, size_t segment) const;
    template <typename Inside>
    DocSet SetOfPoints(std::string_view field, size_t segment, const Inside& inside) const;
    DocSet SetOfIds(const IdsQuery& ids, size_t segment) const;
    DocSet SetOfExisting(std::string_view field, size_t segment) const;

    std::optional<Explanation> ExplainNode(const Query& query, const DocPlace& at, double boost);
    std::optional<Explanation> ExplainTerm(std::string_view field, std::string_view term,
                                           const DocPlace& at, double boost);
    std::optional<Explanation> ExplainPhrase(const PhraseQuery& phrase, const DocPlace& at,
                                             double boost);
    std::optional<Explanation> ExplainFuzzy(const FuzzyQuery& fuzzy, const DocPlace& at,
                                            double boost);
    std::optional<Explanation> ExplainBoolean(const BooleanQuery& query, const DocPlace& at,
                                              double boost);
    std::optional<Explanation> ExplainBestOf(const BestOfQuery& query, const DocPlace& at,
                                             double boost);
    Explanation ExplainFrequency(std::string_view field, double occurrences, const DocPlace& at);
    Explanation ExplainIdf(std::string_view field, std::string_view term);

    const Segment& segment(size_t i) const { return *snapshot_.segments[i].segment; }

    const Snapshot& snapshot_;
    const QueryPtr query_;
    absl::flat_hash_map<std::string, std::unique_ptr<TermFacts>> facts_;
    absl::flat_hash_map<std::string, std::unique_ptr<Norms>> norms_;
    absl::flat_hash_map<const void*, TermMatcherPtr> matchers_;  // by node
    absl::flat_hash_map<const void*, std::vector<FuzzyTerm>> fuzzy_;
    // What takes long to find, of the segment that sets were made of last: totals and scores need
    // the same.
    void ForgetOtherSegments(size_t segment);
    size_t remembered_segment_ = 0;
    absl::flat_hash_map<std::string, DocSetPtr> sets_;
    absl::flat_hash_map<const void*, std::shared_ptr<const PhraseHits>> phrases_;  // by node
};

}  // namespace blasty::index::internal
