#include "index/internal/merge_policy.h"

#include <algorithm>

#include "index/internal/segment.h"
#include "index/limits.h"

namespace blasty::index::internal {
namespace {

// Sizes fall into levels, each merge_factor times the one below.
size_t LevelOf(const SnapshotSegment& part, size_t factor) {
    size_t level = 0;
    for (uint64_t size = part.living; size >= factor; size /= factor) ++level;
    return level;
}

// The newest `factor` or more neighbours of one level or below, all on the same side.
std::optional<MergeRun> RunOfLevels(const Snapshot& snapshot, size_t factor, bool on_disk,
                                    uint64_t documents_max, size_t begin) {
    const auto& segments = snapshot.segments;
    for (size_t end = segments.size(); end > begin; --end) {
        if (segments[end - 1].on_disk != on_disk) continue;
        const size_t level = LevelOf(segments[end - 1], factor);
        size_t first = end;
        uint64_t documents = 0;
        while (first > begin && segments[first - 1].on_disk == on_disk &&
               LevelOf(segments[first - 1], factor) <= level &&
               documents + segments[first - 1].living <= documents_max) {
            documents += segments[--first].living;
        }
        if (end - first >= factor) return MergeRun{.first = first, .count = end - first};
    }
    return std::nullopt;
}

}  // namespace

uint64_t MemoryBytes(const Snapshot& snapshot) {
    uint64_t bytes = 0;
    for (const SnapshotSegment& part : snapshot.segments) {
        if (!part.on_disk) bytes += part.segment->bytes();
    }
    return bytes;
}

MergeRun MemoryRun(const Snapshot& snapshot) {
    size_t first = snapshot.segments.size();
    while (first > 0 && !snapshot.segments[first - 1].on_disk) --first;
    return {.first = first, .count = snapshot.segments.size() - first};
}

std::optional<MergeRun> SmallRun(const Snapshot& snapshot, const IndexOptions& options,
                                 size_t busy) {
    return RunOfLevels(snapshot, options.merge_factor, false, options.inline_merge_documents, busy);
}

std::optional<MergeRun> LargeRun(const Snapshot& snapshot, const IndexOptions& options) {
    for (const bool on_disk : {false, true}) {
        const auto run =
            RunOfLevels(snapshot, options.merge_factor, on_disk, kDocsPerSegmentMax / 2, 0);
        if (run) return run;
    }
    for (size_t i = 0; i < snapshot.segments.size(); ++i) {
        const SnapshotSegment& part = snapshot.segments[i];
        if (part.segment->documents() >= 64 && part.living <= part.segment->documents() / 2)
            return MergeRun{.first = i, .count = 1};
    }
    return std::nullopt;
}

}  // namespace blasty::index::internal
