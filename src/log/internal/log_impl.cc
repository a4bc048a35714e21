#include "log/internal/log_impl.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "log/internal/cursor.h"

namespace blasty::log::internal {

LogImpl::LogImpl(std::unique_ptr<io::DirectoryLock> lock, std::unique_ptr<Core> core,
                 Position position)
    : lock_(std::move(lock)),
      core_(std::move(core)),
      background_(!core_->options.manual_commit),
      writer_(*core_, background_, std::move(position)) {
    background_.Post([this] {
        // A segment that recovery sealed has no index file yet.
        for (const SegmentPtr& segment : core_->table.All())
            if (segment->sealed()) (void)segment->SaveIndex();
        if (!core_->options.manual_commit) core_->maker.Prepare();
    });
}

LogImpl::~LogImpl() { Close(); }

void LogImpl::Close() {
    writer_.Close();
    background_.Stop();
    core_->maker.Discard();
}

void LogImpl::Append(Batch batch, AppendDone done) {
    writer_.Append(std::move(batch), std::move(done));
}

void LogImpl::CommitQueued() {
    if (core_->options.manual_commit) writer_.CommitQueued();
}

std::unique_ptr<Cursor> LogImpl::NewCursor(const ReadOptions& options) {
    return std::make_unique<LogCursor>(*core_, options);
}

Status LogImpl::Replay(Sequence from, const std::function<Status(const FramePtr&)>& visit) {
    LogCursor cursor(*core_, {.from = std::max(from, Sequence(core_->table.oldest_first())),
                              .stream = std::nullopt});
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const FramePtr frame, cursor.Next());
        if (!frame) return OkStatus();
        BLASTY_RETURN_IF_ERROR(visit(frame));
    }
}

LogState LogImpl::state() const {
    LogState state;
    state.last = Sequence(core_->last.load());
    state.oldest = Sequence(core_->table.oldest_first());
    for (const SegmentPtr& segment : core_->table.All()) {
        state.stored_bytes += segment->bytes.load();
        ++state.segments;
    }
    state.health = core_->health();
    return state;
}

std::vector<SegmentInfo> LogImpl::Segments() const {
    std::vector<SegmentInfo> infos;
    for (const SegmentPtr& segment : core_->table.All()) {
        SegmentInfo info;
        info.first = Sequence(segment->first());
        const uint64_t limit = segment->limit.load();
        info.sealed = limit != kNoLimit;
        info.last = Sequence(info.sealed ? limit - 1 : core_->last.load());
        info.bytes = segment->bytes.load();
        info.last_commit_time_us = segment->LastTime();
        infos.push_back(info);
    }
    return infos;
}

Result<std::vector<FrameLocation>> LogImpl::FramesOf(StreamId stream, Sequence from, size_t limit) {
    std::vector<FrameLocation> locations;
    for (const SegmentPtr& segment : core_->table.All()) {
        if (locations.size() == limit) break;
        if (segment->limit.load() <= from.value()) continue;
        const size_t room = limit - locations.size();
        BLASTY_ASSIGN_OR_RETURN(const auto frames,
                                segment->WithIndex<std::vector<FrameEntry>>([&](SegmentIndex& i) {
                                    return i.FramesOf(stream, from.value(), room);
                                }));
        for (const FrameEntry& frame : frames)
            locations.push_back(
                {Sequence(segment->first()), frame.offset, Sequence(frame.first), frame.count});
    }
    return locations;
}

Result<Sequence> LogImpl::RemoveBefore(Sequence before) {
    MutexLock lock(maintenance_mutex_);
    for (;;) {
        const SegmentPtr oldest = core_->table.Oldest();
        const uint64_t limit = oldest->limit.load();
        if (limit == kNoLimit || limit > before.value())
            return Sequence(core_->table.oldest_first());
        // The file stays open for cursors that are in it.
        BLASTY_RETURN_IF_ERROR(oldest->Pin());
        oldest->retired.store(true);
        BLASTY_RETURN_IF_ERROR(core_->fs.Remove(oldest->path()));
        core_->table.Remove(oldest->first());
        // One by one, so that a power cut cannot leave a gap. The index goes last: alone it is
        // known to be a leftover.
        BLASTY_RETURN_IF_ERROR(core_->fs.SyncDirectory(core_->directory));
        const Status removed = core_->fs.Remove(oldest->index_path());
        if (!removed.ok() && removed.code() != StatusCode::kNotFound) return removed;
    }
}

Result<uint64_t> LogImpl::Rewrite(Sequence segment_first,
                                  const std::function<bool(const RecordView&)>& keep) {
    MutexLock lock(maintenance_mutex_);
    const SegmentPtr segment = core_->table.Exactly(segment_first.value());
    if (!segment || !segment->sealed())
        return MakeError(StatusCode::kFailedPrecondition, "SEGMENT_NOT_SEALED",
                         StrCat("no sealed segment begins at ", segment_first.value(),
                                "; Segments() names them"));
    return RewriteSegment(*core_, segment, keep);
}

}  // namespace blasty::log::internal
