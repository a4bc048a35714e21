// Makes segment files: reserved under a temporary name ahead of time, given their real name once
// what is in them is durable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/random.h"
#include "base/status.h"
#include "io/file_system.h"
#include "log/internal/format.h"

namespace blasty::log::internal {

struct SegmentFile {
    std::shared_ptr<io::File> file;
    std::string path;  // while it has its temporary name
    uint64_t bytes = 0;
};

// Thread-safe.
class SegmentMaker {
  public:
    SegmentMaker(io::FileSystem& fs, std::string directory, uint64_t segment_bytes,
                 uint64_t salt_seed);
    // Reserves the next file, unless one waits already. On failure Take tries again.
    void Prepare();
    // The waiting file or a new one, of at least `bytes`.
    Result<SegmentFile> Take(uint64_t bytes);
    // Removes the waiting file.
    void Discard();
    uint64_t NewSalt();
    // Makes later salts depend on those already in use, so that a fixed seed never gives one again.
    void MixSalt(uint64_t used);
    uint64_t segment_bytes() const { return segment_bytes_; }

    // Writes header and `frames` behind it, syncs, and gives the file its name, durably. Replaces a
    // segment of that name.
    Status Publish(const SegmentFile& made, const SegmentHeader& header, std::string_view frames);

  private:
    Result<SegmentFile> Make(uint64_t bytes);

    io::FileSystem& fs_;
    const std::string directory_;
    const uint64_t segment_bytes_;
    Mutex prepare_mutex_;  // held while a file is made ahead, so that Take waits for it
    Mutex mutex_;
    SegmentFile waiting_ ABSL_GUARDED_BY(mutex_);
    uint64_t made_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t salt_state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::log::internal
