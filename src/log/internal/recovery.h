// The end of a segment that is or was the newest one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"
#include "log/frame.h"
#include "log/internal/format.h"
#include "log/internal/segment.h"
#include "log/internal/segment_index.h"

namespace blasty::log::internal {

// What the newest segment holds.
struct Scanned {
    std::shared_ptr<MemoryIndex> index;
    uint64_t end = kSegmentHeaderBytes;  // after the last whole frame or mark
    uint64_t next = 0;                   // sequence
    uint32_t crc = 0;                    // of the last frame with records
    uint32_t crc_before = 0;             // of the one before
    int64_t time_us = 0, time_before_us = 0;
    FramePtr last;  // the last frame with records, when no mark follows it
    uint64_t last_offset = 0;
    uint64_t mark_offset = 0;  // of the last mark, 0 without one
    bool clean = true;         // ends with a mark (or holds nothing) and then zeros
    bool tail = false;         // bytes of an incomplete frame follow
};

// Reads the newest segment. LOG_DAMAGED when something whole follows something that is not.
Result<Scanned> ScanNewest(std::shared_ptr<io::File> file, const SegmentHeader& header,
                           const std::string& path);

// Makes the segment that is written to after an unclean end of `newest`, whose file is `file`: its
// last frame once more in a new segment, or all its frames in place of it.
struct Core;
struct Position;
Result<Position> StartBehind(Core& core, const SegmentPtr& newest, const Scanned& scanned,
                             const std::shared_ptr<io::File>& file);

// The segment files of a directory, oldest first, with their headers checked one against the next.
struct Listing {
    struct Item {
        SegmentHeader header;
        std::string path;
        uint64_t bytes = 0;
    };
    std::vector<Item> segments;
    std::vector<uint64_t> indexes;
    std::vector<std::string> leftovers;  // temporary files of ours, by name
};
Result<Listing> ListLog(io::FileSystem& fs, const std::string& directory);
Result<SegmentHeader> ReadSegmentHeader(const io::File& file, const std::string& path);

}  // namespace blasty::log::internal
