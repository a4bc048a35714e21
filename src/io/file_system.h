// Files and directories as the log needs them, replaceable: posix (real), memory (tests), faulty
// (tests: loses or garbles what was not synced, fails on request).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::io {

// The bytes of a file as they were when it was mapped; writing to the file later may or may not
// show. The file may be closed, renamed and removed meanwhile.
class Mapping {
  public:
    virtual ~Mapping() = default;
    virtual std::string_view bytes() const = 0;
};

// An open file. One thread may write while others read. Offsets and sizes are bytes.
class File {
  public:
    virtual ~File() = default;
    // Reads up to `size` bytes into `out`; fewer only at the end of the file. Returns how many.
    virtual Result<size_t> ReadAt(uint64_t offset, size_t size, char* out) const = 0;
    // Writes all of `data`, growing the file when needed. On an error any part may have been
    // written. IO_ERROR, or NO_SPACE (RESOURCE_EXHAUSTED) when the disk is full.
    virtual Status WriteAt(uint64_t offset, std::string_view data) = 0;
    // Makes everything written so far durable (fdatasync). After an error nothing is known about
    // what was written since the last success; never call it again on this file.
    virtual Status Sync() = 0;
    virtual Result<uint64_t> Size() const = 0;
    // Reserves space up to `size` bytes and sets the size; new bytes read as zero. Errors as
    // WriteAt.
    virtual Status Allocate(uint64_t size) = 0;
    virtual Status Truncate(uint64_t size) = 0;
    // The whole file to read from memory, paged in when touched where the system can do so. A disk
    // that fails under a mapped file ends the process.
    virtual Result<std::unique_ptr<Mapping>> Map() const;
};

// Held while the process owns a directory; dropping it (or dying) lets another process have it.
class DirectoryLock {
  public:
    virtual ~DirectoryLock() = default;
};

struct DirectoryEntry {
    std::string name;
    bool is_directory = false;
};

enum class OpenMode { kRead, kReadWrite, kCreateNew };

// Thread-safe. Must outlive the files it opened. Errors: FILE_NOT_FOUND (NOT_FOUND), FILE_EXISTS
// (ALREADY_EXISTS), NO_SPACE (RESOURCE_EXHAUSTED), IO_ERROR (UNAVAILABLE); each names the path.
class FileSystem {
  public:
    virtual ~FileSystem() = default;
    virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
    // Atomic; replaces `to`. Durable after SyncDirectory of the parent.
    virtual Status Rename(const std::string& from, const std::string& to) = 0;
    virtual Status Remove(const std::string& path) = 0;
    // Sorted by name.
    virtual Result<std::vector<DirectoryEntry>> List(const std::string& directory) = 0;
    // Creates `directory` and its missing parents, durably. Fine when it exists.
    virtual Status MakeDirectories(const std::string& directory) = 0;
    // Makes creations, renames and removals in `directory` durable.
    virtual Status SyncDirectory(const std::string& directory) = 0;
    // DATA_DIRECTORY_IN_USE (FAILED_PRECONDITION) when another process, or another lock of this
    // one, holds it.
    virtual Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& directory) = 0;
    // Bytes that can still be allocated where `directory` is.
    virtual Result<uint64_t> FreeBytes(const std::string& directory) = 0;
};

// The machine's file system. Lives for the whole program.
FileSystem& PosixFileSystem();

// Reads a whole file; FILE_TOO_LARGE (RESOURCE_EXHAUSTED) above `max_bytes`.
Result<std::string> ReadFile(FileSystem& fs, const std::string& path, uint64_t max_bytes);

// Replaces `path` by `contents` so that after a crash it holds the old bytes or the new ones,
// whole: writes `path`.tmp, syncs, renames, syncs the directory.
Status WriteFileAtomically(FileSystem& fs, const std::string& path, std::string_view contents);

// "a/b" of "a/b/c"; "." when there is no slash.
std::string ParentDirectory(const std::string& path);

}  // namespace blasty::io
