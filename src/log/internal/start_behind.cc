// What a start writes when the log did not end cleanly.

#include <utility>

#include "log/internal/core.h"
#include "log/internal/recovery.h"
#include "log/internal/segment_reader.h"

namespace blasty::log::internal {
namespace {

// A segment that is filled less than this part is written again as a whole: else every kill would
// leave one more. So each that stays behind holds at least as much, and a start copies no more.
constexpr uint64_t kSmallPart = 4;

// The frames that a segment begins with, in memory.
class FirstFrames {
  public:
    explicit FirstFrames(const SegmentHeader& header)
        : salt_(header.salt), crc_(header.previous_crc) {}

    Status Add(const FrameHeader& old, std::string_view records) {
        BLASTY_ASSIGN_OR_RETURN(const auto streams, StreamsOf(records, old.first, old.count));
        FrameHeader frame = old;
        const uint64_t at = end();
        Append(frame, records);
        crc_ = frame.crc;
        index_->Add({at, frame.first, frame.time_us, frame.count, frame.length}, streams);
        return OkStatus();
    }

    void AddMark(uint64_t next, int64_t time_us) {
        FrameHeader mark;
        mark.first = next;
        mark.time_us = time_us;
        Append(mark, "");
        index_->set_end(end());
    }

    uint64_t end() const { return kSegmentHeaderBytes + bytes_.size(); }
    const std::string& bytes() const { return bytes_; }
    uint32_t crc() const { return crc_; }
    const std::shared_ptr<MemoryIndex>& index() const { return index_; }

  private:
    void Append(FrameHeader& frame, std::string_view records) {
        frame.previous_crc = crc_;
        EncodeFrame(frame, records, salt_, end(), encoded_);
        bytes_.append(encoded_);
    }

    const uint64_t salt_;
    uint32_t crc_;  // of the last frame with records
    std::string bytes_, encoded_;
    const std::shared_ptr<MemoryIndex> index_ = std::make_shared<MemoryIndex>();
};

// Adds the frames before `stop`. Each was synced before the one after it was written, so that they
// may be read again.
Status AddFramesBefore(uint64_t stop, const SegmentPtr& segment,
                       const std::shared_ptr<io::File>& file, FirstFrames* frames) {
    SegmentReader reader(file, segment->header().salt);
    for (uint64_t offset = kSegmentHeaderBytes; offset < stop;) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, stop));
        if (item.kind == ReadItem::Kind::kEnd || item.kind == ReadItem::Kind::kBad)
            return Damaged(segment->path(), offset, "a frame is gone that was there just before");
        if (item.kind == ReadItem::Kind::kFrame)
            BLASTY_RETURN_IF_ERROR(frames->Add(item.header, item.records));
        offset = item.next_offset;
    }
    return OkStatus();
}

SegmentHeader HeaderBehind(const Segment& newest, const Scanned& scanned, uint64_t salt,
                           uint64_t segment_bytes) {
    const uint64_t used = scanned.end - kSegmentHeaderBytes;
    const bool small = used <= (segment_bytes - kSegmentHeaderBytes) / kSmallPart;
    const bool again = scanned.last != nullptr;
    const uint64_t behind = again ? scanned.last->first.value() : scanned.next;
    SegmentHeader header = newest.header();
    header.salt = salt;
    if (small || behind == newest.first()) return header;
    header.first = behind;
    header.previous_first = newest.first();
    header.previous_crc = again ? scanned.crc_before : scanned.crc;
    header.base_time_us = again ? scanned.time_before_us : scanned.time_us;
    return header;
}

}  // namespace

Result<Position> StartBehind(Core& core, const SegmentPtr& newest, const Scanned& scanned,
                             const std::shared_ptr<io::File>& file) {
    const SegmentHeader header =
        HeaderBehind(*newest, scanned, core.maker.NewSalt(), core.maker.segment_bytes());
    const bool replaces = header.first == newest->first();
    const uint64_t before_last = scanned.last ? scanned.last_offset : scanned.end;
    FirstFrames frames(header);
    if (replaces) BLASTY_RETURN_IF_ERROR(AddFramesBefore(before_last, newest, file, &frames));
    if (scanned.last) {
        // From memory: it may be nowhere else (its sync failed, or never ran).
        FrameHeader last;
        last.first = scanned.last->first.value();
        last.count = scanned.last->count;
        last.time_us = scanned.time_us;
        BLASTY_RETURN_IF_ERROR(frames.Add(last, scanned.last->records));
    }
    frames.AddMark(scanned.next, scanned.time_us);

    BLASTY_ASSIGN_OR_RETURN(const SegmentFile made,
                            core.maker.Take(frames.end() + kFrameHeaderBytes));
    BLASTY_RETURN_IF_ERROR(core.maker.Publish(made, header, frames.bytes()));
    auto segment = std::make_shared<Segment>(core.place(), header);
    segment->bytes.store(made.bytes);
    if (!replaces) {
        if (scanned.last) scanned.index->RemoveLast();
        newest->set_memory_index(scanned.index);
        newest->limit.store(header.first);
        newest->end.store(before_last);
        // What fails here leaves space unused, and no more.
        if (file->Truncate(before_last).ok()) newest->bytes.store(before_last);
    }
    return Position{segment,    made.file,    frames.index(), frames.end(),
                    made.bytes, scanned.next, frames.crc(),   scanned.time_us};
}

}  // namespace blasty::log::internal
