// From where on the changes of tables stay in the log: a sequence that only grows, in a small file
// of its own (`tables.history`), so that losing tables.db cannot hide that the log is not whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/status.h"
#include "io/file_system.h"
#include "log/log.h"

namespace blasty::tables::internal {

// from() is thread-safe; Advance one thread at a time.
class History {
  public:
    // TABLES_DAMAGED when the file cannot be understood. `fs` must outlive it.
    static Result<std::unique_ptr<History>> Load(io::FileSystem& fs, const std::string& directory);

    Sequence from() const { return Sequence(from_.load(std::memory_order_acquire)); }
    // Gives up what is in segments of the log that ended before `oldest_us`; stored durably first
    // when `store`.
    Status Advance(const log::Log& log, int64_t oldest_us, bool store);

  private:
    History(io::FileSystem& fs, std::string path, uint64_t from)
        : fs_(fs), path_(std::move(path)), from_(from), stored_(from) {}

    io::FileSystem& fs_;
    const std::string path_;
    std::atomic<uint64_t> from_;
    uint64_t stored_;
};

}  // namespace blasty::tables::internal
