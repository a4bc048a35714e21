// The index of a sealed segment in a file beside it, read page by page: docs/formats/log.md,
// "Index".
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "io/file_system.h"
#include "log/internal/segment_index.h"

namespace blasty::log::internal {

// The bytes of the file for `index`, of the segment with this salt and first sequence.
std::string EncodeIndex(MemoryIndex& index, uint64_t salt, uint64_t first);

// Thread-safe. Errors are LOG_INDEX_DAMAGED (DATA_LOSS) or those of the file system; the remedy for
// each is to build the index again.
class IndexFile : public SegmentIndex {
  public:
    // Reads the header only.
    static Result<std::unique_ptr<IndexFile>> Open(io::FileSystem& fs, const std::string& path,
                                                   uint64_t salt, uint64_t first);

    Result<std::optional<FrameEntry>> FrameAt(uint64_t sequence) override;
    Result<std::vector<FrameEntry>> FramesOf(StreamId stream, uint64_t from, size_t limit) override;
    int64_t last_time_us() override { return last_time_us_; }
    uint64_t end() override { return end_; }

  private:
    IndexFile(std::unique_ptr<io::File> file, std::string path, uint64_t salt);

    struct StreamEntry {
        uint32_t stream = 0, begin = 0, count = 0;
    };
    // Copies `size` bytes at `position` of the body, whose pages are checked as they are read.
    Status Body(uint64_t position, size_t size, void* out);
    Result<StreamEntry> Stream(uint64_t position);
    // REQUIRES mutex_.
    Result<const std::string*> Page(uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Result<FrameEntry> Frame(uint64_t position);
    Result<uint32_t> Posting(uint64_t position);

    const std::unique_ptr<io::File> file_;
    const std::string path_;
    const uint64_t salt_;
    uint64_t frames_ = 0, streams_ = 0, postings_ = 0;
    uint64_t end_ = 0;
    int64_t last_time_us_ = 0;
    Mutex mutex_;
    std::list<std::pair<uint64_t, std::string>> pages_
        ABSL_GUARDED_BY(mutex_);  // most recently used first
};

}  // namespace blasty::log::internal
