#include "tables/internal/vfs_node.h"

#include <cstring>

namespace blasty::tables::internal {

int VfsNode::Lock(NodeLocks& mine, int level) {
    if (mine.level >= level) return SQLITE_OK;
    MutexLock lock(mutex_);
    if (level == SQLITE_LOCK_SHARED) {
        if (pending_) return SQLITE_BUSY;
        ++readers_;
        mine.level = SQLITE_LOCK_SHARED;
        return SQLITE_OK;
    }
    if (writer_ != nullptr && writer_ != &mine) return SQLITE_BUSY;
    writer_ = &mine;
    if (level == SQLITE_LOCK_RESERVED) {
        mine.level = SQLITE_LOCK_RESERVED;
        return SQLITE_OK;
    }
    // EXCLUSIVE waits, as PENDING, until the readers there are have left.
    pending_ = true;
    if (readers_ > 1) {
        mine.level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    mine.level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

void VfsNode::Unlock(NodeLocks& mine, int level) {
    if (mine.level <= level) return;
    MutexLock lock(mutex_);
    if (writer_ == &mine) {
        writer_ = nullptr;
        pending_ = false;
    }
    if (level == SQLITE_LOCK_NONE) --readers_;
    mine.level = level;
}

bool VfsNode::Reserved() {
    MutexLock lock(mutex_);
    return writer_ != nullptr;
}

int VfsNode::MapShared(NodeLocks& mine, int region, int size, bool extend, void volatile** out) {
    MutexLock lock(shm_mutex_);
    if (!mine.shm_open) {
        mine.shm_open = true;
        ++shm_users_;
    }
    const auto wanted = static_cast<size_t>(region);
    if (wanted >= regions_.size() && !extend) {
        *out = nullptr;
        return SQLITE_OK;
    }
    while (regions_.size() <= wanted)
        regions_.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    *out = regions_[wanted].get();
    return SQLITE_OK;
}

int VfsNode::LockShared(NodeLocks& mine, int first, int count, int flags) {
    const auto mask = static_cast<uint16_t>(((1u << count) - 1) << first);
    MutexLock lock(shm_mutex_);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        for (int i = first; i < first + count; ++i) {
            const auto at = static_cast<size_t>(i);
            const auto bit = static_cast<uint16_t>(1u << i);
            if ((mine.shm_exclusive & bit) != 0) shm_exclusive_[at] = false;
            if ((mine.shm_shared & bit) != 0) --shm_shared_[at];
        }
        mine.shm_exclusive = static_cast<uint16_t>(mine.shm_exclusive & ~mask);
        mine.shm_shared = static_cast<uint16_t>(mine.shm_shared & ~mask);
        return SQLITE_OK;
    }
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (int i = first; i < first + count; ++i) {
        const auto at = static_cast<size_t>(i);
        const auto bit = static_cast<uint16_t>(1u << i);
        if (shm_exclusive_[at] && (mine.shm_exclusive & bit) == 0) return SQLITE_BUSY;
        const int others = shm_shared_[at] - ((mine.shm_shared & bit) != 0 ? 1 : 0);
        if (exclusive && others > 0) return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; ++i) {
        const auto at = static_cast<size_t>(i);
        const auto bit = static_cast<uint16_t>(1u << i);
        if (exclusive)
            shm_exclusive_[at] = true;
        else if ((mine.shm_shared & bit) == 0)
            ++shm_shared_[at];
    }
    uint16_t& held = exclusive ? mine.shm_exclusive : mine.shm_shared;
    held = static_cast<uint16_t>(held | mask);
    return SQLITE_OK;
}

// A full fence (the standard's is not known to ThreadSanitizer). Without a lock: the writer calls
// it between the two copies of the WAL index's header, when everybody else must wait.
void VfsNode::Barrier() { __sync_synchronize(); }

void VfsNode::LeaveShared(NodeLocks& mine) {
    if (!mine.shm_open) return;
    LockShared(mine, 0, kShmLocks, SQLITE_SHM_UNLOCK);
    MutexLock lock(shm_mutex_);
    mine.shm_open = false;
    if (--shm_users_ == 0) regions_.clear();
}

}  // namespace blasty::tables::internal
