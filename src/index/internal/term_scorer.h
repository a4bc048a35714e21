// The documents of one term, scored by BM25 or not at all.
#pragma once

#include "index/internal/bm25.h"
#include "index/internal/columns.h"
#include "index/internal/scorer.h"

namespace blasty::index::internal {

class TermScorer final : public Scorer {
  public:
    // `lengths`, null: every length is 1. `weight` 0: not scored. All must outlive it.
    TermScorer(const Postings& postings, float weight, const Norms& norms,
               const LengthColumn* lengths)
        : postings_(postings), weight_(weight), norms_(norms), lengths_(lengths) {
        // The best of a short list is found only by looking at it.
        max_score_ = postings_.HasImpacts()
                         ? weight * norms_.Bound(postings_.list_impact()) * kBoundSlack
                         : weight;
    }

    uint32_t Next() override {
        if (threshold_ > 0 && postings_.block_size() <= 1) return Advance(doc_ + 1);
        return doc_ = postings_.Next();
    }
    uint32_t Advance(uint32_t target) override;
    float Score() override {
        const uint32_t length = lengths_ == nullptr ? 1 : (*lengths_)[doc_];
        return Bm25(weight_, static_cast<float>(postings_.occurrences()), norms_(length));
    }
    uint64_t Cost() const override { return postings_.documents(); }
    float MaxScore() const override { return max_score_; }
    uint32_t BlockEnd(uint32_t target) override;
    float BlockMax() const override { return block_max_; }
    void SetThreshold(float score) override {
        if (postings_.HasImpacts()) threshold_ = score;
    }

  private:
    Postings postings_;
    const float weight_;
    const Norms& norms_;
    const LengthColumn* const lengths_;
    float max_score_ = 0;
    float block_max_ = 0;
    float threshold_ = 0;
};

}  // namespace blasty::index::internal
