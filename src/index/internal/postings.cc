#include "index/internal/postings.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace blasty::index::internal {

void Postings::Clear() {
    doc_ = kEnd;
    in_block_ = block_docs_ = 0;
    next_block_ = blocks_;
}

void Postings::SetDamaged() {
    damaged_ = true;
    if (owner_ != nullptr) owner_->SetDamaged();
}

uint32_t Postings::Fail() {
    SetDamaged();
    Clear();
    return kEnd;
}

Postings::Postings(const TermMeta& meta, std::string_view list, uint32_t documents,
                   const SegmentBytes* owner)
    : owner_(owner),
      documents_(meta.documents),
      documents_limit_(documents),
      occurrences_(meta.occurrences) {
    if (documents_ == 0) return;
    if (documents_ > documents || list.size() < uint64_t{meta.list_bytes} + meta.position_bytes) {
        SetDamaged();
        return;
    }
    position_bytes_ = list.substr(meta.list_bytes, meta.position_bytes);
    blocks_ = (documents_ + kBlock - 1) / kBlock;
    if (documents_ == 1) {
        if (meta.doc >= documents) {
            Fail();
            return;
        }
        // Stands before it like in any other block.
        docs_[0] = meta.doc;
        counts_[0] = static_cast<uint32_t>(meta.occurrences - 1);
        single_position_ = meta.position;
        single_position_known_ = meta.occurrences == 1;
        return;
    }
    bytes_ = list.substr(0, meta.list_bytes);
    if (blocks_ == 1) return;
    const size_t header = 4 + blocks_ * sizeof(SkipEntry);
    if (bytes_.size() < header) {
        Fail();
        return;
    }
    list_impact_ = GetFixed<uint32_t>(bytes_.data());
    skips_ = bytes_.substr(4, header - 4);
    bytes_ = bytes_.substr(header);
}

SkipEntry Postings::Skip(size_t block) const {
    return GetFixed<SkipEntry>(&skips_[block * sizeof(SkipEntry)]);
}

uint32_t Postings::LoadBlock(size_t block) {
    in_block_ = 0;
    block_number_ = block;
    next_block_ = block + 1;
    if (documents_ == 1) {
        block_docs_ = 1;
        counts_read_ = true;
        return doc_ = docs_[0];
    }
    const size_t count = std::min<size_t>(kBlock, documents_ - block * kBlock);
    const uint32_t offset = blocks_ == 1 ? 0 : Skip(block).offset;
    uint32_t before = block == 0 ? 0 : Skip(block - 1).last_doc;
    if (offset > bytes_.size() || bytes_.size() - offset < 2) return Fail();
    const auto doc_bits = static_cast<unsigned char>(bytes_[offset]);
    count_bits_ = static_cast<unsigned char>(bytes_[offset + 1]);
    if (doc_bits > 32 || count_bits_ > 32) return Fail();
    const size_t docs_bytes = PackedBytes(count, doc_bits);
    if (bytes_.size() - offset - 2 < docs_bytes + PackedBytes(count, count_bits_)) return Fail();
    Unpack(&bytes_[offset] + 2, count, doc_bits, docs_.data());
    counts_at_ = &bytes_[offset] + 2 + docs_bytes;
    counts_read_ = false;
    uint32_t most = 0;
    for (size_t i = 0; i < count; ++i) {
        most |= docs_[i];
        before += docs_[i];
        docs_[i] = before;
    }
    if (before >= documents_limit_) return Fail();
    // Only with large differences can the sum have wrapped around.
    if (most >= 1u << 25 && !std::is_sorted(docs_.begin(), docs_.begin() + count)) return Fail();
    block_docs_ = count;
    return doc_ = docs_[0];
}

uint32_t Postings::NextBlock() {
    if (next_block_ < blocks_) return LoadBlock(next_block_);
    Clear();
    return kEnd;
}

