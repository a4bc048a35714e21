// Reads the frames of one segment file, with read-ahead.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/file_system.h"
#include "log/frame.h"
#include "log/internal/format.h"

namespace blasty::log::internal {

struct ReadItem {
    enum class Kind {
        kFrame,
        kMark,
        kEnd,  // zeros, or the end of the file
        kBad,  // something that is no whole frame
    };
    Kind kind = Kind::kEnd;
    FrameHeader header;        // of a frame or mark
    uint64_t offset = 0;       // where it stands
    uint64_t next_offset = 0;  // where the next one would
    std::string_view records;  // valid until the next call
    const char* why = "";      // of kBad
};

// Not thread-safe.
class SegmentReader {
  public:
    static constexpr size_t kReadAhead = 256 << 10;

    SegmentReader(std::shared_ptr<io::File> file, uint64_t salt)
        : file_(std::move(file)), salt_(salt) {}

    // The item at `offset`; bytes at or after `bound` count as absent. An error only when the file
    // cannot be read.
    Result<ReadItem> Read(uint64_t offset, uint64_t bound);
    // Reads only the frame's own bytes, without read-ahead.
    void set_read_ahead(size_t bytes) { read_ahead_ = bytes; }

    struct Tail {
        bool clean = true;            // nothing but zeros
        uint64_t frame = UINT64_MAX;  // offset of a frame header, when there is one
    };
    // Looks at everything from `offset` to the end of the file, except for a header at `offset`
    // itself.
    Result<Tail> ScanTail(uint64_t offset);

  private:
    // Up to `size` bytes at `offset`, fewer only at `bound` or the end of the file.
    Result<std::string_view> Bytes(uint64_t offset, uint64_t size, uint64_t bound);

    const std::shared_ptr<io::File> file_;
    const uint64_t salt_;
    size_t read_ahead_ = kReadAhead;
    std::string buffer_;
    uint64_t buffer_offset_ = 0;
};

FramePtr MakeFrame(const ReadItem& item);

}  // namespace blasty::log::internal
