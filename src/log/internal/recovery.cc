#include "log/internal/recovery.h"

#include <utility>

#include "base/strings.h"
#include "log/internal/core.h"
#include "log/internal/segment_reader.h"

namespace blasty::log::internal {
namespace {

// Continues in the newest segment, which ended cleanly. Its mark is written again: the one that was
// read may be in memory only, and would be zeros before a frame after a power cut.
Result<Position> Continue(const SegmentPtr& segment, const Scanned& scanned,
                          std::shared_ptr<io::File> file) {
    if (scanned.mark_offset != 0) {
        FrameHeader mark;
        mark.first = scanned.next;
        mark.time_us = scanned.time_us;
        mark.previous_crc = scanned.crc;
        std::string encoded;
        EncodeFrame(mark, "", segment->header().salt, scanned.mark_offset, encoded);
        BLASTY_RETURN_IF_ERROR(file->WriteAt(scanned.mark_offset, encoded));
        BLASTY_RETURN_IF_ERROR(file->Sync());
    }
    Position position;
    position.file = std::move(file);
    position.segment = segment;
    position.index = scanned.index;
    position.offset = scanned.end;
    position.next = scanned.next;
    position.crc = scanned.crc;
    position.time_us = scanned.time_us;
    return position;
}

Result<Position> StartNew(Core& core) {
    SegmentHeader header;
    header.salt = core.maker.NewSalt();
    header.first = 1;
    BLASTY_ASSIGN_OR_RETURN(const SegmentFile made, core.maker.Take(core.maker.segment_bytes()));
    BLASTY_RETURN_IF_ERROR(core.maker.Publish(made, header, ""));
    auto segment = std::make_shared<Segment>(core.place(), header);
    segment->bytes.store(made.bytes);
    return Position{
        segment, made.file, std::make_shared<MemoryIndex>(), kSegmentHeaderBytes, made.bytes, 1,
        0,       0};
}

Result<Position> RecoverNewest(Core& core, const Listing& listing) {
    for (size_t i = 0; i < listing.segments.size(); ++i) {
        const auto& item = listing.segments[i];
        core.maker.MixSalt(item.header.salt);
        auto segment = std::make_shared<Segment>(core.place(), item.header);
        segment->bytes.store(item.bytes);
        if (item.header.rewritten) segment->end.store(item.header.end);
        if (i + 1 < listing.segments.size())
            segment->limit.store(listing.segments[i + 1].header.first);
        core.table.Add(std::move(segment));
    }
    const auto& item = listing.segments.back();
    const SegmentPtr newest = core.table.Exactly(item.header.first);
    BLASTY_ASSIGN_OR_RETURN(auto opened, core.fs.Open(item.path, io::OpenMode::kReadWrite));
    std::shared_ptr<io::File> file = std::move(opened);
    BLASTY_ASSIGN_OR_RETURN(const Scanned scanned, ScanNewest(file, item.header, item.path));
    // What is seen in the directory is made durable before anything is built on it: the process
    // that made it may have died before it could.
    BLASTY_RETURN_IF_ERROR(core.fs.SyncDirectory(core.directory));
    if (!scanned.clean) return StartBehind(core, newest, scanned, file);
    BLASTY_ASSIGN_OR_RETURN(Position position, Continue(newest, scanned, std::move(file)));
    position.allocated = item.bytes;
    return position;
}

}  // namespace

Result<SegmentHeader> ReadSegmentHeader(const io::File& file, const std::string& path) {
    std::string bytes(kSegmentHeaderBytes, '\0');
    BLASTY_ASSIGN_OR_RETURN(const size_t read, file.ReadAt(0, bytes.size(), bytes.data()));
    bytes.resize(read);
    return DecodeSegmentHeader(bytes, path);
}

Result<Listing> ListLog(io::FileSystem& fs, const std::string& directory) {
    BLASTY_ASSIGN_OR_RETURN(const auto entries, fs.List(directory));
    Listing listing;
    for (const auto& entry : entries) {
        if (entry.is_directory) continue;
        if (entry.name.ends_with(".idx.tmp") || entry.name.ends_with(".seg.tmp") ||
            (entry.name.starts_with("segment-") && entry.name.ends_with(".tmp")))
            listing.leftovers.push_back(entry.name);
        if (const auto index = ParseName(entry.name, ".idx")) listing.indexes.push_back(*index);
        const auto first = ParseName(entry.name, ".seg");
        if (!first) continue;
        const std::string path = directory + "/" + entry.name;
        BLASTY_ASSIGN_OR_RETURN(const auto file, fs.Open(path, io::OpenMode::kRead));
        BLASTY_ASSIGN_OR_RETURN(const SegmentHeader header, ReadSegmentHeader(*file, path));
        if (header.first != *first)
            return Damaged(path, 0, StrCat("it begins at ", header.first, ", not as named"));
        if (!listing.segments.empty()) {
            const Listing::Item& before = listing.segments.back();
            if (header.previous_first != before.header.first)
                return Damaged(path, 0,
                               StrCat("the segment before it, '",
                                      SegmentName(header.previous_first), "', is missing"));
        }
        BLASTY_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
        listing.segments.push_back({header, path, bytes});
    }
    const uint64_t newest = listing.segments.empty() ? 0 : listing.segments.back().header.first;
    // An index is written only behind a segment that was followed by another one.
    if (!listing.indexes.empty() && listing.indexes.back() >= newest)
        return Damaged(directory + "/" + IndexName(listing.indexes.back()), 0,
                       "segments it speaks of are missing");
    return listing;
}

Result<Scanned> ScanNewest(std::shared_ptr<io::File> file, const SegmentHeader& header,
                           const std::string& path) {
    SegmentReader reader(std::move(file), header.salt);
    Scanned scanned;
    scanned.index = std::make_shared<MemoryIndex>();
    scanned.next = header.first;
    scanned.crc = scanned.crc_before = header.previous_crc;
    scanned.time_us = scanned.time_before_us = header.base_time_us;
    for (;;) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(scanned.end, kNoLimit));
        if (item.kind == ReadItem::Kind::kEnd || item.kind == ReadItem::Kind::kBad) {
            BLASTY_ASSIGN_OR_RETURN(const auto tail, reader.ScanTail(scanned.end));
            if (tail.frame != UINT64_MAX)
                return Damaged(path, scanned.end,
                               StrCat(item.kind == ReadItem::Kind::kBad ? item.why : "zeros",
                                      " although a frame follows at ", tail.frame));
            scanned.tail = !tail.clean;
            scanned.clean = tail.clean && scanned.last == nullptr;
            return scanned;
        }
        if (item.header.first != scanned.next || item.header.previous_crc != scanned.crc)
            return Damaged(path, item.offset, "a frame does not follow the one before it");
        scanned.end = item.next_offset;
        if (item.kind == ReadItem::Kind::kMark) {
            scanned.last = nullptr;
            scanned.mark_offset = item.offset;
            scanned.index->set_end(scanned.end);
            continue;
        }
        auto streams = StreamsOf(item.records, item.header.first, item.header.count);
        if (!streams.ok()) return Damaged(path, item.offset, MessageOf(streams.status()));
        scanned.index->Add({item.offset, item.header.first, item.header.time_us, item.header.count,
                            item.header.length},
                           *streams);
        scanned.last = MakeFrame(item);
        scanned.last_offset = item.offset;
        scanned.crc_before = std::exchange(scanned.crc, item.header.crc);
        scanned.time_before_us = std::exchange(scanned.time_us, item.header.time_us);
        scanned.next += item.header.count;
    }
}

Result<Position> Recover(Core& core, Listing* found) {
    BLASTY_ASSIGN_OR_RETURN(*found, ListLog(core.fs, core.directory));
    const Listing& listing = *found;
    Position position;
    if (listing.segments.empty()) {
        BLASTY_ASSIGN_OR_RETURN(position, StartNew(core));
    } else {
        BLASTY_ASSIGN_OR_RETURN(position, RecoverNewest(core, listing));
    }
    position.segment->set_memory_index(position.index);
    position.segment->Attach(position.file);
    position.segment->end.store(position.offset);
    core.table.Add(position.segment);
    core.last.store(position.next - 1);
    return position;
}

}  // namespace blasty::log::internal
