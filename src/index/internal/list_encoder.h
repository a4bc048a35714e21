// Encodes the list of one term: documents, occurrences, positions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/internal/bitpack.h"
#include "index/internal/format.h"

namespace blasty::index::internal {

// What the dictionary says of a term.
struct TermMeta {
    uint32_t documents = 0;
    // To be added to `documents` for the number of living ones: what later deletions of documents
    // in earlier segments took away (negative), or what a merge dropped already (positive).
    int64_t correction = 0;
    uint64_t occurrences = 0;  // in all documents
    uint64_t offset = 0;       // of the list in the section
    uint32_t list_bytes = 0;
    uint32_t position_bytes = 0;  // right behind the list
    uint32_t doc = 0;             // when documents == 1: there is no list then
    uint32_t position = 0;        // when occurrences == 1 and the field has positions
};

// Tokens of each document of a field; empty: one each.
using Lengths = std::span<const uint32_t>;

// Reused for one term after another.
class ListEncoder {
  public:
    // `lengths` must stay while it is used.
    ListEncoder(bool positions, Lengths lengths) : with_positions_(positions), lengths_(lengths) {}

    // Documents in rising order. `positions` rises, one for each occurrence; ignored (may be null)
    // when the field has none.
    void Add(uint32_t doc, uint32_t occurrences, const uint32_t* positions);
    // The list's bytes (valid until the next Add) and what the dictionary says, without `offset`
    // and `correction`. Begins the next term.
    std::string_view Finish(TermMeta* meta);

  private:
    void FlushBlock(size_t count);
    void FlushPositions();
    void BestOf(uint32_t doc, uint32_t occurrences, Impact* impact) const;

    const bool with_positions_;
    const Lengths lengths_;
    std::array<uint32_t, kBlock> docs_{};
    std::array<uint32_t, kBlock> counts_{};  // occurrences - 1
    std::array<uint32_t, kBlock> positions_{};
    size_t buffered_ = 0, buffered_positions_ = 0;
    uint32_t documents_ = 0, first_doc_ = 0, first_position_ = 0;
    uint32_t last_flushed_ = 0;  // last document of the block before
    uint64_t occurrences_ = 0;
    Impact block_impact_, list_impact_;
    SkipEntry pending_;  // of the block being filled
    std::vector<SkipEntry> skips_;
    std::string blocks_, position_blocks_, out_;
};

}  // namespace blasty::index::internal