uint32_t Postings::Advance(uint32_t target) {
    if (block_docs_ > 0 && doc_ >= target) return doc_;
    if (block_docs_ == 0 || docs_[block_docs_ - 1] < target) {
        size_t block = next_block_;
        if (blocks_ > 1) {
            // Most steps are short: look further in doubling steps, then search between.
            size_t step = 1, high = block;
            while (high < blocks_ && Skip(high).last_doc < target) {
                block = high + 1;
                high += step;
                step *= 2;
            }
            high = std::min(high, blocks_);
            while (block < high) {
                const size_t middle = (block + high) / 2;
                if (Skip(middle).last_doc < target) {
                    block = middle + 1;
                } else {
                    high = middle;
                }
            }
        }
        if (block >= blocks_) {
            Clear();
            return kEnd;
        }
        if (LoadBlock(block) >= target) return doc_;
    }
    const auto begin = docs_.begin() + in_block_;
    const auto end = docs_.begin() + block_docs_;
    const auto at = std::lower_bound(begin, end, target);
    if (at == end) return blocks_ > 1 ? Fail() : NextBlock();
    in_block_ = static_cast<size_t>(at - docs_.begin());
    return doc_ = *at;
}

uint32_t Postings::ShallowAdvance(uint32_t target) {
    shallow_ = std::max(shallow_, block_docs_ > 0 ? block_number_ : size_t{0});
    while (shallow_ < blocks_ && Skip(shallow_).last_doc < target) ++shallow_;
    return shallow_ < blocks_ ? Skip(shallow_).last_doc : kEnd;
}

void Postings::ReadCounts() {
    Unpack(counts_at_, block_docs_, count_bits_, counts_.data());
    counts_read_ = true;
}

bool Postings::FindPositions() {
    if (!counts_read_) ReadCounts();
    auto& at = positions_;
    if (at.block_number != block_number_ || at.in_block > in_block_) {
        at.block_number = block_number_;
        at.in_block = 0;
        at.offset = 0;
        at.before = 0;
        if (blocks_ > 1) {
            const SkipEntry skip = Skip(block_number_);
            at.offset = skip.position_offset;
            at.before = skip.position_in;
        }
    }
    for (; at.in_block < in_block_; ++at.in_block) at.before += uint64_t{counts_[at.in_block]} + 1;
    // Whole blocks that are passed over need only their first byte.
    while (at.before >= kBlock) {
        if (at.offset >= position_bytes_.size()) return false;
        const auto bits = static_cast<unsigned char>(position_bytes_[at.offset]);
        if (bits > 32) return false;
        at.offset += 1 + bits * 16;
        at.before -= kBlock;
    }
    return true;
}

bool Postings::LoadPositions() {
    auto& at = positions_;
    if (at.decoded == at.offset) return true;
    at.decoded = ~0u;
    if (at.offset >= position_bytes_.size()) return false;
    const std::string_view rest = position_bytes_.substr(at.offset);
    const auto bits = static_cast<unsigned char>(rest[0]);
    // Behind a whole block there is something, unless all of them are whole.
    const size_t tail = occurrences_ % kBlock;
    const size_t count = tail == 0 || rest.size() > 1 + size_t{bits} * 16 ? kBlock : tail;
    if (bits > 32 || rest.size() - 1 < PackedBytes(count, bits)) return false;
    Unpack(rest.data() + 1, count, bits, position_steps_.data());
    at.decoded = at.offset;
    at.count = count;
    at.bytes = 1 + PackedBytes(count, bits);
    return true;
}

void Postings::Positions(std::vector<uint32_t>* out) {
    if (single_position_known_) {
        out->push_back(single_position_);
        return;
    }
    if (!FindPositions()) {
        SetDamaged();
        return;
    }
    // Reading ends in a later block, perhaps, but the next document is found from here.
    const uint32_t begin = positions_.offset;
    size_t in = positions_.before;
    uint32_t position = 0;
    for (uint64_t left = occurrences(); left > 0; in = 0) {
        if (!LoadPositions() || in >= positions_.count) {
            SetDamaged();
            break;
        }
        for (; in < positions_.count && left > 0; ++in, --left)
            out->push_back(position += position_steps_[in]);
        if (left > 0) positions_.offset += static_cast<uint32_t>(positions_.bytes);
    }
    positions_.offset = begin;
}

}  // namespace blasty::index::internal
