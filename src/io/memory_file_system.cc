#include "io/memory_file_system.h"

#include <map>
#include <set>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "io/internal/memory_inode.h"

namespace blasty::io {

using internal::MemoryInode;
using InodePtr = std::shared_ptr<MemoryInode>;

struct MemoryFileSystem::State {
    // A change of directories that is not synced yet: `path` now leads to `inode` (or nowhere), and
    // `from`, when not empty, no longer to it.
    struct DirectoryChange {
        std::string path, from;
        InodePtr inode;
    };

    Mutex mutex;
    std::map<std::string, InodePtr> files ABSL_GUARDED_BY(mutex);
    std::map<std::string, InodePtr> synced_files ABSL_GUARDED_BY(mutex);
    std::vector<DirectoryChange> changes ABSL_GUARDED_BY(mutex);
    std::set<std::string> directories ABSL_GUARDED_BY(mutex) = {".", "/"};
    std::map<std::string, std::weak_ptr<int>> locks ABSL_GUARDED_BY(mutex);
    uint64_t bytes_max = 0;

    static void Apply(std::map<std::string, InodePtr>& files, const DirectoryChange& change) {
        if (!change.from.empty()) {
            const auto it = files.find(change.from);
            if (it != files.end() && it->second == change.inode) files.erase(it);
        }
        if (change.inode)
            files[change.path] = change.inode;
        else
            files.erase(change.path);
    }

    void Do(DirectoryChange change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        Apply(files, change);
        changes.push_back(std::move(change));
    }

    uint64_t UsedBytes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        uint64_t used = 0;
        for (const auto& [path, inode] : files) used += inode->size();
        return used;
    }

    // Whether a file may grow from `old_size` to `new_size`.
    Status CheckSpace(uint64_t old_size, uint64_t new_size, const std::string& path) {
        if (new_size <= old_size) return OkStatus();
        MutexLock lock(mutex);
        if (UsedBytes() + (new_size - old_size) <= bytes_max) return OkStatus();
        return MakeError(StatusCode::kResourceExhausted, "NO_SPACE",
                         StrCat("writing '", path, "': no space left"));
    }
};

namespace {

Status NotFound(const std::string& path) {
    return MakeError(StatusCode::kNotFound, "FILE_NOT_FOUND",
                     StrCat("'", path, "' does not exist"));
}

}  // namespace

// Keeps a pointer to the file system, which must outlive it.
template <typename State>
class MemoryFile : public File {
  public:
    MemoryFile(InodePtr inode, std::string path, State* state, bool writable)
        : inode_(std::move(inode)), path_(std::move(path)), state_(state), writable_(writable) {}

    Result<size_t> ReadAt(uint64_t offset, size_t size, char* out) const override {
        return inode_->Read(offset, size, out);
    }
    Status WriteAt(uint64_t offset, std::string_view data) override {
        BLASTY_RETURN_IF_ERROR(Grow(offset + data.size()));
        inode_->Write(offset, data);
        return OkStatus();
    }
    Status Sync() override {
        inode_->Sync();
        return OkStatus();
    }
    Result<uint64_t> Size() const override { return inode_->size(); }
    Status Allocate(uint64_t size) override {
        BLASTY_RETURN_IF_ERROR(Grow(size));
        if (size > inode_->size()) inode_->Resize(size);
        return OkStatus();
    }
    Status Truncate(uint64_t size) override {
        BLASTY_RETURN_IF_ERROR(Grow(size));
        inode_->Resize(size);
        return OkStatus();
    }

  private:
    Status Grow(uint64_t size) {
        if (!writable_)
            return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                             StrCat("writing '", path_, "': it was opened for reading"));
        return state_->CheckSpace(inode_->size(), size, path_);
    }

    const InodePtr inode_;
    const std::string path_;
    State* const state_;
    const bool writable_;
};

namespace {

class MemoryLock : public DirectoryLock {
  public:
    explicit MemoryLock(std::shared_ptr<int> token) : token_(std::move(token)) {}

