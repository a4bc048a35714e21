// Reads the dictionary of one field.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "index/internal/format.h"
#include "index/internal/list_encoder.h"

namespace blasty::index::internal {

// Views of the sections; what they view must outlive it. Safe on any bytes: what cannot be read
// ends the terms.
class Dictionary {
  public:
    Dictionary() = default;
    Dictionary(std::string_view terms, std::string_view index, uint32_t count);

    uint32_t count() const { return count_; }
    // False when there is no such term.
    bool Find(std::string_view term, TermMeta* meta) const;
    // How many terms are before `term`.
    uint32_t OrdinalOf(std::string_view term) const;

  private:
    friend class TermCursor;

    size_t blocks() const { return blocks_; }
    // The block that would hold `term`: the last one that does not begin behind it.
    size_t BlockOf(std::string_view term) const;
    std::string_view Block(size_t block) const;
    std::string_view FirstTerm(size_t block) const;
    uint64_t Prefix(size_t block) const;

    std::string_view terms_, index_;
    uint32_t count_ = 0;
    size_t blocks_ = 0;
};

// Walks over the terms of a dictionary in byte order.
class TermCursor {
  public:
    explicit TermCursor(const Dictionary& dictionary) : dictionary_(dictionary) {}

    // To the first term >= `term`. False: there is none.
    bool Seek(std::string_view term);
    bool SeekOrdinal(uint32_t ordinal);
    bool First() { return SeekOrdinal(0); }
    bool Next();

    // REQUIRES of all: the last move returned true.
    std::string_view term() const { return term_; }
    uint32_t ordinal() const { return ordinal_; }
    // Bytes that the term shares with the one before it in its block; 0 for the first of a block.
    size_t shared() const { return shared_; }
    // False when the bytes make no sense.
    bool Meta(TermMeta* meta);
    // Calls visit(const TermMeta&) for the terms [begin, end), which need not be read themselves:
    // that is quicker than going from one to the next. The cursor stands nowhere afterwards. False:
    // the bytes make no sense.
    template <typename Visit>
    bool ForEachMeta(uint32_t begin, uint32_t end, const Visit& visit) {
        while (begin < end) {
            if (!LoadBlock(begin / kTermsPerBlock)) return false;
            DecodeMetas();
            const size_t first = begin % kTermsPerBlock;
            const size_t count = std::min<size_t>(block_terms_ - first, end - begin);
            if (first + count > decoded_good_) return false;
            for (size_t i = 0; i < count; ++i) visit(meta_[first + i]);
            begin += static_cast<uint32_t>(count);
        }
        return true;
    }

  private:
    bool LoadBlock(size_t block);
    bool NextInBlock();
    void DecodeMetas();

    const Dictionary& dictionary_;
    size_t block_ = 0;
    size_t in_block_ = 0;     // terms read of the block
    size_t block_terms_ = 0;  // terms of the block
    std::string_view rest_;   // of the block's terms
    std::string_view metas_;
    uint64_t lists_ = 0;
    bool decoded_ = false;
    size_t decoded_good_ = 0;
    std::array<TermMeta, kTermsPerBlock> meta_;
    std::string term_;
    uint32_t ordinal_ = 0;
    size_t shared_ = 0;
};

}  // namespace blasty::index::internal
