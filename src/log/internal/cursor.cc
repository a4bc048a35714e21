#include "log/internal/cursor.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::log::internal {

bool HasRecords(const Frame& frame) {
    RecordIterator it = frame.Records();
    RecordView record;
    return it.Next(&record);
}

Status LogCursor::Gone() const {
    return MakeError(StatusCode::kOutOfRange, "SEQUENCE_GONE",
                     StrCat("sequence ", position_, " was removed by retention; the oldest is ",
                            core_.table.oldest_first()));
}

Result<FramePtr> LogCursor::Next() {
    for (;;) {
        const uint64_t last = core_.last.load();
        if (position_ > last) {
            // At the end the next frames come from memory: the read-ahead is not needed any more.
            reader_.reset();
            return FramePtr();
        }
        if (position_ < core_.table.oldest_first()) return Gone();
        if (stream_) return NextOfStream(last);
        BLASTY_ASSIGN_OR_RETURN(FramePtr frame, NextInOrder());
        if (HasRecords(*frame)) return frame;
    }
}

Result<FramePtr> LogCursor::NextInOrder() {
    FramePtr frame = core_.cache.Find(Sequence(position_));
    if (frame) {
        reader_.reset();
    } else {
        BLASTY_ASSIGN_OR_RETURN(frame, ReadNext());
    }
    position_ = frame->last().value() + 1;
    return frame;
}

Status LogCursor::Locate() {
    reader_.reset();
    segment_ = core_.table.Find(position_);
    if (!segment_) return Gone();
    reader_offset_ = kSegmentHeaderBytes;
    reader_next_ = segment_->first();
    if (position_ != segment_->first()) {
        const uint64_t wanted = position_;
        BLASTY_ASSIGN_OR_RETURN(const auto entry,
                                segment_->WithIndex<std::optional<FrameEntry>>(
                                    [&](SegmentIndex& index) { return index.FrameAt(wanted); }));
        if (!entry)
            return Damaged(segment_->path(), segment_->end.load(),
                           StrCat("sequence ", position_, " is missing"));
        reader_offset_ = entry->offset;
        reader_next_ = entry->first;
    }
    BLASTY_ASSIGN_OR_RETURN(auto file, segment_->OpenFile());
    reader_ = std::make_unique<SegmentReader>(std::move(file), segment_->header().salt);
    return OkStatus();
}

Result<FramePtr> LogCursor::ReadNext() {
    if (!reader_ || position_ < reader_next_ || position_ >= segment_->limit.load())
        BLASTY_RETURN_IF_ERROR(Locate());
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item,
                                reader_->Read(reader_offset_, segment_->end.load()));
        const uint64_t at = std::exchange(reader_offset_, item.next_offset);
        if (item.kind == ReadItem::Kind::kMark) continue;
        if (item.kind != ReadItem::Kind::kFrame || item.header.first != reader_next_) {
            reader_.reset();
            return Damaged(segment_->path(), at,
                           item.kind == ReadItem::Kind::kBad
                               ? std::string(item.why)
                               : StrCat("the frame of sequence ", reader_next_, " is missing"));
        }
        reader_next_ += item.header.count;
        if (reader_next_ > position_) return MakeFrame(item);
    }
}

Result<FramePtr> LogCursor::NextOfStream(uint64_t last) {
    reader_.reset();
    while (position_ <= last) {
        const SegmentPtr segment = core_.table.Find(position_);
        if (!segment) return Gone();
        // Read before the index is: a segment that is sealed in between is looked at again.
        const uint64_t limit = segment->limit.load();
        const uint64_t wanted = position_;
        BLASTY_ASSIGN_OR_RETURN(const auto found,
                                segment->WithIndex<std::vector<FrameEntry>>([&](SegmentIndex& i) {
                                    return i.FramesOf(*stream_, wanted, 1);
                                }));
        if (found.empty()) {
            position_ = limit == kNoLimit ? last + 1 : limit;
            continue;
        }
        const FrameEntry& entry = found.front();
        FramePtr frame = core_.cache.Find(Sequence(entry.first));
        if (!frame) {
            BLASTY_ASSIGN_OR_RETURN(auto file, segment->OpenFile());
            SegmentReader reader(std::move(file), segment->header().salt);
            reader.set_read_ahead(FrameBytes(entry.length));
            BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(entry.offset, kNoLimit));
            if (item.kind != ReadItem::Kind::kFrame || item.header.first != entry.first)
                return Damaged(segment->path(), entry.offset,
                               item.kind == ReadItem::Kind::kBad ? item.why : "no frame is there");
            frame = MakeFrame(item);
        }
        position_ = frame->last().value() + 1;
        return frame;
    }
    return FramePtr();
}

}  // namespace blasty::log::internal
