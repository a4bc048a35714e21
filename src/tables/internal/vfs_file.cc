#include "tables/internal/vfs_file.h"

#include <cstring>
#include <new>
#include <utility>

namespace blasty::tables::internal {
namespace {

NamedFile& Of(sqlite3_file* file) { return *reinterpret_cast<NamedFile*>(file); }

int Close(sqlite3_file* file) {
    NamedFile& self = Of(file);
    self.node->LeaveShared(self.locks);
    self.node->Unlock(self.locks, SQLITE_LOCK_NONE);
    if (self.delete_on_close) static_cast<void>(self.vfs->Delete(self.node->path(), false));
    self.~NamedFile();
    return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    NamedFile& self = Of(file);
    const auto wanted = static_cast<size_t>(size);
    auto* const bytes = static_cast<char*>(out);
    const Result<size_t> got =
        self.node->file().ReadAt(static_cast<uint64_t>(offset), wanted, bytes);
    if (!got.ok()) return self.vfs->Report(got.status(), SQLITE_IOERR_READ);
    if (*got == wanted) return SQLITE_OK;
    std::memset(bytes + *got, 0, wanted - *got);  // SQLite relies on it
    return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    NamedFile& self = Of(file);
    if (const int code = self.vfs->MayWrite(SQLITE_IOERR_WRITE); code != SQLITE_OK) return code;
    const Status written = self.node->file().WriteAt(
        static_cast<uint64_t>(offset), {static_cast<const char*>(data), static_cast<size_t>(size)});
    return written.ok() ? SQLITE_OK : self.vfs->Report(written, SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    NamedFile& self = Of(file);
    if (const int code = self.vfs->MayWrite(SQLITE_IOERR_TRUNCATE); code != SQLITE_OK) return code;
    const Status cut = self.node->file().Truncate(static_cast<uint64_t>(size));
    return cut.ok() ? SQLITE_OK : self.vfs->Report(cut, SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int) {
    NamedFile& self = Of(file);
    return self.vfs->SyncNode(*self.node);
}

int FileSize(sqlite3_file* file, sqlite3_int64* out) {
    NamedFile& self = Of(file);
    const Result<uint64_t> size = self.node->file().Size();
    if (!size.ok()) return self.vfs->Report(size.status(), SQLITE_IOERR_FSTAT);
    *out = static_cast<sqlite3_int64>(*size);
    return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
    NamedFile& self = Of(file);
    return self.node->Lock(self.locks, level);
}

int Unlock(sqlite3_file* file, int level) {
    NamedFile& self = Of(file);
    self.node->Unlock(self.locks, level);
    return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* file, int* out) {
    *out = Of(file).node->Reserved() ? 1 : 0;
    return SQLITE_OK;
}

int FileControl(sqlite3_file* file, int opcode, void* argument) {
    NamedFile& self = Of(file);
    if (opcode == kGetLastError) {
        MutexLock lock(self.vfs->mutex);
        if (!self.vfs->last_error.ok()) *static_cast<Status*>(argument) = self.vfs->last_error;
        return SQLITE_OK;
    }
    if (opcode == SQLITE_FCNTL_LOCKSTATE) {
        *static_cast<int*>(argument) = self.locks.level;
        return SQLITE_OK;
    }
    return SQLITE_NOTFOUND;
}

// As usual for files on Linux.
int SectorSize(sqlite3_file*) { return 4096; }

// Bytes of a sector beside those that are written survive a power cut.
int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    NamedFile& self = Of(file);
    return self.node->MapShared(self.locks, region, size, extend != 0, out);
}

int ShmLock(sqlite3_file* file, int first, int count, int flags) {
    NamedFile& self = Of(file);
    return self.node->LockShared(self.locks, first, count, flags);
}

void ShmBarrier(sqlite3_file*) { VfsNode::Barrier(); }

int ShmUnmap(sqlite3_file* file, int) {
    NamedFile& self = Of(file);
    self.node->LeaveShared(self.locks);
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {
    2,
    Close,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Lock,
    Unlock,
    CheckReservedLock,
    FileControl,
    SectorSize,
    DeviceCharacteristics,
    ShmMap,
    ShmLock,
    ShmBarrier,
    ShmUnmap,
    nullptr,
    nullptr,
};

}  // namespace

void MakeNamedFile(sqlite3_file* memory, Vfs::Impl& vfs, std::shared_ptr<VfsNode> node,
                   bool delete_on_close) {
    auto* const made = new (memory) NamedFile{{}, &vfs, std::move(node), {}, delete_on_close};
    made->base.pMethods = &kMethods;
}

}  // namespace blasty::tables::internal
