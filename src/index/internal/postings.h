// Reads the list of one term: documents in rising order, occurrences, positions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "index/internal/bitpack.h"
#include "index/internal/format.h"
#include "index/internal/list_encoder.h"
#include "index/internal/segment_bytes.h"

namespace blasty::index::internal {

// What doc() says when there is nothing more.
inline constexpr uint32_t kEnd = 0xffffffffu;

// Safe on any bytes: what makes no sense ends the list and makes it damaged().
class Postings {
  public:
    Postings() { Clear(); }
    // `list`: its list_bytes and position_bytes, with kReadAhead readable bytes behind; must
    // outlive this. Documents are below `documents`. Stands before the first one. `owner`, if any,
    // is told of damage.
    Postings(const TermMeta& meta, std::string_view list, uint32_t documents,
             const SegmentBytes* owner);

    uint32_t doc() const { return doc_; }
    uint32_t Next() {
        if (++in_block_ < block_docs_) return doc_ = docs_[in_block_];
        return NextBlock();
    }
    // To the first document >= `target`; stays when it is there already.
    uint32_t Advance(uint32_t target);
    // REQUIRES of the following: doc() is a document.
    uint32_t occurrences() {
        if (!counts_read_) ReadCounts();
        return counts_[in_block_] + 1;
    }
    // Appends to `out`.
    void Positions(std::vector<uint32_t>* out);

    uint32_t documents() const { return documents_; }
    bool damaged() const { return damaged_; }

    // Blocks, for skipping those that cannot score enough. HasImpacts: there is more than one.
    bool HasImpacts() const { return blocks_ > 1; }
    Impact list_impact() const { return Impact::Unpack(list_impact_); }
    // The block that holds the first document >= `target`, without reading it; its last document
    // (kEnd behind the last block) and what it can score at most. `target` must not fall.
    uint32_t ShallowAdvance(uint32_t target);
    Impact shallow_impact() const { return Impact::Unpack(Skip(shallow_).impact); }

    // Whole blocks, for counting and scoring many: the documents from the current one on that are
    // decoded. After using all of them call NextBlock.
    const uint32_t* block() const { return &docs_[in_block_]; }
    size_t block_size() const { return block_docs_ - in_block_; }
    uint32_t NextBlock();

  private:
    void Clear();
    void SetDamaged();
    uint32_t Fail();
    SkipEntry Skip(size_t block) const;
    uint32_t LoadBlock(size_t block);
    void ReadCounts();
    // Moves `positions_` to where those of the current document begin.
    bool FindPositions();
    // Decodes the block of positions at positions_.offset, if it is not the decoded one already.
    // False: damaged.
    bool LoadPositions();

    const SegmentBytes* owner_ = nullptr;
    uint32_t doc_ = kEnd;
    size_t in_block_ = 0, block_docs_ = 0;
    bool counts_read_ = false;
    bool damaged_ = false;
    unsigned count_bits_ = 0;
    const char* counts_at_ = nullptr;
    size_t block_number_ = 0;  // of the decoded one; blocks_: none yet or the end
    size_t next_block_ = 0;
    size_t blocks_ = 0;
    size_t shallow_ = 0;
    uint32_t documents_ = 0;
    uint32_t documents_limit_ = 0;
    uint32_t list_impact_ = 0;
    uint64_t occurrences_ = 0;
    std::string_view skips_, bytes_, position_bytes_;
    uint32_t single_position_ = 0;
    bool single_position_known_ = false;
    // Where reading positions has come to; it goes on from there within a block of documents.
    struct {
        size_t in_block = 0;  // the document whose positions begin here
        size_t block_number = ~size_t{0};
        uint32_t offset = 0;          // of a block of positions, in bytes
        uint64_t before = 0;          // positions of that block that are passed over
        uint32_t decoded = ~0u;       // offset of the decoded block
        size_t count = 0, bytes = 0;  // of the decoded block
    } positions_;
    std::array<uint32_t, kBlock> docs_;
    std::array<uint32_t, kBlock> counts_;
    std::array<uint32_t, kBlock> position_steps_;
};

}  // namespace blasty::index::internal
