// Whether terms stand beside each other as a phrase wants it, in one document.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace blasty::index::internal {

// Used again for one document after another.
class PhraseMatch {
  public:
    // Of each place of the phrase, in any order: where its terms stand in the document less `place`
    // (rising), which is the place's own position.
    void Clear() { places_.clear(); }
    void Add(const std::vector<int64_t>* positions, uint32_t place) {
        places_.push_back({.positions = positions, .place = place});
    }
    // How often the phrase is in the document, what is moved counting less; 0: not at all.
    float Frequency(uint32_t slop) {
        for (const Place& place : places_) {
            if (place.positions->empty()) return 0;
        }
        if (places_.empty()) return 0;
        return slop == 0 ? Exact() : Near(slop);
    }

  private:
    struct Place {
        const std::vector<int64_t>* positions = nullptr;
        uint32_t place = 0;
        size_t at = 0;

        int64_t now() const { return (*positions)[at]; }
    };

    float Exact() {
        float found = 0;
        for (const int64_t position : *places_[0].positions) {
            bool all = true;
            for (size_t i = 1; i < places_.size() && all; ++i) {
                const std::vector<int64_t>& others = *places_[i].positions;
                size_t& at = places_[i].at;
                while (at < others.size() && others[at] < position) ++at;
                if (at == others.size()) return found;
                all = others[at] == position;
            }
            found += all ? 1 : 0;
        }
        return found;
    }

    float Near(uint32_t slop) {
        float found = 0;
        for (;;) {
            int64_t low = INT64_MAX, high = INT64_MIN;
            for (const Place& place : places_) {
                low = std::min(low, place.now());
                high = std::max(high, place.now());
            }
            const auto moved = static_cast<uint64_t>(high - low);
            if (moved <= slop && WordsDiffer()) found += 1 / (1 + static_cast<float>(moved));
            for (Place& place : places_) {
                if (place.now() == low && ++place.at == place.positions->size()) return found;
            }
        }
    }

    // No word of the text stands for two places.
    bool WordsDiffer() const {
        for (size_t i = 0; i < places_.size(); ++i) {
            for (size_t j = i + 1; j < places_.size(); ++j) {
                if (places_[i].now() + places_[i].place == places_[j].now() + places_[j].place)
                    return false;
            }
        }
        return true;
    }

    std::vector<Place> places_;
};

}  // namespace blasty::index::internal
