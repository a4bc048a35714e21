// Where the bytes of a new segment go, front to back: into memory or into a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/internal/format.h"
#include "io/file_system.h"

namespace blasty::index::internal {

class SegmentSink {
  public:
    // Into memory.
    SegmentSink() = default;
    // Into `file`, which is new and empty.
    explicit SegmentSink(std::unique_ptr<io::File> file) : file_(std::move(file)) {}

    void Append(std::string_view bytes);
    // Bytes so far.
    uint64_t offset() const { return offset_; }
    // Appends the table of contents, the checksums and the trailer, and syncs the file.
    Status Finish(std::string_view contents);
    // Of a segment in memory, after Finish.
    std::string TakeBytes() { return std::move(buffer_); }

  private:
    void Write();
    void Sum(std::string_view bytes);

    const std::unique_ptr<io::File> file_;
    std::string buffer_;  // not written yet; everything, in memory
    uint64_t offset_ = 0, written_ = 0;
    uint32_t chunk_crc_ = 0;
    size_t chunk_bytes_ = 0;
    std::vector<uint32_t> checksums_;
    Status status_;  // of the file
};

}  // namespace blasty::index::internal
