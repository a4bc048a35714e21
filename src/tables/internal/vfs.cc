#include "tables/internal/vfs.h"

#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/strings.h"
#include "tables/internal/heap.h"
#include "tables/internal/vfs_file.h"
#include "tables/internal/vfs_impl.h"

namespace blasty::tables::internal {
namespace {

// 1970-01-01 in milliseconds of the Julian calendar, as SQLite counts.
constexpr sqlite3_int64 kUnixEpochJulianMs = 210'866'760'000'000;
constexpr int kTemporaryKinds = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TEMP_JOURNAL |
                                SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_SUBJOURNAL;
constexpr int kPathBytesMax = 4096;

Vfs::Impl& Of(sqlite3_vfs* vfs) { return *static_cast<Vfs::Impl*>(vfs->pAppData); }

sqlite3_vfs* System() { return sqlite3_vfs_find(nullptr); }

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* memory, int flags, int* out_flags) {
    memory->pMethods = nullptr;
    if (name == nullptr || (flags & kTemporaryKinds) != 0) {
        MakeTemporaryFile(memory);
    } else {
        Vfs::Impl& self = Of(vfs);
        auto node = self.OpenNode(name, (flags & SQLITE_OPEN_CREATE) != 0);
        if (!node.ok()) return self.Report(node.status(), SQLITE_CANTOPEN);
        MakeNamedFile(memory, self, *std::move(node), (flags & SQLITE_OPEN_DELETEONCLOSE) != 0);
    }
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    return Of(vfs).Delete(name, sync_directory != 0);
}

int Access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    bool exists = false;
    const int code = Of(vfs).Exists(name, &exists);
    *out = exists ? 1 : 0;
    return code;
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
    const size_t length = std::strlen(name);
    if (length + 1 > static_cast<size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
}

int Randomness(sqlite3_vfs*, int size, char* out) {
    return System()->xRandomness(System(), size, out);
}

int Sleep(sqlite3_vfs*, int us) {
    std::this_thread::sleep_for(std::chrono::microseconds(us));
    return us;
}

int CurrentTimeInt64(sqlite3_vfs* vfs, sqlite3_int64* out) {
    *out = Of(vfs).clock.NowMicros() / 1000 + kUnixEpochJulianMs;
    return SQLITE_OK;
}

int CurrentTime(sqlite3_vfs* vfs, double* out) {
    sqlite3_int64 ms = 0;
    CurrentTimeInt64(vfs, &ms);
    *out = static_cast<double>(ms) / 86'400'000.0;
    return SQLITE_OK;
}

int GetLastError(sqlite3_vfs*, int, char*) { return 0; }

std::string UniqueName() {
    static std::atomic<uint64_t> count{0};
    return StrCat("blasty-", count.fetch_add(1) + 1);
}

}  // namespace

int Vfs::Impl::Report(const Status& error, int otherwise) {
    MutexLock lock(mutex);
    last_error = error;
    return ReasonOf(error) == "NO_SPACE" ? SQLITE_FULL : otherwise;
}

int Vfs::Impl::SyncNode(VfsNode& node) {
    if (const int code = MayWrite(SQLITE_IOERR_FSYNC); code != SQLITE_OK) return code;
    Status synced = node.file().Sync();
    if (synced.ok() && node.TakeDirectoryDirty())
        synced = fs.SyncDirectory(io::ParentDirectory(node.path()));
    if (synced.ok()) return SQLITE_OK;
    {
        MutexLock lock(mutex);
        if (sync_error.ok()) sync_error = synced;
        sync_failed = true;
    }
    Report(synced, SQLITE_IOERR_FSYNC);
    return SQLITE_IOERR_FSYNC;
}

Result<std::shared_ptr<VfsNode>> Vfs::Impl::OpenNode(const std::string& path, bool create) {
    MutexLock lock(mutex);
    std::weak_ptr<VfsNode>& known = nodes[path];
    if (auto node = known.lock()) return node;
    bool created = false;
    auto file = fs.Open(path, io::OpenMode::kReadWrite);
    if (!file.ok() && create && ReasonOf(file.status()) == "FILE_NOT_FOUND") {
        file = fs.Open(path, io::OpenMode::kCreateNew);
        created = true;
    }
    if (!file.ok()) {
        nodes.erase(path);
        return file.status();
    }
    auto node = std::make_shared<VfsNode>(path, *std::move(file), created);
    known = node;
    return node;
}

std::shared_ptr<VfsNode> Vfs::Impl::FindNode(const std::string& path) {
    MutexLock lock(mutex);
    const auto it = nodes.find(path);
    return it == nodes.end() ? nullptr : it->second.lock();
}

int Vfs::Impl::Delete(const std::string& path, bool sync_directory) {
    {
        // Who still has it open keeps the old file; who opens the name gets a new one.
        MutexLock lock(mutex);
        nodes.erase(path);
    }
    if (const int code = MayWrite(SQLITE_IOERR_DELETE); code != SQLITE_OK) return code;
    Status removed = fs.Remove(path);
    if (!removed.ok() && ReasonOf(removed) == "FILE_NOT_FOUND") return SQLITE_IOERR_DELETE_NOENT;
    if (removed.ok() && sync_directory) removed = fs.SyncDirectory(io::ParentDirectory(path));
    return removed.ok() ? SQLITE_OK : Report(removed, SQLITE_IOERR_DELETE);
}

int Vfs::Impl::Exists(const std::string& path, bool* out) {
    *out = true;
    if (FindNode(path) != nullptr) return SQLITE_OK;
    const Status opened = fs.Open(path, io::OpenMode::kRead).status();
    *out = opened.ok();
    // A journal that cannot be looked at must not count as missing.
    if (opened.ok() || ReasonOf(opened) == "FILE_NOT_FOUND") return SQLITE_OK;
    return Report(opened, SQLITE_IOERR_ACCESS);
}

Vfs::Vfs(io::FileSystem& fs, const Clock& clock) : impl_(std::make_unique<Impl>(fs, clock)) {
    InitializeSqlite();
    impl_->name = UniqueName();
    sqlite3_vfs& vfs = impl_->vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = kFileBytes;
    vfs.mxPathname = kPathBytesMax;
    vfs.zName = impl_->name.c_str();
    vfs.pAppData = impl_.get();
    vfs.xOpen = Open;
    vfs.xDelete = Delete;
    vfs.xAccess = Access;
    vfs.xFullPathname = FullPathname;
    vfs.xRandomness = Randomness;
    vfs.xSleep = Sleep;
    vfs.xCurrentTime = CurrentTime;
    vfs.xGetLastError = GetLastError;
    vfs.xCurrentTimeInt64 = CurrentTimeInt64;
    BLASTY_CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK) << "SQLite cannot be initialized";
}

Vfs::~Vfs() { sqlite3_vfs_unregister(&impl_->vfs); }

const std::string& Vfs::name() const { return impl_->name; }

const Clock& Vfs::clock() const { return impl_->clock; }

Status Vfs::health() const {
    MutexLock lock(impl_->mutex);
    return impl_->sync_error;
}

Status Vfs::last_error() const {
    MutexLock lock(impl_->mutex);
    return impl_->last_error;
}

uint64_t Vfs::SizeOf(const std::string& path) const {
    const std::shared_ptr<VfsNode> node = impl_->FindNode(path);
    if (node == nullptr) return 0;
    return node->file().Size().value_or(0);
}

}  // namespace blasty::tables::internal
