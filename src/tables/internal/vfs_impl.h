// The parts of the VFS that its files see.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "io/file_system.h"
#include "tables/internal/vfs.h"
#include "tables/internal/vfs_node.h"

namespace blasty::tables::internal {

// Opcode of sqlite3_file_control: copies the last error of the file system, a Status, to its
// argument (which keeps what it had when there was none).
inline constexpr int kGetLastError = 0x62797374;

struct Vfs::Impl {
    Impl(io::FileSystem& file_system, const Clock& its_clock) : fs(file_system), clock(its_clock) {}

    io::FileSystem& fs;
    const Clock& clock;
    std::string name;
    sqlite3_vfs vfs = {};

    Mutex mutex;
    absl::flat_hash_map<std::string, std::weak_ptr<VfsNode>> nodes ABSL_GUARDED_BY(mutex);
    Status last_error ABSL_GUARDED_BY(mutex);
    Status sync_error ABSL_GUARDED_BY(mutex);
    std::atomic<bool> sync_failed{false};

    // Remembers `error` for messages and gives the code of SQLite: SQLITE_FULL for NO_SPACE, else
    // `otherwise`.
    int Report(const Status& error, int otherwise);
    // After a failed sync nothing may be written.
    int MayWrite(int otherwise) const { return sync_failed ? otherwise : SQLITE_OK; }
    int SyncNode(VfsNode& node);
    Result<std::shared_ptr<VfsNode>> OpenNode(const std::string& path, bool create);
    std::shared_ptr<VfsNode> FindNode(const std::string& path);
    int Delete(const std::string& path, bool sync_directory);
    int Exists(const std::string& path, bool* out);
};

}  // namespace blasty::tables::internal