  private:
    const std::shared_ptr<int> token_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem(uint64_t free_bytes) : state_(std::make_unique<State>()) {
    state_->bytes_max = free_bytes;
}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::unique_ptr<File>> MemoryFileSystem::Open(const std::string& path, OpenMode mode) {
    MutexLock lock(state_->mutex);
    const auto it = state_->files.find(path);
    InodePtr inode;
    if (mode == OpenMode::kCreateNew) {
        if (it != state_->files.end())
            return MakeError(StatusCode::kAlreadyExists, "FILE_EXISTS",
                             StrCat("'", path, "' exists already"));
        if (!state_->directories.contains(ParentDirectory(path))) return NotFound(path);
        inode = std::make_shared<MemoryInode>();
        state_->Do({path, "", inode});
    } else {
        if (it == state_->files.end()) return NotFound(path);
        inode = it->second;
    }
    return std::make_unique<MemoryFile<State>>(inode, path, state_.get(), mode != OpenMode::kRead);
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
    MutexLock lock(state_->mutex);
    const auto it = state_->files.find(from);
    if (it == state_->files.end()) return NotFound(from);
    if (from != to) state_->Do({to, from, it->second});
    return OkStatus();
}

Status MemoryFileSystem::Remove(const std::string& path) {
    MutexLock lock(state_->mutex);
    if (!state_->files.contains(path)) return NotFound(path);
    state_->Do({path, "", nullptr});
    return OkStatus();
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::List(const std::string& directory) {
    MutexLock lock(state_->mutex);
    if (!state_->directories.contains(directory)) return NotFound(directory);
    std::map<std::string, bool> names;
    const std::string prefix = directory == "/" ? "/" : directory + "/";
    for (const auto& [path, inode] : state_->files)
        if (ParentDirectory(path) == directory) names[path.substr(prefix.size())] = false;
    for (const std::string& path : state_->directories)
        if (path != directory && path.starts_with(prefix) && ParentDirectory(path) == directory)
            names[path.substr(prefix.size())] = true;
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, is_directory] : names) entries.push_back({name, is_directory});
    return entries;
}

Status MemoryFileSystem::MakeDirectories(const std::string& directory) {
    MutexLock lock(state_->mutex);
    for (std::string path = directory; state_->directories.insert(path).second;)
        path = ParentDirectory(path);
    return OkStatus();
}

Status MemoryFileSystem::SyncDirectory(const std::string& directory) {
    MutexLock lock(state_->mutex);
    if (!state_->directories.contains(directory)) return NotFound(directory);
    std::vector<State::DirectoryChange> rest;
    for (auto& change : state_->changes) {
        if (ParentDirectory(change.path) == directory ||
            (!change.from.empty() && ParentDirectory(change.from) == directory))
            State::Apply(state_->synced_files, change);
        else
            rest.push_back(std::move(change));
    }
    state_->changes = std::move(rest);
    return OkStatus();
}

Result<std::unique_ptr<DirectoryLock>> MemoryFileSystem::Lock(const std::string& directory) {
    MutexLock lock(state_->mutex);
    if (!state_->directories.contains(directory)) return NotFound(directory);
    if (!state_->locks[directory].expired())
        return MakeError(StatusCode::kFailedPrecondition, "DATA_DIRECTORY_IN_USE",
                         StrCat("'", directory, "' is in use"));
    auto token = std::make_shared<int>(0);
    state_->locks[directory] = token;
    return std::make_unique<MemoryLock>(std::move(token));
}

Result<uint64_t> MemoryFileSystem::FreeBytes(const std::string&) {
    MutexLock lock(state_->mutex);
    const uint64_t used = state_->UsedBytes();
    return used < state_->bytes_max ? state_->bytes_max - used : 0;
}

void MemoryFileSystem::Crash(CrashMode mode, uint64_t seed) {
    MutexLock lock(state_->mutex);
    Random random(seed);
    auto after = std::move(state_->synced_files);
    for (const auto& change : state_->changes) {
        const bool kept =
            mode == CrashMode::kKeep || (mode != CrashMode::kLose && random.Chance(1, 2));
        if (kept) State::Apply(after, change);
    }
    std::map<MemoryInode*, InodePtr> copies;  // one inode may have two names
    for (auto& [path, inode] : after) {
        InodePtr& copy = copies[inode.get()];
        if (!copy) copy = std::make_shared<MemoryInode>(inode->AfterCrash(mode, random));
        inode = copy;
    }
    state_->files = after;
    state_->synced_files = std::move(after);
    state_->changes.clear();
    state_->locks.clear();
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::Clone() const {
    MutexLock lock(state_->mutex);
    auto clone = std::make_unique<MemoryFileSystem>(state_->bytes_max);
    MutexLock clone_lock(clone->state_->mutex);
    for (const auto& [path, inode] : state_->files)
        clone->state_->files[path] = std::make_shared<MemoryInode>(inode->data());
    clone->state_->synced_files = clone->state_->files;
    clone->state_->directories = state_->directories;
    return clone;
}

Result<std::string> MemoryFileSystem::Peek(const std::string& path) const {
    MutexLock lock(state_->mutex);
    const auto it = state_->files.find(path);
    if (it == state_->files.end()) return NotFound(path);
    return it->second->data();
}

Status MemoryFileSystem::Poke(const std::string& path, std::string_view contents) {
    MutexLock lock(state_->mutex);
    const auto it = state_->files.find(path);
    if (it == state_->files.end()) return NotFound(path);
    it->second->Replace(contents);
    return OkStatus();
}

}  // namespace blasty::io
