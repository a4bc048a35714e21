#include "tables/internal/checkpointer.h"

#include <utility>

#include "tables/internal/meta.h"

namespace blasty::tables::internal {
namespace {

// How long emptying the WAL waits for the readers that use it. Those that begin meanwhile do not
// need it any more, so that short ones never keep it for long.
constexpr int kReadersWaitMs = 100;

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::Open(Vfs& vfs, const std::string& path,
                                                         Store& store) {
    HandleOptions options;
    options.path = path;
    options.writable = true;
    options.guarded = false;
    options.page_cache_bytes = 256 << 10;
    BLASTY_ASSIGN_OR_RETURN(std::unique_ptr<Handle> handle, Handle::Open(vfs, options));
    sqlite3_busy_timeout(handle->db(), kReadersWaitMs);
    return std::unique_ptr<Checkpointer>(
        new Checkpointer(vfs, path + "-wal", store, std::move(handle)));
}

Status Checkpointer::Run(Mode mode) {
    // The other one keeps the writer waiting: let it find little to do.
    if (mode == Mode::kTruncate) BLASTY_RETURN_IF_ERROR(Run(Mode::kPassive));
    MutexLock lock(mutex_);
    int64_t applied = 0;
    {
        BLASTY_ASSIGN_OR_RETURN(Statement position,
                                handle_->Cached(kReadPosition, Access::kInternal));
        BLASTY_ASSIGN_OR_RETURN(const bool found, position.Step());
        if (found) applied = position.Integer(0);
    }
    int frames = 0, moved = 0;
    const int code = sqlite3_wal_checkpoint_v2(
        handle_->db(), "main",
        mode == Mode::kTruncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &frames,
        &moved);
    count_.fetch_add(1, std::memory_order_relaxed);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED)
        return handle_->Error(code);
    if (frames >= 0 && frames == moved)
        durable_.store(static_cast<uint64_t>(applied), std::memory_order_release);
    if (code == SQLITE_OK && mode == Mode::kTruncate) store_.set_wal_bytes(vfs_.SizeOf(wal_path_));
    return OkStatus();
}

}  // namespace blasty::tables::internal
