// What of the log can be seen in the tables, and waiting for it.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/mutex.h"
#include "base/status.h"
#include "log/log.h"

namespace blasty::tables::internal {

// Thread-safe. Begin and the ends are called by the writer alone.
class Visibility {
  public:
    // `log` must outlive it.
    Visibility(log::Log& log, Sequence applied) : log_(log), applied_(applied.value()) {}

    // A commit is about to go to the log.
    void Begin();
    // It can be seen; its last record is `applied`.
    void Show(Sequence applied);
    // The log refused it.
    void Withdraw();
    // It is in the log but will not be seen before a restart: waiting for it fails with `why`.
    void Stop(const Status& why);

    // Last table commit that can be seen.
    Sequence applied() const { return Sequence(applied_.load(std::memory_order_acquire)); }
    // Everything of the log up to here can be seen, records of others included.
    Sequence UpTo();
    // SEQUENCE_AHEAD (OUT_OF_RANGE), DEADLINE_EXCEEDED, or why writing stopped.
    Status Wait(Sequence sequence, int64_t timeout_us);

  private:
    Sequence UpToLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void End(bool show, Sequence applied);

    log::Log& log_;
    std::atomic<uint64_t> applied_;
    Mutex mutex_;
    CondVar changed_;
    bool in_flight_ ABSL_GUARDED_BY(mutex_) = false;
    uint64_t floor_ ABSL_GUARDED_BY(mutex_) = 0;  // end of the log when the commit went to it
    int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
    Status stopped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::tables::internal
