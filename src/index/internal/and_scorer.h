// Documents that match all of several scorers.
#pragma once

#include <vector>

#include "index/internal/scorer.h"

namespace blasty::index::internal {

// With a threshold, stretches whose blocks together cannot reach it are passed over.
class AndScorer final : public Scorer {
  public:
    // REQUIRES: at least one part.
    explicit AndScorer(std::vector<ScorerPtr> parts);

    uint32_t Next() override { return Advance(doc_ + 1); }
    uint32_t Advance(uint32_t target) override;
    float Score() override;
    uint64_t Cost() const override { return parts_[0]->Cost(); }
    float MaxScore() const override { return max_score_; }
    uint32_t BlockEnd(uint32_t target) override;
    float BlockMax() const override { return block_max_; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    std::vector<ScorerPtr> parts_;  // the rarest first
    float max_score_ = 0, block_max_ = 0, threshold_ = 0;
    uint32_t block_end_ = 0;  // up to which block_max_ is known to do
    bool block_known_ = false;
};

}  // namespace blasty::index::internal
