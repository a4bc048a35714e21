// The bytes of a segment, from memory or from a mapped file, whose checksums are verified when
// bytes are used first.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"

namespace blasty::index::internal {

// Thread-safe.
class SegmentBytes {
  public:
    // SEGMENT_DAMAGED (DATA_LOSS): end or table of contents are not what was written.
    static Result<std::unique_ptr<SegmentBytes>> Open(std::unique_ptr<io::Mapping> mapping);
    // `trusted`: just made by this process, nothing is verified but the form.
    static Result<std::unique_ptr<SegmentBytes>> Open(std::string bytes, bool trusted);

    std::string_view contents() const { return contents_; }
    uint64_t size() const { return all_.size(); }

    // The bytes from `offset` on. Empty, and damaged() from then on, when they are not there or not
    // what was written.
    std::string_view Range(uint64_t offset, uint64_t size) const;
    // Something was read that cannot be right: what was answered from this segment is not to be
    // trusted.
    bool damaged() const { return damaged_.load(std::memory_order_relaxed); }
    void SetDamaged() const { damaged_.store(true, std::memory_order_relaxed); }

  private:
    SegmentBytes() = default;
    Status Parse();
    bool Verify(size_t chunk) const;

    std::unique_ptr<io::Mapping> mapping_;
    std::string owned_;
    std::string_view all_;
    std::string_view data_;  // before the table of contents
    std::string_view contents_, checksums_;
    bool trusted_ = false;
    mutable std::vector<std::atomic<uint64_t>> verified_;  // a bit a chunk
    mutable std::atomic<bool> damaged_{false};
};

}  // namespace blasty::index::internal
