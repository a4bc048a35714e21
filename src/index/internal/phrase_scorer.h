// Documents that hold terms at given places.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "index/internal/bm25.h"
#include "index/internal/columns.h"
#include "index/internal/phrase_match.h"
#include "index/internal/scorer.h"

namespace blasty::index::internal {

// One place of a phrase: a term, or several that are as good.
class PhrasePlace {
  public:
    // Keywords have no positions: `with_positions` is false, and all stand at 0.
    PhrasePlace(uint32_t position, std::vector<Postings> lists, bool with_positions)
        : position_(position), with_positions_(with_positions), lists_(std::move(lists)) {}

    // The first document >= `target` that holds one of the terms. `target` must not fall.
    uint32_t Advance(uint32_t target);
    // Where they stand in the document, less the place in the phrase, rising.
    const std::vector<int64_t>& ReadPositions();
    uint64_t Cost() const;
    uint32_t position() const { return position_; }

  private:
    uint32_t position_;
    bool with_positions_;
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
    // How often it is in the document, what is moved counting less. REQUIRES: at a document.
    float frequency() const { return frequency_; }
    uint64_t Cost() const override { return cost_; }
    float MaxScore() const override { return options_.weight; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    float Frequency();

    std::vector<PhrasePlace> places_;
    const Options options_;
    const Norms& norms_;
    const LengthColumn* const lengths_;
    uint64_t cost_ = 0;
    float frequency_ = 0, threshold_ = 0;
    PhraseMatch match_;
};

// Where a phrase was found: documents of one segment, rising, and how often it is in each.
struct PhraseHits {
    std::vector<uint32_t> docs;
    std::vector<float> frequencies;
};

// As PhraseScorer, of what was found already.
class FoundPhraseScorer final : public Scorer {
  public:
    FoundPhraseScorer(std::shared_ptr<const PhraseHits> hits, float weight, const Norms& norms,
                      const LengthColumn* lengths)
        : hits_(std::move(hits)), weight_(weight), norms_(norms), lengths_(lengths) {}

    uint32_t Next() override { return Advance(doc_ + 1); }
    uint32_t Advance(uint32_t target) override {
        if (threshold_ > 0 && weight_ <= threshold_) return doc_ = kEnd;
        const auto& docs = hits_->docs;
        const auto found =
            std::lower_bound(docs.begin() + static_cast<ptrdiff_t>(at_), docs.end(), target);
        at_ = static_cast<size_t>(found - docs.begin());
        return doc_ = found == docs.end() ? kEnd : *found;
    }
    float Score() override {
        const uint32_t length = lengths_ == nullptr ? 1 : (*lengths_)[doc_];
        return Bm25(weight_, hits_->frequencies[at_], norms_(length));
    }
    uint64_t Cost() const override { return hits_->docs.size(); }
    float MaxScore() const override { return weight_; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    const std::shared_ptr<const PhraseHits> hits_;
    const float weight_;
    const Norms& norms_;
    const LengthColumn* const lengths_;
    size_t at_ = 0;
    float threshold_ = 0;
};

}  // namespace blasty::index::internal
