#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "io/file_system.h"

namespace blasty::io {
namespace {

Status ErrnoError(int error, std::string_view doing, const std::string& path) {
    const std::string text = StrCat(doing, " '", path, "': ", std::strerror(error));
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return MakeError(StatusCode::kNotFound, "FILE_NOT_FOUND", text);
        case EEXIST:
            return MakeError(StatusCode::kAlreadyExists, "FILE_EXISTS", text);
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return MakeError(StatusCode::kResourceExhausted, "NO_SPACE",
                             StrCat(text, "; free some space"));
        default:
            return MakeError(StatusCode::kUnavailable, "IO_ERROR", text);
    }
}

// Calls `call` again while a signal interrupts it.
template <typename Call>
auto Retry(const Call& call) {
    for (;;) {
        const auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

class PosixMapping : public Mapping {
  public:
    PosixMapping(void* start, size_t size) : start_(start), size_(size) {}
    ~PosixMapping() override {
        if (size_ != 0) munmap(start_, size_);
    }
    std::string_view bytes() const override { return {static_cast<const char*>(start_), size_}; }

  private:
    void* const start_;
    const size_t size_;
};

class PosixFile : public File {
  public:
    PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    ~PosixFile() override { close(fd_); }

    Result<size_t> ReadAt(uint64_t offset, size_t size, char* out) const override {
        size_t done = 0;
        while (done < size) {
            const ssize_t n = Retry([&] {
                return pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
            });
            if (n < 0) return ErrnoError(errno, StrCat("reading at ", offset + done), path_);
            if (n == 0) break;
            done += static_cast<size_t>(n);
        }
        return done;
    }

    Status WriteAt(uint64_t offset, std::string_view data) override {
        while (!data.empty()) {
            const ssize_t n = Retry(
                [&] { return pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset)); });
            if (n < 0) return ErrnoError(errno, StrCat("writing at ", offset), path_);
            if (n == 0) return ErrnoError(EIO, StrCat("writing at ", offset), path_);
            data.remove_prefix(static_cast<size_t>(n));
            offset += static_cast<uint64_t>(n);
        }
        return OkStatus();
    }

    Status Sync() override {
        if (Retry([&] { return fdatasync(fd_); }) == 0) return OkStatus();
        return ErrnoError(errno, "syncing", path_);
    }

    Result<uint64_t> Size() const override {
        struct stat info;
        if (fstat(fd_, &info) != 0) return ErrnoError(errno, "reading the size of", path_);
        return static_cast<uint64_t>(info.st_size);
    }

    Status Allocate(uint64_t size) override {
        if (Retry([&] { return fallocate(fd_, 0, 0, static_cast<off_t>(size)); }) == 0)
            return OkStatus();
        if (errno != EOPNOTSUPP && errno != ENOSYS)
            return ErrnoError(errno, StrCat("reserving ", size, " bytes for"), path_);
        BLASTY_ASSIGN_OR_RETURN(const uint64_t now, Size());
        return now >= size ? OkStatus() : Truncate(size);
    }

    Status Truncate(uint64_t size) override {
        if (Retry([&] { return ftruncate(fd_, static_cast<off_t>(size)); }) == 0) return OkStatus();
        return ErrnoError(errno, "setting the size of", path_);
    }

    Result<std::unique_ptr<Mapping>> Map() const override {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t size, Size());
        void* start = nullptr;
        if (size != 0) start = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd_, 0);
        if (start == MAP_FAILED) return ErrnoError(errno, "mapping", path_);
        return std::unique_ptr<Mapping>(std::make_unique<PosixMapping>(start, size));
    }

  private:
    const int fd_;
    const std::string path_;
};

// Directories this process holds, by device and inode, so that two names of one are one. flock
// alone would do between processes, and also between two descriptors of one process, but not on
// every network file system.
struct Held {
    Mutex mutex;
    std::set<std::pair<uint64_t, uint64_t>> directories ABSL_GUARDED_BY(mutex);
};

Held& HeldDirectories() {
    static Held* const held = new Held;
    return *held;
}

class PosixLock : public DirectoryLock {
  public:
    PosixLock(int fd, std::pair<uint64_t, uint64_t> id) : fd_(fd), id_(id) {}
    ~PosixLock() override {
        close(fd_);
        MutexLock lock(HeldDirectories().mutex);
        HeldDirectories().directories.erase(id_);
    }

