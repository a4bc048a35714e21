#include "index/internal/phrase_scorer.h"

#include <algorithm>
#include <utility>

namespace blasty::index::internal {

uint32_t PhrasePlace::Advance(uint32_t target) {
    if (begun_ && doc_ >= target) return doc_;
    begun_ = true;
    doc_ = kEnd;
    for (Postings& list : lists_) doc_ = std::min(doc_, list.Advance(target));
    return doc_;
}

const std::vector<int64_t>& PhrasePlace::ReadPositions() {
    raw_.clear();
    if (!with_positions_) raw_.push_back(0);
    for (Postings& list : lists_) {
        if (with_positions_ && list.doc() == doc_) list.Positions(&raw_);
    }
    positions_.assign(raw_.begin(), raw_.end());
    for (int64_t& position : positions_) position -= position_;
    if (lists_.size() > 1) {
        std::sort(positions_.begin(), positions_.end());
        positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
    }
    return positions_;
}

uint64_t PhrasePlace::Cost() const {
    uint64_t cost = 0;
    for (const Postings& list : lists_) cost += list.documents();
    return cost;
}

PhraseScorer::PhraseScorer(std::vector<PhrasePlace> places, Options options, const Norms& norms,
                           const LengthColumn* lengths)
    : places_(std::move(places)), options_(options), norms_(norms), lengths_(lengths) {
    std::stable_sort(
        places_.begin(), places_.end(),
        [](const PhrasePlace& a, const PhrasePlace& b) { return a.Cost() < b.Cost(); });
    cost_ = places_[0].Cost();
}

uint32_t PhraseScorer::Advance(uint32_t target) {
    if (threshold_ > 0 && options_.weight <= threshold_) return doc_ = kEnd;
    for (;;) {
        uint32_t doc = places_[0].Advance(target);
        for (size_t i = 1; i < places_.size(); ++i) {
            const uint32_t other = places_[i].Advance(doc);
            if (other == doc) continue;
            if (other == kEnd) return doc_ = kEnd;
            doc = places_[0].Advance(other);
            i = 0;
        }
        if (doc == kEnd) return doc_ = kEnd;
        frequency_ = Frequency();
        if (frequency_ > 0) return doc_ = doc;
        target = doc + 1;
    }
}

float PhraseScorer::Score() {
    const uint32_t length = lengths_ == nullptr ? 1 : (*lengths_)[doc_];
    return Bm25(options_.weight, frequency_, norms_(length));
}

float PhraseScorer::Frequency() {
    match_.Clear();
    for (PhrasePlace& place : places_) match_.Add(&place.ReadPositions(), place.position());
    return match_.Frequency(options_.slop);
}

}  // namespace blasty::index::internal
