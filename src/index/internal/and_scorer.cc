#include "index/internal/and_scorer.h"

#include <algorithm>
#include <utility>

namespace blasty::index::internal {

AndScorer::AndScorer(std::vector<ScorerPtr> parts) : parts_(std::move(parts)) {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const ScorerPtr& a, const ScorerPtr& b) { return a->Cost() < b->Cost(); });
    for (const ScorerPtr& part : parts_) max_score_ += part->MaxScore();
    max_score_ *= kBoundSlack;
}

uint32_t AndScorer::BlockEnd(uint32_t target) {
    uint32_t end = kEnd;
    block_max_ = 0;
    for (const ScorerPtr& part : parts_) {
        end = std::min(end, part->BlockEnd(target));
        block_max_ += part->BlockMax();
    }
    block_max_ *= kBoundSlack;
    return end;
}

uint32_t AndScorer::Advance(uint32_t target) {
    Scorer& lead = *parts_[0];
    for (;;) {
        if (threshold_ > 0) {
            while (!block_known_ || target > block_end_) {
                block_end_ = BlockEnd(target);
                block_known_ = true;
                if (block_max_ > threshold_) break;
                if (block_end_ == kEnd) return doc_ = kEnd;
                target = block_end_ + 1;
            }
        }
        uint32_t doc = lead.doc();
        if (doc == kEnd || doc < target) doc = lead.Advance(target);
        if (doc == kEnd) return doc_ = kEnd;
        if (threshold_ > 0 && doc > block_end_) {
            target = doc;
            continue;
        }
        uint32_t other = doc;
        for (size_t i = 1; i < parts_.size() && other == doc; ++i) {
            other = parts_[i]->doc();
            if (other == kEnd || other < doc) other = parts_[i]->Advance(doc);
        }
        if (other == doc) return doc_ = doc;
        if (other == kEnd) return doc_ = kEnd;
        target = other;
    }
}

float AndScorer::Score() {
    float score = 0;
    for (const ScorerPtr& part : parts_) score += part->Score();
    return score;
}

}  // namespace blasty::index::internal
