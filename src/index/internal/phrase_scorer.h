// Documents that hold terms at given places.
#pragma once

#include <cstdint>
#include <vector>

#include "index/internal/bm25.h"
#include "index/internal/columns.h"
#include "index/internal/scorer.h"

namespace blasty::index::internal {

// One place of a phrase: a term, or several that are as good.
class PhrasePlace {
  public:
    PhrasePlace(uint32_t position, std::vector<Postings> lists)
        : position_(position), lists_(std::move(lists)) {}

    // The first document >= `target` that holds one of the terms. `target` must not fall.
    uint32_t Advance(uint32_t target);
    // Where they stand in the document, less the place in the phrase, rising.
    const std::vector<int64_t>& ReadPositions();
    uint64_t Cost() const;
    uint32_t position() const { return position_; }

  private:
    uint32_t position_;
    std::vector<Postings> lists_;
    uint32_t doc_ = 0;
    bool begun_ = false;
    std::vector<uint32_t> raw_;
    std::vector<int64_t> positions_;
};

class PhraseScorer final : public Scorer {
  public:
    struct Options {
        uint32_t slop = 0;
        float weight = 0;  // 0: not scored
    };
    PhraseScorer(std::vector<PhrasePlace> places, Options options, const Norms& norms,
                 const LengthColumn* lengths);

    uint32_t Next() override { return Advance(doc_ + 1); }
    uint32_t Advance(uint32_t target) override;
    float Score() override;
    uint64_t Cost() const override { return cost_; }
    float MaxScore() const override { return options_.weight; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    // How often the phrase is in the document, what is moved counting less; 0: not at all.
    float Frequency();
    float FrequencyExact();
    float FrequencyNear();
    // No word of the text stands for two places.
    bool WordsDiffer() const;

    std::vector<PhrasePlace> places_;
    const Options options_;
    const Norms& norms_;
    const LengthColumn* const lengths_;
    uint64_t cost_ = 0;
    float frequency_ = 0, threshold_ = 0;
    std::vector<const std::vector<int64_t>*> positions_;
    std::vector<size_t> at_;
};

}  // namespace blasty::index::internal
