// Start, checkpoints and the clockwork. Retention: retention.cc.

#include "topics/internal/keeper.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "topics/internal/checkpoint.h"

namespace blasty::topics::internal {

namespace {
constexpr int64_t kTickUs = 1'000'000;
constexpr int kTicksPerClean = 10;
// A checkpoint of many inboxes is not written more often than it is worth: it replaces the replay
// of at least this many times its own size.
constexpr uint64_t kLogPerCheckpointByte = 4;
}  // namespace

Status Keeper::Restore() {
    const std::string& directory = core_.options.directory;
    const uint64_t last = core_.log->state().last.value();
    uint64_t from = 0;
    for (const std::string& path : {CheckpointPath(directory), PreviousCheckpointPath(directory)}) {
        Result<std::string> bytes = io::ReadFile(core_.fs, path, kCheckpointBytesMax);
        if (!bytes.ok()) {
            if (ReasonOf(bytes.status()) != "FILE_NOT_FOUND") return bytes.status();
            continue;
        }
        CheckpointFile file;
        Status usable = DecodeCheckpoint(*bytes, &file);
        if (usable.ok() && file.sequence > last && !core_.options.log.unsafe_no_sync) {
            return MakeError(
                StatusCode::kDataLoss, "LOG_DAMAGED",
                StrCat("the log in ", directory, "/log ends at sequence ", last, ", but ", path,
                       " knows ", file.sequence, ": stored records are missing. Restore the log ",
                       "from a copy; to go on without them, start once with unsafe = true"));
        }
        // Without syncs the end of the log may be lost with the power.
        if (usable.ok() && file.sequence > last) {
            usable =
                MakeError(StatusCode::kDataLoss, "CHECKPOINT_DAMAGED",
                          StrCat("it knows sequence ", file.sequence, ", the log ends at ", last));
        }
        // A sound checksum around malformed contents is a fault of ours, not of the disk.
        if (usable.ok()) {
            BLASTY_RETURN_IF_ERROR(Annotate(core_.view.Restore(file.view), path));
            from = core_.view.applied().value();
            break;
        }
        // Set aside: once the log has grown past its sequence it would look usable.
        const std::string aside = StrCat(path, ".unusable");
        BLASTY_RETURN_IF_ERROR(core_.fs.Rename(path, aside));
        BLASTY_RETURN_IF_ERROR(core_.fs.SyncDirectory(directory));
        StrAppend(start_note_, path, " was not used and set aside as ", aside, ": ",
                  MessageOf(usable), "; ");
    }
    if (from == 0 && core_.log->state().oldest.value() > 1) {
        return MakeError(
            StatusCode::kDataLoss, "CHECKPOINT_DAMAGED",
            StrCat(start_note_, "no checkpoint of ", directory, " is usable, and ",
                   "retention removed the log before ", core_.log->state().oldest.value(),
                   ": restore topics.checkpoint from a backup"));
    }
    {
        MutexLock lock(work_mutex_);
        checkpoint_sequence_ = from;
        checkpoint_stored_bytes_ = core_.log->state().stored_bytes;
    }
    BLASTY_RETURN_IF_ERROR(
        core_.log->Replay(Sequence(from + 1),
                          [this](const log::FramePtr& frame) { return core_.view.Apply(frame); }));
    MutexLock lock(core_.view.mutex);
    if (core_.view.trimmed_before > 0 && from == 0) {
        return MakeError(StatusCode::kDataLoss, "CHECKPOINT_DAMAGED",
                         StrCat(start_note_, "no checkpoint of ", directory, " is usable, and the ",
                                "log no longer holds all that led to the present state: restore ",
                                "topics.checkpoint from a backup"));
    }
    return OkStatus();
}

void Keeper::Start() { ScheduleTick(); }

bool Keeper::Stop() { return !stopped_.exchange(true); }

void Keeper::ScheduleTick() {
    if (stopped_) return;
    core_.PostAfter(kTickUs, [this] {
        Tick();
        ScheduleTick();
    });
}

void Keeper::Tick() {
    bool due = false;
    {
        MutexLock lock(work_mutex_);
        const uint64_t stored = core_.log->state().stored_bytes;
        if (stored < checkpoint_stored_bytes_) checkpoint_stored_bytes_ = stored;
        due = stored - checkpoint_stored_bytes_ >=
              std::max(core_.options.checkpoint_every_bytes,
                       kLogPerCheckpointByte * checkpoint_bytes_);
    }
    // What fails shows in the health of the log, and is tried again with the next tick.
    if (due) (void)Checkpoint();
    if (++ticks_ % kTicksPerClean == 0) (void)Clean();
}

Status Keeper::Checkpoint() {
    MutexLock lock(work_mutex_);
    return CheckpointLocked();
}

Status Keeper::CheckpointLocked() {
    BLASTY_RETURN_IF_ERROR(core_.CheckFollowed());
    uint64_t newest = 0;
    const std::string view = core_.view.Encode(&newest);
    const uint64_t sequence = ByteReader(view).Varint();  // the encoding begins with it
    if (sequence == checkpoint_sequence_) return OkStatus();
    BLASTY_RETURN_IF_ERROR(WriteCheckpoint(core_.fs, core_.options.directory, newest, view));
    checkpoint_bytes_ = view.size();
    previous_sequence_ = checkpoint_sequence_;
    checkpoint_sequence_ = sequence;
    checkpoint_stored_bytes_ = core_.log->state().stored_bytes;
    return OkStatus();
}

}  // namespace blasty::topics::internal
