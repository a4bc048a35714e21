#include "index/internal/term_scorer.h"

namespace blasty::index::internal {

uint32_t TermScorer::BlockEnd(uint32_t target) {
    if (!postings_.HasImpacts()) {
        block_max_ = max_score_;
        return kEnd;
    }
    const uint32_t last = postings_.ShallowAdvance(target);
    block_max_ =
        last == kEnd ? 0 : weight_ * norms_.Bound(postings_.shallow_impact()) * kBoundSlack;
    return last;
}

uint32_t TermScorer::Advance(uint32_t target) {
    if (threshold_ > 0) {
        for (;;) {
            const uint32_t last = BlockEnd(target);
            if (last == kEnd) return doc_ = kEnd;
            if (block_max_ > threshold_) break;
            target = last + 1;
        }
    }
    return doc_ = postings_.Advance(target);
}

}  // namespace blasty::index::internal
