// How far words are from one word.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace blasty::index::internal {

// The edit distance (optimal string alignment) of one word to many others, of which each mostly
// begins like the one before: a row of the table is kept for each character, and of a row only the
// places that can lie within `most`.
class EditTable {
  public:
    // `beginnings`: what begins with something near is wanted too. REQUIRES: most <= 8.
    EditTable(std::string_view word, uint32_t most, bool beginnings)
        : most_(most), over_(static_cast<uint8_t>(most + 1)), beginnings_(beginnings) {
        for (size_t at = 0; at < word.size();) word_.push_back(Take(word, &at));
        Row first{.best = 0, .distance = Capped(word_.size())};
        first.nearest = first.distance;
        rows_.push_back(first);
        for (size_t i = 0; i <= word_.size(); ++i) cells_.push_back(Capped(i));
    }

    // True when the term may be within `most`; false: nothing that begins with its first dead()
    // bytes is.
    bool Set(std::string_view term) {
        const size_t most = std::min(term.size(), term_.size());
        size_t shared = 0;
        while (shared < most && term[shared] == term_[shared]) ++shared;
        while (rows_[depth_].end > shared) --depth_;
        term_.assign(term);
        while (rows_[depth_].end < term.size()) {
            if (IsOver(depth_)) return beginnings_ && rows_[depth_].nearest <= most_;
            size_t end = rows_[depth_].end;
            const uint32_t character = Take(term, &end);
            Add(character, end);
        }
        return !IsOver(depth_) || (beginnings_ && rows_[depth_].nearest <= most_);
    }
    size_t dead() const { return rows_[depth_].end; }
    // Of the whole term, more than `most` when it is further: after Set returned true.
    uint32_t distance() const { return rows_[depth_].distance; }
    // Of the beginning that is nearest.
    uint32_t nearest() const { return rows_[depth_].nearest; }

  private:
    struct Row {
        uint32_t character = 0;
        uint8_t best = 0;      // of the row
        uint8_t distance = 0;  // of what was read to the whole word
        uint8_t nearest = 0;   // the least of these so far
        size_t end = 0;        // in the term
    };

    uint8_t Capped(size_t distance) const {
        return static_cast<uint8_t>(std::min<size_t>(distance, over_));
    }
    // The bytes of a character as a number; a broken byte is one.
    static uint32_t Take(std::string_view text, size_t* at) {
        const auto first = static_cast<unsigned char>(text[*at]);
        size_t bytes = first < 0x80 ? 1 : std::max<size_t>(Utf8Length(text.substr(*at)), 1);
        uint32_t character = 0;
        for (; bytes > 0; --bytes)
            character = character << 8 | static_cast<unsigned char>(text[(*at)++]);
        return character;
    }
    // No longer term can come nearer. A swap reaches from the row before.
    bool IsOver(size_t depth) const {
        if (depth == 0) return false;
        if (beginnings_ && rows_[depth].nearest == 0) return true;
        return rows_[depth].best > most_ && rows_[depth - 1].best >= most_;
    }

    void Add(uint32_t character, size_t end) {
        const size_t width = word_.size() + 1;
        const size_t depth = ++depth_;
        if (rows_.size() == depth) {
            rows_.emplace_back();
            cells_.resize(cells_.size() + width);
        }
        const uint8_t* const last = &cells_[(depth - 1) * width];
        uint8_t* const next = &cells_[depth * width];
        const size_t low = std::max<size_t>(depth > most_ ? depth - most_ : 1, 1);
        const size_t high = std::min(word_.size(), depth + most_);
        Row& row = rows_[depth];
        row = {.character = character, .best = over_, .distance = over_, .nearest = 0, .end = end};
        if (low <= high) {
            next[low - 1] = low == 1 ? Capped(depth) : over_;
            row.best = next[low - 1];
            const uint8_t* const swapped = depth > 1 ? &cells_[(depth - 2) * width] : nullptr;
            const uint32_t before = rows_[depth - 1].character;
            for (size_t i = low; i <= high; ++i) {
                auto cost = static_cast<uint8_t>(std::min(last[i], next[i - 1]) + 1);
                cost = std::min<uint8_t>(
                    cost, static_cast<uint8_t>(last[i - 1] + (word_[i - 1] == character ? 0 : 1)));
                if (swapped != nullptr && i > 1 && word_[i - 1] == before &&
                    word_[i - 2] == character)
                    cost = std::min<uint8_t>(cost, static_cast<uint8_t>(swapped[i - 2] + 1));
                next[i] = std::min(cost, over_);
                row.best = std::min(row.best, next[i]);
            }
            if (high < word_.size())
                next[high + 1] = over_;
            else
                row.distance = next[high];
        } else if (word_.empty()) {
            next[0] = Capped(depth);
            row.best = row.distance = next[0];
        }
        row.nearest = std::min(rows_[depth - 1].nearest, row.distance);
    }

    const uint32_t most_;
    const uint8_t over_;  // stands for all that is further than most_
    const bool beginnings_;
    std::vector<uint32_t> word_;
    std::string term_;
    size_t depth_ = 0;
    std::vector<Row> rows_;       // one for each character of term_, behind that of none
    std::vector<uint8_t> cells_;  // of each row: distance to the first i characters of word_
};

}  // namespace blasty::index::internal
