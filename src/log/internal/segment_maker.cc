#include "log/internal/segment_maker.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::log::internal {

SegmentMaker::SegmentMaker(io::FileSystem& fs, std::string directory, uint64_t segment_bytes,
                           uint64_t salt_seed)
    : fs_(fs),
      directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      salt_state_(salt_seed != 0 ? salt_seed : RandomSeed()) {}

uint64_t SegmentMaker::NewSalt() {
    MutexLock lock(mutex_);
    return salt_state_ = Random(salt_state_).Next();
}

void SegmentMaker::MixSalt(uint64_t used) {
    MutexLock lock(mutex_);
    salt_state_ = Random(salt_state_ ^ (used * 0x9e3779b97f4a7c15)).Next();
}

Result<SegmentFile> SegmentMaker::Make(uint64_t bytes) {
    SegmentFile made;
    {
        MutexLock lock(mutex_);
        made.path = StrCat(directory_, "/segment-", ++made_, ".tmp");
    }
    // Left by a crash; a file of this name was never part of the log.
    const Status removed = fs_.Remove(made.path);
    if (!removed.ok() && removed.code() != StatusCode::kNotFound) return removed;
    BLASTY_ASSIGN_OR_RETURN(made.file, fs_.Open(made.path, io::OpenMode::kCreateNew));
    made.bytes = std::max(bytes, segment_bytes_);
    const Status allocated = made.file->Allocate(made.bytes);
    if (!allocated.ok()) {
        (void)fs_.Remove(made.path);
        return allocated;
    }
    return made;
}

void SegmentMaker::Prepare() {
    MutexLock prepare_lock(prepare_mutex_);
    {
        MutexLock lock(mutex_);
        if (waiting_.file) return;
    }
    auto made = Make(segment_bytes_);
    // The size is made durable here, so that the sync of the first commit need not.
    if (!made.ok()) return;
    if (!made->file->Sync().ok()) {
        (void)fs_.Remove(made->path);
        return;
    }
    MutexLock lock(mutex_);
    waiting_ = *std::move(made);
}

Result<SegmentFile> SegmentMaker::Take(uint64_t bytes) {
    MutexLock prepare_lock(prepare_mutex_);
    SegmentFile made;
    {
        MutexLock lock(mutex_);
        made = std::exchange(waiting_, SegmentFile());
    }
    if (!made.file) return Make(bytes);
    if (made.bytes < bytes) {
        BLASTY_RETURN_IF_ERROR(made.file->Allocate(bytes));
        made.bytes = bytes;
    }
    return made;
}

void SegmentMaker::Discard() {
    MutexLock prepare_lock(prepare_mutex_);
    MutexLock lock(mutex_);
    if (!waiting_.file) return;
    (void)fs_.Remove(waiting_.path);
    waiting_ = SegmentFile();
}

Status SegmentMaker::Publish(const SegmentFile& made, const SegmentHeader& header,
                             std::string_view frames) {
    std::string bytes = EncodeSegmentHeader(header);
    bytes.append(frames);
    BLASTY_RETURN_IF_ERROR(made.file->WriteAt(0, bytes));
    BLASTY_RETURN_IF_ERROR(made.file->Sync());
    BLASTY_RETURN_IF_ERROR(fs_.Rename(made.path, directory_ + "/" + SegmentName(header.first)));
    return fs_.SyncDirectory(directory_);
}

}  // namespace blasty::log::internal
