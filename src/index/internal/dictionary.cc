#include "index/internal/dictionary.h"

#include <algorithm>

#include "base/bytes.h"
#include "index/internal/dictionary_writer.h"
#include "index/limits.h"

namespace blasty::index::internal {
namespace {

int64_t UnZigZag(uint64_t value) {
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// Reads what PutMeta wrote; the list begins at `offset`.
bool ReadMeta(ByteReader& in, uint64_t offset, TermMeta* meta) {
    *meta = TermMeta();
    const uint64_t head = in.Varint();
    if (head >> 1 > kDocsPerSegmentMax) return false;
    meta->documents = static_cast<uint32_t>(head >> 1);
    if ((head & 1) != 0) meta->correction = UnZigZag(in.Varint());
    meta->offset = offset;
    if (meta->documents == 0) return in.ok();
    meta->occurrences = in.Varint() + meta->documents;
    if (meta->occurrences > kTokensPerSegmentMax) return false;
    if (meta->documents == 1) {
        meta->doc = static_cast<uint32_t>(in.Varint());
        if (meta->occurrences == 1) {
            meta->position = static_cast<uint32_t>(in.Varint());
            return in.ok();
        }
    } else {
        meta->list_bytes = static_cast<uint32_t>(in.Varint());
    }
    meta->position_bytes = static_cast<uint32_t>(in.Varint());
    return in.ok();
}

}  // namespace

Dictionary::Dictionary(std::string_view terms, std::string_view index, uint32_t count)
    : terms_(terms), index_(index), count_(count) {
    blocks_ = (count + kTermsPerBlock - 1) / kTermsPerBlock;
    if (index.size() != blocks_ * 12) count_ = 0, blocks_ = 0;
}

uint64_t Dictionary::Prefix(size_t block) const { return GetFixed<uint64_t>(&index_[block * 8]); }

std::string_view Dictionary::Block(size_t block) const {
    const char* places = index_.data() + blocks_ * 8;
    const uint32_t start = GetFixed<uint32_t>(places + block * 4);
    const size_t end =
        block + 1 < blocks_ ? GetFixed<uint32_t>(places + (block + 1) * 4) : terms_.size();
    if (start > end || end > terms_.size()) return {};
    return terms_.substr(start, end - start);
}

std::string_view Dictionary::FirstTerm(size_t block) const {
    ByteReader in(Block(block));
    in.Varint();
    ByteReader terms(in.Sized());
    return terms.Sized();
}

size_t Dictionary::BlockOf(std::string_view term) const {
    const uint64_t prefix = TermPrefix(term);
    size_t low = 0, high = blocks_;  // the first block behind `term` is in [low, high]
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const uint64_t other = Prefix(middle);
        const bool behind = other > prefix || (other == prefix && FirstTerm(middle) > term);
        if (behind) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low == 0 ? 0 : low - 1;
}

bool Dictionary::Find(std::string_view term, TermMeta* meta) const {
    TermCursor cursor(*this);
    return cursor.Seek(term) && cursor.term() == term && cursor.Meta(meta);
}

uint32_t Dictionary::OrdinalOf(std::string_view term) const {
    TermCursor cursor(*this);
    return cursor.Seek(term) ? cursor.ordinal() : count_;
}

bool TermCursor::LoadBlock(size_t block) {
    if (block >= dictionary_.blocks()) return false;
    block_ = block;
    in_block_ = 0;
    decoded_ = false;
    block_terms_ = std::min<size_t>(kTermsPerBlock, dictionary_.count() - block * kTermsPerBlock);
    ByteReader in(dictionary_.Block(block));
    lists_ = in.Varint();
    rest_ = in.Sized();
    metas_ = in.rest();
    term_.clear();
    return in.ok() && NextInBlock();
}

bool TermCursor::NextInBlock() {
    ByteReader in(rest_);
    shared_ = in_block_ == 0 ? 0 : in.Varint();
    const std::string_view rest = in.Sized();
    if (!in.ok() || shared_ > term_.size() || shared_ + rest.size() > kTermBytesMax) return false;
    term_.resize(shared_);
    term_ += rest;
    rest_ = in.rest();
    ordinal_ = static_cast<uint32_t>(block_ * kTermsPerBlock + in_block_);
    ++in_block_;
    return true;
}

bool TermCursor::Seek(std::string_view term) {
    if (!LoadBlock(dictionary_.BlockOf(term))) return false;
    while (term_ < term) {
        if (!Next()) return false;
    }
    return true;
}

bool TermCursor::SeekOrdinal(uint32_t ordinal) {
    if (ordinal >= dictionary_.count() || !LoadBlock(ordinal / kTermsPerBlock)) return false;
    while (ordinal_ < ordinal) {
        if (!NextInBlock()) return false;
    }
    return true;
}

bool TermCursor::Next() { return in_block_ < block_terms_ ? NextInBlock() : LoadBlock(block_ + 1); }

void TermCursor::DecodeMetas() {
    decoded_ = true;
    decoded_good_ = 0;
    ByteReader in(metas_);
    uint64_t offset = lists_;
    for (size_t i = 0; i < block_terms_; ++i) {
        if (!ReadMeta(in, offset, &meta_[i])) return;
        offset += uint64_t{meta_[i].list_bytes} + meta_[i].position_bytes;
        ++decoded_good_;
    }
}

bool TermCursor::Meta(TermMeta* meta) {
    if (!decoded_) DecodeMetas();
    if (in_block_ > decoded_good_) return false;
    *meta = meta_[in_block_ - 1];
    return true;
}

}  // namespace blasty::index::internal
