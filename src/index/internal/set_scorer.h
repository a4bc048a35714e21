// Scorers made of sets, and combinations that need no bounds of their own.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "index/internal/doc_set.h"
#include "index/internal/scorer.h"
#include "index/internal/set_cache.h"

namespace blasty::index::internal {

// The documents of a set, all with the same score.
class SetScorer final : public Scorer {
  public:
    SetScorer(DocSetPtr set, float score) : set_(std::move(set)), score_(score) {
        count_ = set_->Count();
    }
    uint32_t Next() override { return Advance(doc_ + 1); }
    uint32_t Advance(uint32_t target) override {
        if (threshold_ > 0 && score_ <= threshold_) return doc_ = kEnd;
        return doc_ = set_->Next(target);
    }
    float Score() override { return score_; }
    uint64_t Cost() const override { return count_; }
    float MaxScore() const override { return score_; }
    void SetThreshold(float score) override { threshold_ = score; }

  private:
    const DocSetPtr set_;
    const float score_;
    uint32_t count_ = 0;
    float threshold_ = 0;
};

// Those of a scorer that are not in a set.
class ExcludingScorer final : public Scorer {
  public:
    ExcludingScorer(ScorerPtr inner, DocSet without)
        : inner_(std::move(inner)), without_(std::move(without)) {}
    uint32_t Next() override { return Skip(inner_->Next()); }
    uint32_t Advance(uint32_t target) override { return Skip(inner_->Advance(target)); }
    float Score() override { return inner_->Score(); }
    uint64_t Cost() const override { return inner_->Cost(); }
    float MaxScore() const override { return inner_->MaxScore(); }
    uint32_t BlockEnd(uint32_t target) override { return inner_->BlockEnd(target); }
    float BlockMax() const override { return inner_->BlockMax(); }
    void SetThreshold(float score) override { inner_->SetThreshold(score); }

  private:
    uint32_t Skip(uint32_t doc) {
        while (doc != kEnd && without_.Has(doc)) doc = inner_->Next();
        return doc_ = doc;
    }
    const ScorerPtr inner_;
    const DocSet without_;
};

// All of `required`; those that `optional` matches too score more.
class BonusScorer final : public Scorer {
  public:
    BonusScorer(ScorerPtr required, ScorerPtr optional)
        : required_(std::move(required)), optional_(std::move(optional)) {}
    uint32_t Next() override { return doc_ = required_->Next(); }
    uint32_t Advance(uint32_t target) override { return doc_ = required_->Advance(target); }
    float Score() override {
        if (!begun_ || (optional_->doc() != kEnd && optional_->doc() < doc_)) {
            optional_->Advance(doc_);
            begun_ = true;
        }
        return required_->Score() + (optional_->doc() == doc_ ? optional_->Score() : 0);
    }
    uint64_t Cost() const override { return required_->Cost(); }
    float MaxScore() const override {
        return (required_->MaxScore() + optional_->MaxScore()) * kBoundSlack;
    }
    uint32_t BlockEnd(uint32_t target) override {
        const uint32_t end = std::min(required_->BlockEnd(target), optional_->BlockEnd(target));
        block_max_ = (required_->BlockMax() + optional_->BlockMax()) * kBoundSlack;
        return end;
    }
    float BlockMax() const override { return block_max_; }
    void SetThreshold(float score) override {
        // What the bonus cannot lift over the threshold is of no interest.
        const float rest = score - optional_->MaxScore() * kBoundSlack;
        if (rest > 0) required_->SetThreshold(rest);
    }

  private:
    const ScorerPtr required_, optional_;
    float block_max_ = 0;
    bool begun_ = false;
};

// Nothing.
class NoneScorer final : public Scorer {
  public:
    uint32_t Next() override { return kEnd; }
    uint32_t Advance(uint32_t /*target*/) override { return kEnd; }
    float Score() override { return 0; }
    uint64_t Cost() const override { return 0; }
    float MaxScore() const override { return 0; }
};

}  // namespace blasty::index::internal
