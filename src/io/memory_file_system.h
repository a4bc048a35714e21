// A file system in memory for tests, with power cuts: Crash() takes away, by seed, what was not
// synced.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace blasty::io {

// What a power cut does to each 512-byte sector written and not synced since. Bytes of a sector
// that were not written keep their synced value (as disks promise and SQLite calls "powersafe
// overwrite").
enum class CrashMode {
    kKeep,    // it reached the disk after all
    kLose,    // it did not
    kGarble,  // random bytes are there instead
    kMix,     // each of the three, drawn by the seed
};

// Thread-safe.
class MemoryFileSystem : public FileSystem {
  public:
    // `free_bytes` is how much can be stored at all; growth beyond is NO_SPACE.
    explicit MemoryFileSystem(uint64_t free_bytes = uint64_t{1} << 40);
    ~MemoryFileSystem() override;

    Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
    Status Rename(const std::string& from, const std::string& to) override;
    Status Remove(const std::string& path) override;
    Result<std::vector<DirectoryEntry>> List(const std::string& directory) override;
    Status MakeDirectories(const std::string& directory) override;
    Status SyncDirectory(const std::string& directory) override;
    Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& directory) override;
    Result<uint64_t> FreeBytes(const std::string& directory) override;

    // A power cut: everything not synced, writes, sizes, and creations, renames and removals in
    // directories not synced, is kept, lost or garbled (directory operations: kept or lost) one by
    // one. What is synced stays. Files that are open keep the state before the cut and lead
    // nowhere; locks are gone. The same seed and history give the same result.
    void Crash(CrashMode mode, uint64_t seed);
    // A second disk with the same contents, all synced.
    std::unique_ptr<MemoryFileSystem> Clone() const;
    // The whole contents of a file, and replacing them past all sync rules. FILE_NOT_FOUND.
    Result<std::string> Peek(const std::string& path) const;
    Status Poke(const std::string& path, std::string_view contents);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace blasty::io
