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
    for (Postings& list : lists_) {
        if (list.doc() == doc_) list.Positions(&raw_);
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
    positions_.resize(places_.size());
    at_.resize(places_.size());
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
    for (size_t i = 0; i < places_.size(); ++i) {
        positions_[i] = &places_[i].ReadPositions();
        at_[i] = 0;
        if (positions_[i]->empty()) return 0;
    }
    return options_.slop == 0 ? FrequencyExact() : FrequencyNear();
}

float PhraseScorer::FrequencyExact() {
    float found = 0;
    for (const int64_t position : *positions_[0]) {
        bool all = true;
        for (size_t i = 1; i < positions_.size() && all; ++i) {
            const std::vector<int64_t>& others = *positions_[i];
            while (at_[i] < others.size() && others[at_[i]] < position) ++at_[i];
            if (at_[i] == others.size()) return found;
            all = others[at_[i]] == position;
        }
        found += all ? 1 : 0;
    }
    return found;
}

float PhraseScorer::FrequencyNear() {
    float found = 0;
    for (;;) {
        int64_t low = INT64_MAX, high = INT64_MIN;
        for (size_t i = 0; i < positions_.size(); ++i) {
            const int64_t position = (*positions_[i])[at_[i]];
            low = std::min(low, position);
            high = std::max(high, position);
        }
        const auto moved = static_cast<uint64_t>(high - low);
        if (moved <= options_.slop && WordsDiffer()) found += 1 / (1 + static_cast<float>(moved));
        for (size_t i = 0; i < positions_.size(); ++i) {
            if ((*positions_[i])[at_[i]] == low && ++at_[i] == positions_[i]->size()) return found;
        }
    }
}

bool PhraseScorer::WordsDiffer() const {
    for (size_t i = 0; i < places_.size(); ++i) {
        for (size_t j = i + 1; j < places_.size(); ++j) {
            if ((*positions_[i])[at_[i]] + places_[i].position() ==
                (*positions_[j])[at_[j]] + places_[j].position())
                return false;
        }
    }
    return true;
}

}  // namespace blasty::index::internal
