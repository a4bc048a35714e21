#include "index/internal/or_scorer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace blasty::index::internal {

OrScorer::OrScorer(std::vector<ScorerPtr> parts, Options options) : options_(options) {
    for (ScorerPtr& part : parts) {
        cost_ += part->Cost();
        max_score_ = options_.best_of && options_.tie <= 0 ? std::max(max_score_, part->MaxScore())
                                                           : max_score_ + part->MaxScore();
        parts_.push_back({.scorer = std::move(part)});
    }
    max_score_ *= kBoundSlack;
    bits_.resize(kWindow / 64);
    scores_.resize(kWindow);
    if (options_.best_of) bests_.resize(kWindow);
    if (options_.min_match > 1) matches_.resize(kWindow);
}

uint32_t OrScorer::BlockEnd(uint32_t target) {
    uint32_t end = kEnd;
    float sum = 0, best = 0;
    for (const Part& part : parts_) {
        end = std::min(end, part.scorer->BlockEnd(target));
        sum += part.scorer->BlockMax();
        best = std::max(best, part.scorer->BlockMax());
    }
    block_max_ = (options_.best_of && options_.tie <= 0 ? best : sum) * kBoundSlack;
    return end;
}

void OrScorer::Split(uint32_t from) {
    window_end_ = from + kWindow < from ? kEnd : from + kWindow;
    others_ = 0;
    bounds_of_others_.clear();
    if (!CanPrune()) return;
    for (Part& part : parts_) {
        // Blocks change within the window: the bound is the best of all it touches.
        part.bound = 0;
        if (part.scorer->doc() == kEnd) continue;
        for (uint32_t at = from; at < window_end_;) {
            const uint32_t end = part.scorer->BlockEnd(at);
            part.bound = std::max(part.bound, part.scorer->BlockMax());
            if (end >= window_end_ - 1) break;
            at = end + 1;
        }
    }
    std::sort(parts_.begin(), parts_.end(),
              [](const Part& a, const Part& b) { return a.bound < b.bound; });
    float sum = 0;
    for (const Part& part : parts_) {
        sum += part.bound;
        if (sum * kBoundSlack > threshold_) break;
        bounds_of_others_.push_back(sum);
        ++others_;
    }
}

void OrScorer::Collect(Scorer& part) {
    for (uint32_t doc = part.doc(); doc < window_end_; doc = part.Next()) {
        const uint32_t at = doc - window_;
        bits_[at / 64] |= uint64_t{1} << (at % 64);
        const float score = part.Score();
        scores_[at] += score;
        if (options_.best_of) bests_[at] = std::max(bests_[at], score);
        if (options_.min_match > 1) ++matches_[at];
    }
}

bool OrScorer::Fill(uint32_t target) {
    for (;;) {
        // A part that has ended stays at the end; one not begun stands there too, before `begun_`.
        uint32_t first = begun_ ? kEnd : target;
        for (const Part& part : parts_) {
            if (begun_ && part.scorer->doc() != kEnd)
                first = std::min(first, std::max(part.scorer->doc(), target));
        }
        if (first == kEnd) return false;
        if (!begun_) {
            for (const Part& part : parts_) part.scorer->Advance(first);
            begun_ = true;
            continue;
        }
        window_ = first;
        Split(window_);
        if (others_ == parts_.size()) {
            // Nothing in this window can do it: the lists themselves need not be read.
            if (window_end_ == kEnd) return false;
            target = window_end_;
            bool any = false;
            for (const Part& part : parts_) {
                const uint32_t doc = part.scorer->doc();
                if (doc != kEnd && doc < target) part.scorer->Advance(target);
                any = any || part.scorer->doc() != kEnd;
            }
            if (!any) return false;
            continue;
        }
        uint32_t next = kEnd;
        for (size_t i = others_; i < parts_.size(); ++i) {
            uint32_t doc = parts_[i].scorer->doc();
            if (doc != kEnd && doc < window_) doc = parts_[i].scorer->Advance(window_);
            next = std::min(next, doc);
        }
        if (next >= window_end_) {
            target = window_end_;
            continue;
        }
        std::fill(bits_.begin(), bits_.end(), 0);
        std::fill(scores_.begin(), scores_.end(), 0.0F);
        std::fill(bests_.begin(), bests_.end(), 0.0F);
        std::fill(matches_.begin(), matches_.end(), uint16_t{0});
        for (size_t i = others_; i < parts_.size(); ++i) Collect(*parts_[i].scorer);
        return true;
    }
}

bool OrScorer::Complete(uint32_t doc, float* score) {
    for (size_t i = others_; i > 0; --i) {
        if ((*score + bounds_of_others_[i - 1]) * kBoundSlack <= threshold_) return false;
        Scorer& part = *parts_[i - 1].scorer;
        uint32_t at = part.doc();
        if (at != kEnd && at < doc) at = part.Advance(doc);
        if (at == doc) *score += part.Score();
    }
    return *score > threshold_;
}

uint32_t OrScorer::Advance(uint32_t target) {
    for (;;) {
        if (!begun_ || target >= window_end_ || window_end_ == 0) {
            if (!Fill(target)) return doc_ = kEnd;
        }
        target = std::max(target, window_);
        for (size_t word = (target - window_) / 64; word < bits_.size(); ++word) {
            uint64_t bits = bits_[word];
            const uint32_t base = window_ + static_cast<uint32_t>(word) * 64;
            if (target > base) bits &= ~uint64_t{0} << (target - base);
            for (; bits != 0; bits &= bits - 1) {
                const uint32_t doc = base + static_cast<uint32_t>(std::countr_zero(bits));
                const uint32_t at = doc - window_;
                if (options_.min_match > 1 && matches_[at] < options_.min_match) continue;
                score_ = scores_[at];
                if (options_.best_of)
                    score_ = bests_[at] + options_.tie * (scores_[at] - bests_[at]);
                if (CanPrune() && !Complete(doc, &score_)) continue;
                return doc_ = doc;
            }
        }
        if (window_end_ == kEnd) return doc_ = kEnd;
        target = window_end_;
    }
}

}  // namespace blasty::index::internal
