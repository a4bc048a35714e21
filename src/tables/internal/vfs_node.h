// One named file as all connections of the process share it: the open file, SQLite's five lock
// levels and the memory of the WAL index with its eight locks.
#pragma once

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "io/file_system.h"

namespace blasty::tables::internal {

// What one connection holds of a node.
struct NodeLocks {
    int level = SQLITE_LOCK_NONE;
    uint16_t shm_shared = 0;  // bits of locks held shared
    uint16_t shm_exclusive = 0;
    bool shm_open = false;
};

// Thread-safe. Functions that return int return codes of SQLite.
class VfsNode {
  public:
    VfsNode(std::string path, std::unique_ptr<io::File> file, bool created)
        : path_(std::move(path)), file_(std::move(file)), directory_dirty_(created) {}

    const std::string& path() const { return path_; }
    io::File& file() { return *file_; }
    // True once after the file was created: its directory must be synced with it.
    bool TakeDirectoryDirty() { return directory_dirty_.exchange(false); }

    // As xLock, xUnlock, xCheckReservedLock.
    int Lock(NodeLocks& mine, int level);
    void Unlock(NodeLocks& mine, int level);
    bool Reserved();

    // As xShmMap, xShmLock, xShmUnmap.
    int MapShared(NodeLocks& mine, int region, int size, bool extend, void volatile** out);
    int LockShared(NodeLocks& mine, int first, int count, int flags);
    static void Barrier();
    // The memory goes with the last who leaves.
    void LeaveShared(NodeLocks& mine);

  private:
    static constexpr int kShmLocks = SQLITE_SHM_NLOCK;

    const std::string path_;
    const std::unique_ptr<io::File> file_;
    std::atomic<bool> directory_dirty_;

    Mutex mutex_;
    int readers_ ABSL_GUARDED_BY(mutex_) = 0;  // who holds SHARED or more
    // Who holds RESERVED, PENDING or EXCLUSIVE; null: nobody.
    const NodeLocks* writer_ ABSL_GUARDED_BY(mutex_) = nullptr;
    bool pending_ ABSL_GUARDED_BY(mutex_) = false;  // no new readers

    Mutex shm_mutex_;
    std::vector<std::unique_ptr<char[]>> regions_ ABSL_GUARDED_BY(shm_mutex_);
    std::array<int, kShmLocks> shm_shared_ ABSL_GUARDED_BY(shm_mutex_) = {};
    std::array<bool, kShmLocks> shm_exclusive_ ABSL_GUARDED_BY(shm_mutex_) = {};
    int shm_users_ ABSL_GUARDED_BY(shm_mutex_) = 0;
};

}  // namespace blasty::tables::internal
