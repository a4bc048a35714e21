// Offline looks at the log of a stopped (or foreign) database: `blasty log verify|dump|info DIR`.
// Reads only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"
#include "log/frame.h"

namespace blasty::log {

struct Damage {
    std::string file;
    uint64_t offset = 0;
    std::string what;
};

struct SegmentSummary {
    std::string file;
    Sequence first;
    uint64_t frames = 0, records = 0, used_bytes = 0, file_bytes = 0;
    bool sealed = false;
};

struct LogSummary {
    std::vector<SegmentSummary> segments;
    std::vector<Damage> damage;  // anything a start would refuse; empty means sound
    std::vector<std::string>
        notes;  // what a start would do by itself: cut an incomplete tail, rebuild an index
    uint64_t frames = 0, records = 0, record_bytes = 0;
    Sequence oldest, last;
    int64_t oldest_time_us = 0, last_time_us = 0;
};

struct InspectOptions {
    // Called for every sound frame in order, with its file and offset; may be empty.
    std::function<void(const FramePtr&, const std::string& file, uint64_t offset)> visit;
    // Called now and then with bytes read and bytes in all; may be empty.
    std::function<void(uint64_t done, uint64_t total)> progress;
};

// Reads every byte and checks every checksum and index. NOT_A_LOG (NOT_FOUND) when `directory`
// holds no log.
Result<LogSummary> Inspect(io::FileSystem& fs, const std::string& directory,
                           const InspectOptions& options);

}  // namespace blasty::log