  private:
    const int fd_;
    const std::pair<uint64_t, uint64_t> id_;
};

Status InUse(const std::string& directory) {
    return MakeError(StatusCode::kFailedPrecondition, "DATA_DIRECTORY_IN_USE",
                     StrCat("'", directory,
                            "' is in use by another process; stop it or choose another directory"));
}

class Posix : public FileSystem {
  public:
    Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
        int flags = O_CLOEXEC;
        if (mode == OpenMode::kRead) flags |= O_RDONLY;
        if (mode == OpenMode::kReadWrite) flags |= O_RDWR;
        if (mode == OpenMode::kCreateNew) flags |= O_RDWR | O_CREAT | O_EXCL;
        const int fd = Retry([&] { return open(path.c_str(), flags, 0640); });
        if (fd < 0) return ErrnoError(errno, "opening", path);
        return std::make_unique<PosixFile>(fd, path);
    }

    Status Rename(const std::string& from, const std::string& to) override {
        if (rename(from.c_str(), to.c_str()) == 0) return OkStatus();
        return ErrnoError(errno, StrCat("renaming '", from, "' to"), to);
    }

    Status Remove(const std::string& path) override {
        if (unlink(path.c_str()) == 0) return OkStatus();
        return ErrnoError(errno, "removing", path);
    }

    Result<std::vector<DirectoryEntry>> List(const std::string& directory) override {
        DIR* const dir = opendir(directory.c_str());
        if (dir == nullptr) return ErrnoError(errno, "listing", directory);
        std::vector<DirectoryEntry> entries;
        errno = 0;
        while (const dirent* entry = readdir(dir)) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            entries.push_back({name, IsDirectory(*entry, directory + "/" + name)});
            errno = 0;
        }
        const int error = errno;
        closedir(dir);
        if (error != 0) return ErrnoError(error, "listing", directory);
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return entries;
    }

    Status MakeDirectories(const std::string& directory) override {
        struct stat info;
        if (stat(directory.c_str(), &info) == 0) {
            if (S_ISDIR(info.st_mode)) return OkStatus();
            return ErrnoError(EEXIST, "a file is in the way of directory", directory);
        }
        const std::string parent = ParentDirectory(directory);
        if (parent != directory) BLASTY_RETURN_IF_ERROR(MakeDirectories(parent));
        if (mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
            return ErrnoError(errno, "creating directory", directory);
        return SyncDirectory(parent);
    }

    Status SyncDirectory(const std::string& directory) override {
        const int fd =
            Retry([&] { return open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
        if (fd < 0) return ErrnoError(errno, "opening directory", directory);
        const int result = Retry([&] { return fsync(fd); });
        const int error = errno;
        close(fd);
        // Some file systems cannot sync a directory and say EINVAL: they have nothing to sync.
        if (result == 0 || error == EINVAL) return OkStatus();
        return ErrnoError(error, "syncing directory", directory);
    }

    Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& directory) override {
        const std::string path = directory + "/LOCK";
        const int fd =
            Retry([&] { return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640); });
        if (fd < 0) return ErrnoError(errno, "opening", path);
        struct stat info;
        if (fstat(fd, &info) != 0) {
            const int error = errno;
            close(fd);
            return ErrnoError(error, "reading", path);
        }
        const std::pair<uint64_t, uint64_t> id(info.st_dev, info.st_ino);
        {
            MutexLock lock(HeldDirectories().mutex);
            if (!HeldDirectories().directories.insert(id).second) {
                close(fd);
                return InUse(directory);
            }
        }
        auto held = std::make_unique<PosixLock>(fd, id);
        if (Retry([&] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0) return held;
        if (errno == EWOULDBLOCK) return InUse(directory);
        return ErrnoError(errno, "locking", path);
    }

    Result<uint64_t> FreeBytes(const std::string& directory) override {
        struct statvfs info;
        if (statvfs(directory.c_str(), &info) != 0)
            return ErrnoError(errno, "reading the free space of", directory);
        return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
    }

  private:
    static bool IsDirectory(const dirent& entry, const std::string& path) {
        if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
        struct stat info;
        return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    }
};

}  // namespace

FileSystem& PosixFileSystem() {
    static Posix* const posix = new Posix;
    return *posix;
}

}  // namespace blasty::io
