// Which neighbouring segments are merged, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "index/index.h"
#include "index/snapshot.h"

namespace blasty::index::internal {

// Segments [first, first + count) of a snapshot.
struct MergeRun {
    size_t first = 0, count = 0;
};

// Segments in memory are always the last ones.
uint64_t MemoryBytes(const Snapshot& snapshot);
MergeRun MemoryRun(const Snapshot& snapshot);

// A run that Apply should merge at once: in memory, small, and none of the first `busy` segments.
std::optional<MergeRun> SmallRun(const Snapshot& snapshot, const IndexOptions& options,
                                 size_t busy);
// A run worth merging otherwise: merge_factor neighbours of a size (each at most merge_factor times
// the smallest), or one segment that is half deleted; all in memory or all on disk.
std::optional<MergeRun> LargeRun(const Snapshot& snapshot, const IndexOptions& options);

}  // namespace blasty::index::internal
