#include <utility>

#include "base/strings.h"
#include "log/internal/hole.h"
#include "log/internal/log_impl.h"
#include "log/internal/segment_reader.h"

namespace blasty::log::internal {
namespace {

// Builds the new segment in memory, frame by frame.
class Rewriter {
  public:
    Rewriter(const SegmentHeader& old, uint64_t salt) : header_(old) {
        header_.salt = salt;
        header_.rewritten = true;
        index_ = std::make_shared<MemoryIndex>();
        crc_ = header_.previous_crc;
    }

    // LOG_DAMAGED when the records are malformed.
    Status Add(const FrameHeader& old, std::string_view records,
               const std::function<bool(const RecordView&)>& keep) {
        Batch kept;  // between two holes
        std::string out;
        std::vector<StreamId> streams;
        uint64_t vacant = 0;
        RecordIterator it(records, Sequence(old.first));
        uint64_t next = old.first;
        const auto skip_to = [&](uint64_t to) {
            vacant += to - next;
            next = to;
        };
        RecordView record;
        while (it.Next(&record)) {
            skip_to(record.sequence.value());
            if (!keep(record)) {
                ++dropped_;
                continue;
            }
            if (vacant > 0) PutHole(out, std::exchange(vacant, 0));
            Batch one;
            one.Add({record.stream, record.kind, record.time_us, record.id, record.key,
                     record.headers, record.payload});
            out.append(one.bytes());
            streams.push_back(record.stream);
            ++next;
        }
        BLASTY_RETURN_IF_ERROR(it.status());  // else the rest would become a hole
        skip_to(old.first + old.count);
        if (streams.empty() && pending_.count > 0 && pending_.count <= UINT32_MAX - old.count) {
            pending_.count += old.count;
            pending_.time_us = old.time_us;
            return OkStatus();
        }
        if (streams.empty()) {
            Flush();
            pending_ = old;
            return OkStatus();
        }
        if (vacant > 0) PutHole(out, vacant);
        Flush();
        Emit(old, out, streams);
        return OkStatus();
    }

    void Flush() {
        if (pending_.count == 0) return;
        std::string hole;
        PutHole(hole, pending_.count);
        Emit(std::exchange(pending_, FrameHeader()), hole, {});
    }

    uint64_t dropped() const { return dropped_; }
    uint64_t end() const { return kSegmentHeaderBytes + frames_.size(); }
    const std::string& frames() const { return frames_; }
    const std::shared_ptr<MemoryIndex>& index() const { return index_; }
    SegmentHeader header(uint32_t end_crc) const {
        SegmentHeader header = header_;
        header.end_crc = end_crc;
        header.end = end();
        return header;
    }

  private:
    void Emit(const FrameHeader& old, std::string_view records,
              const std::vector<StreamId>& streams) {
        FrameHeader header = old;
        header.previous_crc = crc_;
        const uint64_t offset = end();
        std::string encoded;
        EncodeFrame(header, records, header_.salt, offset, encoded);
        frames_.append(encoded);
        crc_ = header.crc;
        index_->Add({offset, header.first, header.time_us, header.count, header.length}, streams);
    }

    SegmentHeader header_;
    std::shared_ptr<MemoryIndex> index_;
    std::string frames_;
    FrameHeader pending_;  // frames without records so far, as one
    uint32_t crc_ = 0;
    uint64_t dropped_ = 0;
};

}  // namespace

Result<uint64_t> RewriteSegment(Core& core, const SegmentPtr& segment,
                                const std::function<bool(const RecordView&)>& keep) {
    BLASTY_RETURN_IF_ERROR(segment->Pin());
    BLASTY_ASSIGN_OR_RETURN(auto file, segment->OpenFile());
    BLASTY_ASSIGN_OR_RETURN(const uint64_t old_bytes, file->Size());
    SegmentReader reader(std::move(file), segment->header().salt);
    Rewriter rewriter(segment->header(), core.maker.NewSalt());
    uint32_t end_crc = segment->header().previous_crc;
    uint64_t offset = kSegmentHeaderBytes;
    for (uint64_t next = segment->first(); next < segment->limit.load();) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, segment->end.load()));
        offset = item.next_offset;
        if (item.kind == ReadItem::Kind::kMark) continue;
        if (item.kind != ReadItem::Kind::kFrame || item.header.first != next ||
            item.header.previous_crc != end_crc)
            return Damaged(segment->path(), item.offset,
                           item.kind == ReadItem::Kind::kBad
                               ? std::string(item.why)
                               : StrCat("the frame of sequence ", next, " is missing"));
        BLASTY_RETURN_IF_ERROR(rewriter.Add(item.header, item.records, keep));
        end_crc = item.header.crc;
        next += item.header.count;
    }
    rewriter.Flush();
    if (rewriter.dropped() == 0) return 0;
    if (segment->header().rewritten) end_crc = segment->header().end_crc;

    const SegmentHeader header = rewriter.header(end_crc);
    SegmentFile made;
    made.path = segment->path() + ".tmp";
    const Status removed = core.fs.Remove(made.path);
    if (!removed.ok() && removed.code() != StatusCode::kNotFound) return removed;
    BLASTY_ASSIGN_OR_RETURN(made.file, core.fs.Open(made.path, io::OpenMode::kCreateNew));
    auto fresh = std::make_shared<Segment>(core.place(), header);
    fresh->limit.store(segment->limit.load());
    fresh->end.store(header.end);
    fresh->bytes.store(header.end);
    fresh->set_memory_index(rewriter.index());
    segment->retired.store(true);
    const Status published = core.maker.Publish(made, header, rewriter.frames());
    made.file.reset();
    if (!published.ok()) {
        // Either file may be there now, both are whole; readers keep the old one, which is open.
        (void)core.fs.Remove(segment->path() + ".tmp");
        return published;
    }
    core.table.Add(fresh);
    core.cache.DropBefore(Sequence(fresh->limit.load()));
    (void)fresh->SaveIndex();
    return old_bytes > header.end ? old_bytes - header.end : 0;
}

}  // namespace blasty::log::internal
