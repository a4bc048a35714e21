// One segment of an open log: its file, its index and what is known of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "io/file_system.h"
#include "log/internal/format.h"
#include "log/internal/segment_index.h"

namespace blasty::log::internal {

class IndexCache;

// Thread-safe. `indexes` and `fs` must outlive it.
class Segment {
  public:
    struct Place {
        io::FileSystem* fs = nullptr;
        std::string directory;
        IndexCache* indexes = nullptr;
    };
    Segment(Place place, const SegmentHeader& header) : place_(std::move(place)), header_(header) {}

    ~Segment();

    const SegmentHeader& header() const { return header_; }
    uint64_t first() const { return header_.first; }
    std::string path() const { return place_.directory + "/" + SegmentName(first()); }
    std::string index_path() const { return place_.directory + "/" + IndexName(first()); }

    // First sequence of the next segment; kNoLimit while this is the newest.
    std::atomic<uint64_t> limit{kNoLimit};
    // Frames may be read up to here; kNoLimit: up to the limit above.
    std::atomic<uint64_t> end{kNoLimit};
    std::atomic<uint64_t> bytes{0};
    // Removed or replaced: what is read still comes from the old file.
    std::atomic<bool> retired{false};

    bool sealed() const { return limit.load() != kNoLimit; }

    // The open file, shared. An error when it cannot be opened.
    Result<std::shared_ptr<io::File>> OpenFile();
    // Keeps the file open from now on, so that it stays readable when its name is gone.
    Status Pin();
    void Attach(std::shared_ptr<io::File> file);

    // Calls `use` with the index; reads or rebuilds it first when needed. When `use` finds the file
    // damaged, once more with a rebuilt one. The index is derived data: its loss is no error.
    template <typename T>
    Result<T> WithIndex(const std::function<Result<T>(SegmentIndex&)>& use) {
        BLASTY_ASSIGN_OR_RETURN(const auto index, Index());
        Result<T> result = use(*index);
        if (result.ok()) return result;
        BLASTY_ASSIGN_OR_RETURN(const auto rebuilt, Rebuild());
        return use(*rebuilt);
    }
    void set_memory_index(std::shared_ptr<MemoryIndex> index);
    // Of the newest segment, or of a sealed one whose index file is not written yet; else null.
    std::shared_ptr<MemoryIndex> memory_index();
    // Writes the index file from memory and forgets the memory. REQUIRES sealed.
    Status SaveIndex();
    // Reads every frame. LOG_DAMAGED, IO_ERROR.
    Result<std::shared_ptr<MemoryIndex>> Scan();
    int64_t LastTime();

  private:
    Result<std::shared_ptr<SegmentIndex>> Index();
    Result<std::shared_ptr<SegmentIndex>> Rebuild();

    const Place place_;
    const SegmentHeader header_;
    std::atomic<int64_t> last_time_us_{-1};  // of a sealed one, once known
    Mutex mutex_;
    std::weak_ptr<io::File> file_ ABSL_GUARDED_BY(mutex_);
    std::shared_ptr<io::File> pinned_ ABSL_GUARDED_BY(mutex_);
    std::shared_ptr<MemoryIndex> memory_index_ ABSL_GUARDED_BY(mutex_);
};

using SegmentPtr = std::shared_ptr<Segment>;

// Opened index files of sealed segments, the least recently used is closed.
class IndexCache {
  public:
    explicit IndexCache(size_t files_max) : files_max_(files_max) {}
    std::shared_ptr<SegmentIndex> Find(const Segment* segment);
    void Put(const Segment* segment, std::shared_ptr<SegmentIndex> index);
    void Drop(const Segment* segment);

  private:
    const size_t files_max_;
    Mutex mutex_;
    std::vector<std::pair<const Segment*, std::shared_ptr<SegmentIndex>>> files_
        ABSL_GUARDED_BY(mutex_);  // most recently used last
};

// The segments of a log by first sequence. Thread-safe.
class SegmentTable {
  public:
    void Add(SegmentPtr segment);  // replaces one with the same first sequence
    void Remove(uint64_t first);
    // The segment that holds `sequence`, or would; null before the oldest.
    SegmentPtr Find(uint64_t sequence) const;
    SegmentPtr Exactly(uint64_t first) const;
    SegmentPtr Oldest() const;
    std::vector<SegmentPtr> All() const;
    uint64_t oldest_first() const { return oldest_first_.load(); }

  private:
    mutable Mutex mutex_;
    std::map<uint64_t, SegmentPtr> segments_ ABSL_GUARDED_BY(mutex_);
    std::atomic<uint64_t> oldest_first_{1};
};

}  // namespace blasty::log::internal
