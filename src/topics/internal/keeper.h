// Keeps the data of topics in shape: start from a checkpoint, write checkpoints, apply retention,
// free space.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "topics/internal/core.h"
#include "topics/internal/scanner.h"

namespace blasty::topics::internal {

// Thread-safe. Checkpoint, Clean and RefineFloor read and write the disk; one of them at a time.
class Keeper {
  public:
    explicit Keeper(Core& core) : core_(core) {}

    // Brings the view to the end of the log: from the newest usable checkpoint, or from the
    // beginning. CHECKPOINT_DAMAGED when the beginning is gone and no checkpoint is usable.
    Status Restore();
    // Starts the work in the background.
    void Start();
    // No more work in the background starts. False when it was called before.
    bool Stop();
    Status Checkpoint();
    Status Clean();
    // Finds the exact floor of a topic whose bounds were just set, by reading it.
    Status RefineFloor(const TopicPtr& topic);
    std::string start_note() const { return start_note_; }

  private:
    Status CheckpointLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(work_mutex_);
    void Tick();
    void ScheduleTick();
    // Steps of Clean.
    Status RaiseFloorsByAge();
    Status CompactTopics() ABSL_EXCLUSIVE_LOCKS_REQUIRED(work_mutex_);
    Status RemoveSegments() ABSL_EXCLUSIVE_LOCKS_REQUIRED(work_mutex_);
    Status RewriteSegments() ABSL_EXCLUSIVE_LOCKS_REQUIRED(work_mutex_);
    // Shows every record of a segment to `keep` and sums the bytes of all, and of those it refused.
    Status CountSegment(const log::SegmentInfo& segment,
                        const std::function<bool(const log::RecordView&)>& keep, uint64_t* dead,
                        uint64_t* all);
    // Says in the log, durably, that control and ack records before `before` may go.
    Status NoteTrimmed(uint64_t before) ABSL_EXCLUSIVE_LOCKS_REQUIRED(work_mutex_);

    Core& core_;
    std::string start_note_;  // set by Restore only
    std::atomic<bool> stopped_ = false;
    Mutex work_mutex_;
    uint64_t checkpoint_sequence_ ABSL_GUARDED_BY(work_mutex_) = 0;  // of the newest
    uint64_t previous_sequence_ ABSL_GUARDED_BY(work_mutex_) = 0;    // of the one before
    uint64_t checkpoint_stored_bytes_ ABSL_GUARDED_BY(work_mutex_) = 0;
    uint64_t checkpoint_bytes_ ABSL_GUARDED_BY(work_mutex_) = 0;  // size of the newest
    int ticks_ = 0;                                               // used by Tick alone
    uint64_t rewrite_next_ ABSL_GUARDED_BY(work_mutex_) = 0;      // segment to look at next
};

}  // namespace blasty::topics::internal
