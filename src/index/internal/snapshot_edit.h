// Makes the next snapshot out of a copy of the last.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/internal/segment.h"
#include "index/internal/segment_merger.h"
#include "index/snapshot.h"

namespace blasty::index::internal {

// Appends a segment and counts its living documents. SEGMENT_DAMAGED (DATA_LOSS).
Status AddSegment(SnapshotSegment part, DocBits deleted, Snapshot* snapshot);

// Deletes documents by key; each segment's set is copied once.
class Deletions {
  public:
    // False: there is none.
    bool Delete(std::string_view key, Snapshot* snapshot);
    void Install(Snapshot* snapshot);

  private:
    std::map<size_t, std::shared_ptr<DocBits>> changed_;  // by segment
};

struct MergedSegment {
    uint64_t id = 0;
    SegmentPtr segment;
    bool on_disk = false;
    std::vector<SnapshotSegment> sources;        // as they were merged
    std::vector<std::vector<uint32_t>> numbers;  // by source: old to new
};

// Puts it in the place of its sources, with what was deleted of them since.
Status ReplaceRun(const MergedSegment& merged, Snapshot* snapshot);

}  // namespace blasty::index::internal
