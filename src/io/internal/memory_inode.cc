#include "io/internal/memory_inode.h"

#include <algorithm>
#include <cstring>

namespace blasty::io::internal {
namespace {

void ApplyPiece(std::string& disk, uint64_t offset, std::string_view piece) {
    if (disk.size() < offset + piece.size()) disk.resize(offset + piece.size());
    std::memcpy(disk.data() + offset, piece.data(), piece.size());
}

CrashMode Draw(CrashMode mode, Random& random) {
    if (mode != CrashMode::kMix) return mode;
    constexpr CrashMode kModes[] = {CrashMode::kKeep, CrashMode::kLose, CrashMode::kGarble};
    return kModes[random.Below(3)];
}

// One write, sector by sector.
void CrashWrite(std::string& disk, uint64_t offset, std::string_view written, CrashMode mode,
                Random& random) {
    while (!written.empty()) {
        const uint64_t to_sector_end = kSectorBytes - offset % kSectorBytes;
        const std::string_view piece = written.substr(0, to_sector_end);
        const CrashMode fate = Draw(mode, random);
        if (fate == CrashMode::kKeep) ApplyPiece(disk, offset, piece);
        if (fate == CrashMode::kGarble) ApplyPiece(disk, offset, random.Bytes(piece.size()));
        offset += piece.size();
        written.remove_prefix(piece.size());
    }
}

}  // namespace

size_t MemoryInode::Read(uint64_t offset, size_t size, char* out) const {
    MutexLock lock(mutex_);
    if (offset >= data_.size()) return 0;
    const size_t n = std::min<uint64_t>(size, data_.size() - offset);
    std::memcpy(out, data_.data() + offset, n);
    return n;
}

void MemoryInode::Write(uint64_t offset, std::string_view data) {
    if (data.empty()) return;
    MutexLock lock(mutex_);
    const uint64_t old_size = data_.size();
    const uint64_t end = offset + data.size();
    Change change{offset, data.size(), old_size, std::max(old_size, end), ""};
    if (offset < old_size) change.old = data_.substr(offset, data.size());
    if (end > old_size) data_.resize(end);
    std::memcpy(data_.data() + offset, data.data(), data.size());
    changes_.push_back(std::move(change));
}

void MemoryInode::Resize(uint64_t size) {
    MutexLock lock(mutex_);
    if (size == data_.size()) return;
    Change change{size, 0, data_.size(), size, ""};
    if (size < data_.size()) change.old = data_.substr(size);
    data_.resize(size);
    changes_.push_back(std::move(change));
}

void MemoryInode::Sync() {
    MutexLock lock(mutex_);
    changes_.clear();
}

uint64_t MemoryInode::size() const {
    MutexLock lock(mutex_);
    return data_.size();
}

std::string MemoryInode::data() const {
    MutexLock lock(mutex_);
    return data_;
}

void MemoryInode::Replace(std::string_view data) {
    MutexLock lock(mutex_);
    data_ = data;
    changes_.clear();
}

std::string MemoryInode::AfterCrash(CrashMode mode, Random& random) const {
    MutexLock lock(mutex_);
    std::string disk = data_;
    // Back to the last synced state; on the way each change is asked what it wrote.
    std::vector<std::string> written(changes_.size());
    for (size_t i = changes_.size(); i-- > 0;) {
        const Change& change = changes_[i];
        written[i] = disk.substr(std::min<uint64_t>(change.offset, disk.size()), change.length);
        disk.resize(change.old_size);
        if (!change.old.empty())
            std::memcpy(disk.data() + change.offset, change.old.data(), change.old.size());
    }
    for (size_t i = 0; i < changes_.size(); ++i) {
        if (changes_[i].length > 0)
            CrashWrite(disk, changes_[i].offset, written[i], mode, random);
        else if (Draw(mode, random) == CrashMode::kKeep)
            disk.resize(changes_[i].new_size);
    }
    return disk;
}

}  // namespace blasty::io::internal
