#include "log/internal/writer.h"

#include <algorithm>

#include "base/strings.h"

namespace blasty::log::internal {

Writer::Writer(Core& core, Background& background, Position position)
    : core_(core), background_(background), at_(std::move(position)) {
    if (!core_.options.manual_commit) thread_ = std::thread([this] { Run(); });
}

Writer::~Writer() { Close(); }

Status Writer::StoppedError() const {
    return MakeError(StatusCode::kUnavailable, "LOG_STOPPED",
                     StrCat("the log in '", core_.directory, "' stopped: ",
                            MessageOf(core_.health()), "; remove the cause and restart"));
}

Status Writer::Admit(const Batch& batch) {
    if (stopped_.load()) return StoppedError();
    if (closed_)
        return MakeError(StatusCode::kUnavailable, "LOG_STOPPED",
                         StrCat("the log in '", core_.directory, "' is closed"));
    if (batch.empty())
        return MakeError(StatusCode::kInvalidArgument, "BATCH_EMPTY", "a batch has no record");
    if (batch.size_bytes() > core_.options.batch_bytes_max)
        return MakeError(StatusCode::kInvalidArgument, "BATCH_TOO_LARGE",
                         StrCat("a batch of ", batch.size_bytes(), " bytes is above the limit of ",
                                core_.options.batch_bytes_max, "; send smaller ones"));
    const uint64_t waiting_max = core_.options.queue_bytes_max * (batch.urgent() ? 2 : 1);
    if (waiting_bytes_.load() > waiting_max)
        return MakeError(
            StatusCode::kResourceExhausted, "OVERLOADED",
            StrCat("more than ", waiting_max, " bytes wait for the disk; try again later"));
    return OkStatus();
}

void Writer::Append(Batch batch, AppendDone done) {
    if (const Status refused = Enqueue(batch, done); !refused.ok()) done(refused);
}

Status Writer::Enqueue(Batch& batch, AppendDone& done) {
    MutexLock lock(mutex_);
    BLASTY_RETURN_IF_ERROR(Admit(batch));
    waiting_bytes_.fetch_add(batch.size_bytes());
    queue_.push_back({std::move(batch), std::move(done)});
    if (sleeping_) {
        sleeping_ = false;
        queued_.Signal();
    }
    return OkStatus();
}

bool Writer::TakeQueue(std::vector<Pending>& taken) {
    MutexLock lock(mutex_);
    while (queue_.empty()) {
        if (closed_) return false;
        sleeping_ = true;
        if (at_.marked || stopped_.load()) {
            queued_.Wait(mutex_);
        } else if (!queued_.WaitFor(mutex_, core_.options.idle_mark_us) && queue_.empty()) {
            sleeping_ = false;
            return true;  // idle: time for a mark
        }
    }
    sleeping_ = false;
    taken.swap(queue_);
    return true;
}

void Writer::Run() {
    while (TakeQueue(taken_)) {
        if (taken_.empty())
            Mark();
        else
            CommitAll(taken_);
    }
}

void Writer::CommitQueued() {
    // Not taken_: a callback may come here again.
    std::vector<Pending> taken;
    {
        MutexLock lock(mutex_);
        taken.swap(queue_);
    }
    CommitAll(taken);
}

void Writer::CommitAll(std::vector<Pending>& taken) {
    for (size_t begin = 0; begin < taken.size();) {
        size_t end = begin;
        uint64_t bytes = 0, count = 0;
        do {
            bytes += taken[end].batch.size_bytes();
            count += taken[end].batch.count();
            ++end;
        } while (end < taken.size() &&
                 bytes + taken[end].batch.size_bytes() <= core_.options.frame_bytes_max &&
                 count + taken[end].batch.count() <= UINT32_MAX);
        Commit(taken, begin, end);
        waiting_bytes_.fetch_sub(bytes);
        begin = end;
    }
    taken.clear();
}

void Writer::Commit(std::vector<Pending>& taken, size_t begin, size_t end) {
    if (stopped_.load()) {
        for (size_t i = begin; i < end; ++i) taken[i].done(StoppedError());
        return;
    }
    auto frame = std::make_shared<Frame>();
    frame->first = Sequence(at_.next);
    at_.time_us = std::max(at_.time_us, core_.clock.NowMicros());
    frame->commit_time_us = at_.time_us;
    size_t bytes = 0;
    for (size_t i = begin; i < end; ++i) bytes += taken[i].batch.size_bytes();
    frame->records.reserve(bytes);
    std::vector<StreamId> streams;
    for (size_t i = begin; i < end; ++i) {
        const Batch& batch = taken[i].batch;
        frame->records.append(batch.bytes());
        frame->count += batch.count();
        streams.insert(streams.end(), batch.streams().begin(), batch.streams().end());
    }
    if (const Status stored = Store(frame, streams); !stored.ok()) {
        Stop(stored);
        for (size_t i = begin; i < end; ++i) taken[i].done(StoppedError());
        return;
    }
    if (core_.listener) core_.listener(frame);
    uint64_t first = frame->first.value();
    for (size_t i = begin; i < end; ++i) {
        taken[i].done(Sequence(first));
        first += taken[i].batch.count();
    }
}

Status Writer::Store(const FramePtr& frame, const std::vector<StreamId>& streams) {
    const uint64_t size = FrameBytes(frame->records.size());
    BLASTY_RETURN_IF_ERROR(MakeRoom(size));
    FrameHeader header;
    header.first = frame->first.value();
    header.count = frame->count;
    header.time_us = frame->commit_time_us;
    header.previous_crc = at_.crc;
    EncodeFrame(header, frame->records, at_.segment->header().salt, at_.offset, buffer_);
    const FrameEntry entry{at_.offset, header.first, header.time_us, header.count, header.length};
    BLASTY_RETURN_IF_ERROR(WriteAndSync(buffer_));
    at_.crc = header.crc;
    at_.next = frame->last().value() + 1;
    at_.marked = false;
    at_.index->Add(entry, streams);
    core_.cache.Add(frame);
    at_.segment->end.store(at_.offset);
    core_.last.store(frame->last().value());
    return OkStatus();
}

Status Writer::WriteAndSync(std::string_view bytes) {
    BLASTY_RETURN_IF_ERROR(at_.file->WriteAt(at_.offset, bytes));
    if (!core_.options.unsafe_no_sync) BLASTY_RETURN_IF_ERROR(at_.file->Sync());
    at_.offset += bytes.size();
    return OkStatus();
}

Status Writer::MakeRoom(uint64_t frame_bytes) {
    // Room for a mark stays behind every frame.
    const uint64_t need = at_.offset + frame_bytes + FrameBytes(0);
    if (need <= at_.allocated) return OkStatus();
    if (at_.next > at_.segment->first()) return Roll(frame_bytes);
    // An empty segment grows to take a frame that is larger than a segment.
    BLASTY_RETURN_IF_ERROR(at_.file->Allocate(need));
    at_.allocated = need;
    at_.segment->bytes.store(need);
    return OkStatus();
}

Status Writer::Roll(uint64_t frame_bytes) {
    if (core_.options.unsafe_no_sync) BLASTY_RETURN_IF_ERROR(at_.file->Sync());
    SegmentHeader header;
    header.salt = core_.maker.NewSalt();
    header.first = at_.next;
    header.previous_first = at_.segment->first();
    header.previous_crc = at_.crc;
    header.base_time_us = at_.index->last_time_us();
    BLASTY_ASSIGN_OR_RETURN(const SegmentFile made,
                            core_.maker.Take(kSegmentHeaderBytes + frame_bytes + FrameBytes(0)));
    BLASTY_RETURN_IF_ERROR(core_.maker.Publish(made, header, ""));

    const SegmentPtr old = at_.segment;
    const std::shared_ptr<io::File> old_file = at_.file;
    const uint64_t used = at_.offset;
    at_.segment = std::make_shared<Segment>(core_.place(), header);
    at_.segment->bytes.store(made.bytes);
    at_.segment->Attach(made.file);
    at_.segment->end.store(kSegmentHeaderBytes);
    at_.index = std::make_shared<MemoryIndex>();
    at_.segment->set_memory_index(at_.index);
    at_.file = made.file;
    at_.offset = kSegmentHeaderBytes;
    at_.allocated = made.bytes;
    core_.table.Add(at_.segment);
    old->limit.store(header.first);
    background_.Post([this, old, old_file, used] {
        // What fails here is made up for later: the index is derived, the space merely unused.
        if (!old->retired.load() && old_file->Truncate(used).ok()) old->bytes.store(used);
        (void)old->SaveIndex();
        if (!core_.options.manual_commit) core_.maker.Prepare();
    });
    return OkStatus();
}

void Writer::Mark() {
    if (at_.marked || stopped_.load()) return;
    FrameHeader mark;
    mark.first = at_.next;
    mark.time_us = at_.time_us;
    mark.previous_crc = at_.crc;
    EncodeFrame(mark, "", at_.segment->header().salt, at_.offset, buffer_);
    if (const Status written = WriteAndSync(buffer_); !written.ok()) return Stop(written);
    at_.marked = true;
    at_.index->set_end(at_.offset);
    at_.segment->end.store(at_.offset);
}

void Writer::Stop(const Status& cause) {
    {
        MutexLock lock(core_.health_mutex);
        if (core_.why_stopped.ok()) core_.why_stopped = cause;
    }
    stopped_.store(true);
}

void Writer::Close() {
    {
        MutexLock lock(mutex_);
        closed_ = true;
        queued_.Signal();
    }
    if (thread_.joinable())
        thread_.join();
    else if (core_.options.manual_commit)
        CommitQueued();
    Mark();
}

}  // namespace blasty::log::internal
