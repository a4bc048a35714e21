#include "log/internal/segment_reader.h"

#include <algorithm>

#include "base/bytes.h"

namespace blasty::log::internal {

Result<std::string_view> SegmentReader::Bytes(uint64_t offset, uint64_t size, uint64_t bound) {
    size = offset < bound ? std::min(size, bound - offset) : 0;
    if (size == 0) return std::string_view();
    const bool inside =
        offset >= buffer_offset_ && offset + size <= buffer_offset_ + buffer_.size();
    if (!inside) {
        const uint64_t want = std::min(std::max<uint64_t>(size, read_ahead_), bound - offset);
        // A wrong length in a header must not make us reserve gigabytes.
        BLASTY_ASSIGN_OR_RETURN(const uint64_t file_size, file_->Size());
        const uint64_t there = offset < file_size ? file_size - offset : 0;
        buffer_.resize(std::min(want, there));
        buffer_offset_ = offset;
        auto read = file_->ReadAt(offset, buffer_.size(), buffer_.data());
        buffer_.resize(read.ok() ? *read : 0);
        if (!read.ok()) return read.status();
    }
    return std::string_view(buffer_).substr(offset - buffer_offset_, size);
}

Result<ReadItem> SegmentReader::Read(uint64_t offset, uint64_t bound) {
    ReadItem item;
    item.offset = item.next_offset = offset;
    BLASTY_ASSIGN_OR_RETURN(const std::string_view head, Bytes(offset, kFrameHeaderBytes, bound));
    if (AllZero(head)) return item;
    item.kind = ReadItem::Kind::kBad;
    if (head.size() < kFrameHeaderBytes) {
        item.why = "the file ends inside a frame header";
        return item;
    }
    if (!DecodeFrameHeader(head, salt_, offset, &item.header)) {
        item.why = "the checksum of a frame header is wrong";
        return item;
    }
    const uint64_t size = FrameBytes(item.header.length);
    BLASTY_ASSIGN_OR_RETURN(const std::string_view frame, Bytes(offset, size, bound));
    if (frame.size() < size) {
        item.why = "the file ends inside a frame";
        return item;
    }
    if (!FrameIsWhole(item.header, frame, salt_, offset)) {
        item.why = "the checksum of a frame is wrong";
        return item;
    }
    item.kind = item.header.count > 0 ? ReadItem::Kind::kFrame : ReadItem::Kind::kMark;
    item.next_offset = offset + size;
    item.records = frame.substr(kFrameHeaderBytes, item.header.length);
    return item;
}

Result<SegmentReader::Tail> SegmentReader::ScanTail(uint64_t offset) {
    Tail tail;
    for (uint64_t at = offset;; at += 8) {
        BLASTY_ASSIGN_OR_RETURN(const std::string_view rest, Bytes(at, kReadAhead, kNoLimit));
        if (rest.empty()) return tail;
        if (AllZero(rest)) {
            at += std::max<uint64_t>(rest.size() / 8 * 8, 8) - 8;
            continue;
        }
        tail.clean = false;
        // Through this piece in steps; what is left of it shorter than a header comes again.
        uint64_t step = 0;
        for (; step + kFrameHeaderBytes <= rest.size(); step += 8) {
            FrameHeader header;
            if (at + step != offset && GetFixed<uint32_t>(rest.data() + step) == kFrameMagic &&
                DecodeFrameHeader(rest.substr(step, kFrameHeaderBytes), salt_, at + step,
                                  &header)) {
                tail.frame = at + step;
                return tail;
            }
        }
        if (rest.size() < kFrameHeaderBytes) return tail;
        at += step - 8;
    }
}

FramePtr MakeFrame(const ReadItem& item) {
    auto frame = std::make_shared<Frame>();
    frame->first = Sequence(item.header.first);
    frame->count = item.header.count;
    frame->commit_time_us = item.header.time_us;
    frame->records = item.records;
    return frame;
}

}  // namespace blasty::log::internal
