#include "index/internal/list_encoder.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace blasty::index::internal {
namespace {

constexpr Impact kNoImpact{.occurrences = 0, .ratio = kRatioMax};

}  // namespace

void ListEncoder::BestOf(uint32_t doc, uint32_t occurrences, Impact* impact) const {
    const uint64_t length = lengths_.empty() ? 1 : lengths_[doc];
    const uint64_t ratio = length * 16 / occurrences;
    impact->occurrences =
        std::max(impact->occurrences, static_cast<uint8_t>(std::min<uint32_t>(occurrences, 255)));
    impact->ratio = static_cast<uint32_t>(std::min<uint64_t>(impact->ratio, ratio));
}

void ListEncoder::Add(uint32_t doc, uint32_t occurrences, const uint32_t* positions) {
    BLASTY_CHECK(occurrences > 0);
    if (documents_ == 0) {
        first_doc_ = doc;
        block_impact_ = list_impact_ = kNoImpact;
    }
    if (buffered_ == 0) {
        pending_.position_offset = static_cast<uint32_t>(position_blocks_.size());
        pending_.position_in = static_cast<uint32_t>(buffered_positions_);
    }
    docs_[buffered_] = doc;
    counts_[buffered_] = occurrences - 1;
    ++buffered_;
    ++documents_;
    BestOf(doc, occurrences, &block_impact_);
    if (with_positions_) {
        if (occurrences_ == 0) first_position_ = positions[0];
        uint32_t before = 0;
        for (uint32_t i = 0; i < occurrences; ++i) {
            positions_[buffered_positions_++] = positions[i] - before;
            before = positions[i];
            if (buffered_positions_ == kBlock) FlushPositions();
        }
    }
    occurrences_ += occurrences;
    if (buffered_ == kBlock) FlushBlock(kBlock);
}

void ListEncoder::FlushPositions() {
    const unsigned bits = BitsFor(positions_.data(), buffered_positions_);
    position_blocks_.push_back(static_cast<char>(bits));
    Pack(positions_.data(), buffered_positions_, bits, &position_blocks_);
    buffered_positions_ = 0;
}

void ListEncoder::FlushBlock(size_t count) {
    const uint32_t last = docs_[count - 1];
    uint32_t before = last_flushed_;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t doc = docs_[i];
        docs_[i] = doc - before;
        before = doc;
    }
    pending_.last_doc = last;
    pending_.offset = static_cast<uint32_t>(blocks_.size());
    pending_.impact = block_impact_.Pack();
    skips_.push_back(pending_);
    list_impact_.occurrences = std::max(list_impact_.occurrences, block_impact_.occurrences);
    list_impact_.ratio = std::min(list_impact_.ratio, block_impact_.ratio);
    const unsigned doc_bits = BitsFor(docs_.data(), count);
    const unsigned count_bits = BitsFor(counts_.data(), count);
    blocks_.push_back(static_cast<char>(doc_bits));
    blocks_.push_back(static_cast<char>(count_bits));
    Pack(docs_.data(), count, doc_bits, &blocks_);
    Pack(counts_.data(), count, count_bits, &blocks_);
    last_flushed_ = last;
    buffered_ = 0;
    block_impact_ = kNoImpact;
}

std::string_view ListEncoder::Finish(TermMeta* meta) {
    *meta = TermMeta();
    meta->documents = documents_;
    meta->occurrences = occurrences_;
    meta->doc = first_doc_;
    meta->position = first_position_;
    out_.clear();
    if (documents_ > 1) {
        if (buffered_ > 0) FlushBlock(buffered_);
        if (skips_.size() > 1) {
            PutFixed<uint32_t>(out_, list_impact_.Pack());
            out_.append(reinterpret_cast<const char*>(skips_.data()),
                        skips_.size() * sizeof(SkipEntry));
        }
        out_ += blocks_;
    }
    meta->list_bytes = static_cast<uint32_t>(out_.size());
    if (with_positions_ && occurrences_ > 1) {
        if (buffered_positions_ > 0) FlushPositions();
        out_ += position_blocks_;
        meta->position_bytes = static_cast<uint32_t>(position_blocks_.size());
    }
    buffered_ = buffered_positions_ = 0;
    documents_ = first_doc_ = first_position_ = last_flushed_ = 0;
    occurrences_ = 0;
    skips_.clear();
    blocks_.clear();
    position_blocks_.clear();
    return out_;
}

}  // namespace blasty::index::internal
