// Moves the WAL into tables.db, and knows how far that is durable.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/status.h"
#include "tables/internal/handle.h"
#include "tables/internal/store.h"

namespace blasty::tables::internal {

// Thread-safe; has a connection of its own. One checkpoint at a time.
class Checkpointer {
  public:
    // Both must outlive it. The meta tables must exist.
    static Result<std::unique_ptr<Checkpointer>> Open(Vfs& vfs, const std::string& path,
                                                      Store& store);

    enum class Mode {
        kPassive,   // beside the writer; what is written meanwhile stays for the next
        kTruncate,  // empties the WAL, unless readers need it: then as far as they allow
    };
    Status Run(Mode mode);

    // tables.db and its WAL have everything up to here even after a power cut.
    Sequence durable() const { return Sequence(durable_.load(std::memory_order_acquire)); }
    uint64_t count() const { return count_.load(std::memory_order_relaxed); }

  private:
    Checkpointer(Vfs& vfs, std::string wal_path, Store& store, std::unique_ptr<Handle> handle)
        : vfs_(vfs), wal_path_(std::move(wal_path)), store_(store), handle_(std::move(handle)) {}

    Vfs& vfs_;
    const std::string wal_path_;
    Store& store_;
    Mutex mutex_;
    const std::unique_ptr<Handle> handle_ ABSL_PT_GUARDED_BY(mutex_);
    std::atomic<uint64_t> durable_{0};
    std::atomic<uint64_t> count_{0};
};

}  // namespace blasty::tables::internal
