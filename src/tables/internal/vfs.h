// SQLite's files on our file system: an SQLite VFS over io::FileSystem.
//
// Locks and the WAL index are kept in this process: the data directory belongs to it alone, and
// every connection to a file must come through the same Vfs. Temporary files live in memory. Once a
// sync failed nothing more is written to any file: what is on the disk is unknown. (A write that
// failed is SQLite's to handle: it writes the place again.)
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "io/file_system.h"

namespace blasty::tables::internal {

// Registered with SQLite under a name of its own while it lives. `fs` and `clock` must outlive it,
// and it every connection. Thread-safe.
class Vfs {
  public:
    Vfs(io::FileSystem& fs, const Clock& clock);
    ~Vfs();
    Vfs(const Vfs&) = delete;
    Vfs& operator=(const Vfs&) = delete;

    const std::string& name() const;
    const Clock& clock() const;
    // The sync that failed, after which nothing is written any more; or ok.
    Status health() const;
    // What the file system said last when something failed; or ok.
    Status last_error() const;
    // Bytes of an open file; 0 when it is not open.
    uint64_t SizeOf(const std::string& path) const;

    struct Impl;

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::tables::internal
