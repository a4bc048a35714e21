// The log of a database: one durable order of records, the only truth. Design: architecture.md
// sections 2 and 4; bytes on disk: docs/formats/log.md.
//
// A *commit* is one frame: the batches that were queued while the previous frame was being written,
// written once and synced once. A record is durable, gets acknowledged and becomes readable with
// its frame, never before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "io/file_system.h"
#include "log/frame.h"
#include "log/record.h"

namespace blasty::log {

struct LogOptions {
    uint64_t segment_bytes = 64ull << 20;  // preallocated size of a segment
    // A frame takes queued batches until it is this large (one batch always fits). It is the least
    // that is read from the disk, and held by a reader: large ones make reading one topic of many
    // slow, small ones cost syncs.
    uint64_t frame_bytes_max = 2ull << 20;
    uint64_t batch_bytes_max = 192ull << 20;  // BATCH_TOO_LARGE (INVALID_ARGUMENT) above
    uint64_t queue_bytes_max = 64ull
                               << 20;  // OVERLOADED (RESOURCE_EXHAUSTED) while more than this waits
    uint64_t cache_bytes = 32ull << 20;  // newest frames kept in memory for tailing readers
    int64_t idle_mark_us =
        50'000;  // a mark is written this long after the last frame (docs/formats/log.md)
    bool unsafe_no_sync = false;  // skips fdatasync: acknowledged may be lost on power loss
    // Starts no threads: the owner calls CommitQueued (deterministic simulation). Marks are written
    // by Close only.
    bool manual_commit = false;
    uint64_t salt_seed = 0;  // of the segments' salts; 0 = the system's randomness
};

// Called once per batch: the sequence of its first record (the others follow without a gap), or why
// it was not stored. On the commit thread, after the commit listener: must be short, must not
// block, may call Append.
using AppendDone = std::function<void(Result<Sequence> first)>;

// Called for every frame in order, on the commit thread, before the AppendDone of its batches. Must
// be short.
using CommitListener = std::function<void(const FramePtr& frame)>;

struct LogState {
    Sequence oldest;  // first record still stored (Next(last) when none is)
    Sequence last;    // last durable record
    uint64_t stored_bytes =
        0;  // of all segments, as allocated for the newest and as used for the others
    uint64_t segments = 0;
    Status health;  // why nothing can be appended any more, or ok
};

struct SegmentInfo {
    Sequence first;
    Sequence last;  // Sequence(first - 1) while it holds nothing
    uint64_t bytes = 0;
    bool sealed = false;  // not the newest: never written again, may be rewritten or removed
    int64_t last_commit_time_us = 0;  // of its last frame; 0 while it holds nothing
};

struct ReadOptions {
    Sequence from = Sequence(1);
    // Only frames that hold a record of this stream (other records in them are still there: skip
    // them).
    std::optional<StreamId> stream = std::nullopt;
};

// Reads frames in order. Not thread-safe itself; any number of cursors read beside the writer. Must
// not outlive the log.
class Cursor {
  public:
    virtual ~Cursor() = default;
    // The next frame that holds records at or after the position, or null when there is none yet.
    // Reads the disk when the frame is not in the cache. The first frame may start before `from`:
    // skip by RecordView::sequence. SEQUENCE_GONE (OUT_OF_RANGE) when the position was removed by
    // retention; LOG_DAMAGED (DATA_LOSS); IO_ERROR.
    virtual Result<FramePtr> Next() = 0;
    // Every frame that is handed out later holds a record at or after this.
    virtual Sequence position() const = 0;
    virtual void Seek(Sequence to) = 0;
};

// Thread-safe.
class Log {
  public:
    // Opens the log in `directory`, creating it when there is none, and recovers: same path after a
    // clean stop, kill -9 and power loss. Reads the newest segment and the indexes of the others
    // only when asked, whatever the size of the log. LOG_DAMAGED (DATA_LOSS) names file and offset;
    // nothing is repaired, skipped or deleted. Frames found are not handed to `listener`: use
    // Replay before the first Append.
    static Result<std::unique_ptr<Log>> Open(io::FileSystem& fs, const std::string& directory,
                                             const LogOptions& options, const Clock& clock,
                                             CommitListener listener);
    virtual ~Log() = default;

    // Hands every stored frame with records at or after `from` to `visit`, on the caller's thread.
    virtual Status Replay(Sequence from, const std::function<Status(const FramePtr&)>& visit) = 0;

    // Queues a batch. Never blocks on the disk. `done` is always called exactly once, perhaps
    // before Append returns (when refused). After a failed write or sync every batch fails with
    // LOG_STOPPED (UNAVAILABLE) and the cause.
    virtual void Append(Batch batch, AppendDone done) = 0;
    // Append and wait (with manual_commit: and commit): for administration and tests.
    Result<Sequence> AppendAndWait(Batch batch);

    virtual std::unique_ptr<Cursor> NewCursor(const ReadOptions& options) = 0;
    virtual LogState state() const = 0;

    // Removes whole segments all of whose records are before `before`, oldest first; the newest
    // segment always stays. Durable, and safe while cursors read. Returns the new oldest sequence.
    virtual Result<Sequence> RemoveBefore(Sequence before) = 0;

    // Rewrites a sealed segment without the records `keep` refuses; their sequences stay vacant (a
    // hole, which readers skip). Durable, crash-safe (the old file or the new one), and safe while
    // cursors read. Runs on the caller's thread, reads and writes the whole segment. Returns the
    // bytes freed. SEGMENT_NOT_SEALED (FAILED_PRECONDITION), LOG_DAMAGED, IO_ERROR.
    virtual Result<uint64_t> Rewrite(Sequence segment_first,
                                     const std::function<bool(const RecordView&)>& keep) = 0;
    virtual std::vector<SegmentInfo> Segments() const = 0;

    // What the indexes know of a stream, without reading records: frames that hold it.
    virtual Result<std::vector<FrameLocation>> FramesOf(StreamId stream, Sequence from,
                                                        size_t limit) = 0;

    // With LogOptions::manual_commit: writes what is queued, on the caller's thread, one caller at
    // a time (a callback may call it again). Else nothing.
    virtual void CommitQueued() = 0;

    // Stops accepting, writes what is queued, leaves a closing mark. Called by the destructor too.
    virtual void Close() = 0;
};

}  // namespace blasty::log
