// The newest frames in memory, shared by everyone who reads the end of the log.
#pragma once

#include <cstdint>
#include <deque>

#include "base/mutex.h"
#include "log/frame.h"

namespace blasty::log::internal {

// Thread-safe. Holds one run of frames without a gap, at most `bytes_max` of records.
class FrameCache {
  public:
    explicit FrameCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}
    // REQUIRES that `frame` follows the one added before.
    void Add(FramePtr frame);
    // The frame that holds `sequence`, or null.
    FramePtr Find(Sequence sequence) const;
    // Forgets everything before `sequence`.
    void DropBefore(Sequence sequence);

  private:
    const uint64_t bytes_max_;
    mutable Mutex mutex_;
    std::deque<FramePtr> frames_ ABSL_GUARDED_BY(mutex_);
    uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::log::internal
