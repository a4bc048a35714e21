// The contents of one file of the memory file system, with what a power cut could still undo.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "io/memory_file_system.h"

namespace blasty::io::internal {

constexpr uint64_t kSectorBytes = 512;

// Thread-safe.
class MemoryInode {
  public:
    explicit MemoryInode(std::string data = "") : data_(std::move(data)) {}

    size_t Read(uint64_t offset, size_t size, char* out) const;
    void Write(uint64_t offset, std::string_view data);
    void Resize(uint64_t size);
    void Sync();
    uint64_t size() const;
    std::string data() const;
    void Replace(std::string_view data);
    // What the disk holds after a power cut.
    std::string AfterCrash(CrashMode mode, Random& random) const;

  private:
    // One change since the last sync: a write of `length` bytes, or (length 0) a new size.
    struct Change {
        uint64_t offset = 0, length = 0;
        uint64_t old_size = 0, new_size = 0;
        std::string old;  // bytes that stood at `offset`, cut at the old end of the file
    };

    mutable Mutex mutex_;
    std::string data_ ABSL_GUARDED_BY(mutex_);
    std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::io::internal
