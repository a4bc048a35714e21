// Documents that match at least one (or some) of several scorers.
#pragma once

#include <vector>

#include "index/internal/scorer.h"

namespace blasty::index::internal {

// Works through windows of documents: each part adds its scores to the window's. With a threshold
// the parts that cannot lift a document over it alone are only asked about documents that others
// brought (MaxScore, Turtle and Flood 1995, with the bounds of blocks).
class OrScorer final : public Scorer {
  public:
    struct Options {
        uint32_t min_match = 1;  // parts that must match
        // Best score plus `tie` times the others instead of the sum.
        bool best_of = false;
        float tie = 0;
    };
    OrScorer(std::vector<ScorerPtr> parts, Options options);

    uint32_t Next() override { return Advance(doc_ == kEnd && !begun_ ? 0 : doc_ + 1); }
    uint32_t Advance(uint32_t target) override;
    float Score() override { return score_; }
    uint64_t Cost() const override { return cost_; }
    float MaxScore() const override { return max_score_; }
    uint32_t BlockEnd(uint32_t target) override;
    float BlockMax() const override { return block_max_; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    static constexpr uint32_t kWindow = 2048;

    struct Part {
        ScorerPtr scorer;
        float bound = 0;  // in the window
    };

    // Fills the window of `target`. False: nothing is left.
    bool Fill(uint32_t target);
    // Splits the parts by their bounds in the window; the first `others_` cannot do it alone.
    void Split(uint32_t from);
    void Collect(Scorer& part);
    // Adds what the others give to a document; false when it stays below the threshold.
    bool Complete(uint32_t doc, float* score);
    bool CanPrune() const { return threshold_ > 0 && !options_.best_of && options_.min_match <= 1; }

    std::vector<Part> parts_;
    const Options options_;
    uint64_t cost_ = 0;
    float max_score_ = 0, block_max_ = 0, threshold_ = 0, score_ = 0;
    bool begun_ = false;
    uint32_t window_ = 0, window_end_ = 0;
    size_t others_ = 0;
    std::vector<float> bounds_of_others_;  // sums: of the first i + 1
    std::vector<uint64_t> bits_;
    std::vector<float> scores_, bests_;
    std::vector<uint16_t> matches_;
};

}  // namespace blasty::index::internal
