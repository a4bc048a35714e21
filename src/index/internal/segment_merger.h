// Makes one segment of several, without the documents that are deleted.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/status.h"
#include "index/internal/segment.h"
#include "index/internal/segment_sink.h"

namespace blasty::index::internal {

// A set of documents of one segment, a bit each.
using DocBits = std::vector<uint64_t>;
inline bool Has(const DocBits& bits, uint32_t doc) {
    return !bits.empty() && (bits[doc / 64] >> (doc % 64) & 1) != 0;
}

struct MergeSource {
    SegmentPtr segment;
    DocBits deleted = {};  // empty: none
};

// Documents keep their order: those of the first source, then those of the second …
// `cancelled`, when set meanwhile: CANCELLED. A damaged source: SEGMENT_DAMAGED (DATA_LOSS).
// Returns for each source the new number of each document; kEnd: dropped.
Result<std::vector<std::vector<uint32_t>>> Merge(const std::vector<MergeSource>& sources,
                                                 SegmentSink& sink,
                                                 const std::atomic<bool>& cancelled);

}  // namespace blasty::index::internal
