// Which frames a segment holds and where each stream is in it: in memory for the newest segment,
// from the .idx file for sealed ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/status.h"

namespace blasty::log::internal {

// One frame with records. The bytes of this struct are the frame table of the .idx file.
struct FrameEntry {
    uint64_t offset = 0;
    uint64_t first = 0;
    int64_t time_us = 0;
    uint32_t count = 0;
    uint32_t length = 0;

    uint64_t last() const { return first + count - 1; }
};
static_assert(sizeof(FrameEntry) == 32);

// Thread-safe.
class SegmentIndex {
  public:
    virtual ~SegmentIndex() = default;
    // The first frame that ends at or after `sequence`.
    virtual Result<std::optional<FrameEntry>> FrameAt(uint64_t sequence) = 0;
    // Up to `limit` frames with records of `stream` that end at or after `from`.
    virtual Result<std::vector<FrameEntry>> FramesOf(StreamId stream, uint64_t from,
                                                     size_t limit) = 0;
    // Commit time of the last frame, 0 without one.
    virtual int64_t last_time_us() = 0;
    // Where the next frame would stand.
    virtual uint64_t end() = 0;
};

// Grows with each commit.
class MemoryIndex : public SegmentIndex {
  public:
    struct Contents {
        std::vector<FrameEntry> frames;
        absl::flat_hash_map<StreamId, std::vector<uint32_t>> streams;  // positions in `frames`
        uint64_t end = 0;
    };

    MemoryIndex();
    // `streams` may hold one twice.
    void Add(const FrameEntry& frame, const std::vector<StreamId>& streams);
    // Forgets the last frame. REQUIRES that there is one.
    void RemoveLast();
    // After a mark.
    void set_end(uint64_t end);
    // Calls `use` with the contents, which stand still meanwhile.
    template <typename Use>
    auto With(const Use& use) {
        MutexLock lock(mutex_);
        return use(contents_);
    }

    Result<std::optional<FrameEntry>> FrameAt(uint64_t sequence) override;
    Result<std::vector<FrameEntry>> FramesOf(StreamId stream, uint64_t from, size_t limit) override;
    int64_t last_time_us() override;
    uint64_t end() override;

  private:
    Mutex mutex_;
    Contents contents_ ABSL_GUARDED_BY(mutex_);
};

// The distinct streams of encoded records, and whether the records are well-formed and exactly
// `count` (vacant ones included).
Result<std::vector<StreamId>> StreamsOf(std::string_view records, uint64_t first, uint32_t count);

}  // namespace blasty::log::internal
