// The log over segments of its own.
#pragma once

#include <memory>
#include <vector>

#include "log/internal/core.h"
#include "log/internal/writer.h"
#include "log/log.h"

namespace blasty::log::internal {

class LogImpl : public Log {
  public:
    LogImpl(std::unique_ptr<io::DirectoryLock> lock, std::unique_ptr<Core> core, Position position);
    ~LogImpl() override;

    Status Replay(Sequence from, const std::function<Status(const FramePtr&)>& visit) override;
    void Append(Batch batch, AppendDone done) override;
    std::unique_ptr<Cursor> NewCursor(const ReadOptions& options) override;
    LogState state() const override;
    Result<Sequence> RemoveBefore(Sequence before) override;
    Result<uint64_t> Rewrite(Sequence segment_first,
                             const std::function<bool(const RecordView&)>& keep) override;
    std::vector<SegmentInfo> Segments() const override;
    Result<std::vector<FrameLocation>> FramesOf(StreamId stream, Sequence from,
                                                size_t limit) override;
    void CommitQueued() override;
    void Close() override;

  private:
    const std::unique_ptr<io::DirectoryLock> lock_;
    const std::unique_ptr<Core> core_;
    Background background_;
    Writer writer_;
    Mutex maintenance_mutex_;  // one removal or rewrite at a time; before every other lock
};

// What Rewrite does, without the lock. REQUIRES that nothing else removes or rewrites meanwhile.
Result<uint64_t> RewriteSegment(Core& core, const SegmentPtr& segment,
                                const std::function<bool(const RecordView&)>& keep);

}  // namespace blasty::log::internal
