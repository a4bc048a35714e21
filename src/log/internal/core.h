// What the parts of an open log share.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "log/internal/background.h"
#include "log/internal/frame_cache.h"
#include "log/internal/segment.h"
#include "log/internal/segment_maker.h"
#include "log/log.h"

namespace blasty::log::internal {

struct Core {
    Core(io::FileSystem& file_system, std::string dir, const LogOptions& log_options,
         const Clock& the_clock, CommitListener commit_listener)
        : fs(file_system),
          directory(std::move(dir)),
          options(log_options),
          clock(the_clock),
          listener(std::move(commit_listener)),
          cache(options.cache_bytes),
          maker(fs, directory, options.segment_bytes, options.salt_seed) {}

    Segment::Place place() { return {&fs, directory, &indexes}; }
    Status health() const {
        MutexLock lock(health_mutex);
        return why_stopped;
    }

    io::FileSystem& fs;
    const std::string directory;
    const LogOptions options;
    const Clock& clock;
    const CommitListener listener;
    IndexCache indexes{64};
    SegmentTable table;
    FrameCache cache;
    SegmentMaker maker;
    std::atomic<uint64_t> last{0};  // last durable and readable sequence

    mutable Mutex health_mutex;
    Status why_stopped ABSL_GUARDED_BY(health_mutex);
};

// Where the next frame goes.
struct Position {
    SegmentPtr segment;
    std::shared_ptr<io::File> file;  // writable
    std::shared_ptr<MemoryIndex> index;
    uint64_t offset = 0;
    uint64_t allocated = 0;
    uint64_t next = 1;  // sequence
    uint32_t crc = 0;   // of the last frame with records
    int64_t time_us = 0;
    bool marked = true;  // no frame since the last mark
};

// Reads what is in core.directory, refuses damage before anything on disk is changed, recovers from
// an unclean end, fills core.table and core.last. `found` is what was there before.
struct Listing;
Result<Position> Recover(Core& core, Listing* found);

}  // namespace blasty::log::internal
