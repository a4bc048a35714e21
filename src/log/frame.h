// A durable frame in memory: the records of one commit, shared by everyone who reads it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "log/record.h"

namespace blasty::log {

// Immutable once shared.
struct Frame {
    Sequence first;
    uint32_t count = 0;
    int64_t commit_time_us =
        0;                // wall clock when the writer took it; never decreases from frame to frame
    std::string records;  // encoded, see RecordIterator

    Sequence last() const { return Sequence(first.value() + count - 1); }
    RecordIterator Records() const { return RecordIterator(records, first); }
};

using FramePtr = std::shared_ptr<const Frame>;

// Where a frame is stored.
struct FrameLocation {
    Sequence segment;  // first sequence of the segment, which names its file
    uint64_t offset = 0;
    Sequence first;
    uint32_t count = 0;
};

}  // namespace blasty::log
