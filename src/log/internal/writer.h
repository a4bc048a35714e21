// The commit thread: takes what is queued, writes it as one frame, syncs once, then answers.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "log/internal/core.h"

namespace blasty::log::internal {

// Append is thread-safe. With options.manual_commit there is no thread and the owner calls
// CommitQueued.
class Writer {
  public:
    // `core` and `background` must outlive it.
    Writer(Core& core, Background& background, Position position);
    ~Writer();
    void Append(Batch batch, AppendDone done);
    void CommitQueued();
    // Commits what is queued, writes a mark, joins the thread. May be called again.
    void Close();

  private:
    struct Pending {
        Batch batch;
        AppendDone done;
    };

    // Takes both when ok.
    Status Enqueue(Batch& batch, AppendDone& done);
    Status Admit(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Run();
    // Waits for batches. False when closed and empty.
    bool TakeQueue(std::vector<Pending>& taken);
    void CommitAll(std::vector<Pending>& taken);
    // Commits taken[begin, end) as one frame.
    void Commit(std::vector<Pending>& taken, size_t begin, size_t end);
    Status Store(const FramePtr& frame, const std::vector<StreamId>& streams);
    Status WriteAndSync(std::string_view bytes);
    Status Roll(uint64_t frame_bytes);
    Status MakeRoom(uint64_t frame_bytes);
    void Mark();
    void Stop(const Status& cause);
    Status StoppedError() const;

    Core& core_;
    Background& background_;

    Mutex mutex_;
    CondVar queued_;
    std::vector<Pending> queue_ ABSL_GUARDED_BY(mutex_);
    bool sleeping_ ABSL_GUARDED_BY(mutex_) = false;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
    std::atomic<uint64_t> waiting_bytes_{0};  // queued or taken and not yet answered
    std::atomic<bool> stopped_{false};

    // Of the commit thread (or the caller of CommitQueued) alone.
    Position at_;
    std::string buffer_;
    std::vector<Pending> taken_;

    std::thread thread_;
};

}  // namespace blasty::log::internal
