#include <cstring>
#include <new>

#include "tables/internal/vfs_file.h"

namespace blasty::tables::internal {
namespace {

constexpr sqlite3_int64 kPieceBytes = 64 << 10;

TemporaryFile& Of(sqlite3_file* file) { return *reinterpret_cast<TemporaryFile*>(file); }

// Drops the pieces beyond `count`.
void Shrink(TemporaryFile& file, size_t count) {
    while (file.pieces.size() > count) {
        sqlite3_free(file.pieces.back());
        file.pieces.pop_back();
    }
}

int Close(sqlite3_file* file) {
    TemporaryFile& self = Of(file);
    Shrink(self, 0);
    self.~TemporaryFile();
    return SQLITE_OK;
}

// Calls visit(piece bytes, length) for the pieces of [offset, offset + size).
template <typename Visit>
void ForEachPiece(TemporaryFile& file, sqlite3_int64 offset, sqlite3_int64 size,
                  const Visit& visit) {
    while (size > 0) {
        const sqlite3_int64 at = offset % kPieceBytes;
        const sqlite3_int64 length = std::min(size, kPieceBytes - at);
        visit(file.pieces[static_cast<size_t>(offset / kPieceBytes)] + at,
              static_cast<size_t>(length));
        offset += length;
        size -= length;
    }
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    TemporaryFile& self = Of(file);
    auto* to = static_cast<char*>(out);
    const sqlite3_int64 there = std::clamp<sqlite3_int64>(self.size - offset, 0, size);
    ForEachPiece(self, offset, there, [&to](const char* piece, size_t length) {
        std::memcpy(to, piece, length);
        to += length;
    });
    if (there == size) return SQLITE_OK;
    std::memset(to, 0, static_cast<size_t>(size - there));
    return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    TemporaryFile& self = Of(file);
    const sqlite3_int64 end = offset + size;
    while (static_cast<sqlite3_int64>(self.pieces.size()) * kPieceBytes < end) {
        auto* const piece = static_cast<char*>(sqlite3_malloc64(kPieceBytes));
        if (piece == nullptr) return SQLITE_IOERR_NOMEM;
        std::memset(piece, 0, kPieceBytes);
        self.pieces.push_back(piece);
    }
    const auto* from = static_cast<const char*>(data);
    ForEachPiece(self, offset, size, [&from](char* piece, size_t length) {
        std::memcpy(piece, from, length);
        from += length;
    });
    self.size = std::max(self.size, end);
    return SQLITE_OK;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    TemporaryFile& self = Of(file);
    if (size >= self.size) return SQLITE_OK;
    // Bytes that grow back must read as zero.
    ForEachPiece(self, size, std::min(self.size - size, kPieceBytes - size % kPieceBytes),
                 [](char* piece, size_t length) { std::memset(piece, 0, length); });
    self.size = size;
    Shrink(self, static_cast<size_t>((size + kPieceBytes - 1) / kPieceBytes));
    return SQLITE_OK;
}

int Sync(sqlite3_file*, int) { return SQLITE_OK; }

int FileSize(sqlite3_file* file, sqlite3_int64* out) {
    *out = Of(file).size;
    return SQLITE_OK;
}

// Nobody else can open it.
int Lock(sqlite3_file*, int) { return SQLITE_OK; }

int CheckReservedLock(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return 4096; }
int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

constexpr sqlite3_io_methods kMethods = {
    1,
    Close,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Lock,
    Lock,
    CheckReservedLock,
    FileControl,
    SectorSize,
    DeviceCharacteristics,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

}  // namespace

void MakeTemporaryFile(sqlite3_file* memory) {
    auto* const made = new (memory) TemporaryFile{{}, {}, 0};
    made->base.pMethods = &kMethods;
}

}  // namespace blasty::tables::internal
