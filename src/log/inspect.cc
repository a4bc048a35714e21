#include "log/inspect.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "log/internal/index_file.h"
#include "log/internal/recovery.h"
#include "log/internal/segment_reader.h"

namespace blasty::log {
namespace {

using internal::FrameHeader;
using internal::kNoLimit;
using internal::MemoryIndex;
using internal::ReadItem;
using internal::SegmentHeader;
using internal::SegmentReader;

constexpr uint64_t kProgressBytes = 4 << 20;

struct FoundSegment {
    std::string path;
    uint64_t first = 0;
    uint64_t bytes = 0;
};

class Inspector {
  public:
    Inspector(io::FileSystem& fs, const std::string& directory, const InspectOptions& options)
        : fs_(fs), directory_(directory), options_(options) {}

    Result<LogSummary> Run() {
        BLASTY_RETURN_IF_ERROR(FindFiles());
        if (found_.empty() && indexes_.empty())
            return MakeError(StatusCode::kNotFound, "NOT_A_LOG",
                             StrCat("'", directory_, "' holds no log segment"));
        for (size_t i = 0; i < found_.size(); ++i) BLASTY_RETURN_IF_ERROR(LookAt(i));
        const uint64_t newest = found_.empty() ? 0 : found_.back().first;
        for (const uint64_t index : indexes_) {
            const std::string path = directory_ + "/" + internal::IndexName(index);
            if (index >= newest)
                AddDamage(path, 0, "segments it speaks of are missing");
            else if (!Exists(index))
                summary_.notes.push_back(StrCat("'", path, "' belongs to no segment: removed"));
        }
        if (!found_.empty()) {
            summary_.oldest = Sequence(found_.front().first);
            summary_.last = Sequence(next_ - 1);
        }
        if (options_.progress) options_.progress(total_, total_);
        return std::move(summary_);
    }

  private:
    Status FindFiles() {
        auto entries = fs_.List(directory_);
        if (!entries.ok() && entries.status().code() == StatusCode::kNotFound)
            return MakeError(StatusCode::kNotFound, "NOT_A_LOG",
                             StrCat("'", directory_, "' does not exist"));
        if (!entries.ok()) return entries.status();
        for (const auto& entry : *entries) {
            if (entry.is_directory) continue;
            if (const auto index = internal::ParseName(entry.name, ".idx"))
                indexes_.push_back(*index);
            const auto first = internal::ParseName(entry.name, ".seg");
            if (!first) continue;
            const std::string path = directory_ + "/" + entry.name;
            BLASTY_ASSIGN_OR_RETURN(const auto file, fs_.Open(path, io::OpenMode::kRead));
            BLASTY_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
            found_.push_back({path, *first, bytes});
            total_ += bytes;
        }
        return OkStatus();
    }

    bool Exists(uint64_t first) const {
        return std::any_of(found_.begin(), found_.end(),
                           [&](const FoundSegment& segment) { return segment.first == first; });
    }

    void AddDamage(const std::string& file, uint64_t offset, std::string_view what) {
        summary_.damage.push_back({file, offset, std::string(what)});
    }

    Status LookAt(size_t i) {
        const FoundSegment& found = found_[i];
        const bool sealed = i + 1 < found_.size();
        limit_ = sealed ? found_[i + 1].first : kNoLimit;
        SegmentSummary segment;
        segment.file = found.path;
        segment.first = Sequence(found.first);
        segment.file_bytes = found.bytes;
        segment.sealed = sealed;
        BLASTY_ASSIGN_OR_RETURN(auto opened, fs_.Open(found.path, io::OpenMode::kRead));
        std::shared_ptr<io::File> file = std::move(opened);
        const auto header = internal::ReadSegmentHeader(*file, found.path);
        if (!header.ok()) {
            AddDamage(found.path, 0, MessageOf(header.status()));
            chain_known_ = false;
        } else {
            CheckHeader(i, *header);
            auto index = std::make_shared<MemoryIndex>();
            BLASTY_RETURN_IF_ERROR(ReadFrames(file, *header, segment, *index));
            if (sealed) BLASTY_RETURN_IF_ERROR(CheckIndex(*header, *index));
            if (header->rewritten) {
                if (sealed && segment.used_bytes != header->end)
                    AddDamage(found.path, segment.used_bytes, "the segment does not end as told");
                crc_ = header->end_crc;
            }
        }
        done_ += found.bytes;
        summary_.segments.push_back(std::move(segment));
        return OkStatus();
    }

    void CheckHeader(size_t i, const SegmentHeader& header) {
        const FoundSegment& found = found_[i];
        if (header.first != found.first)
            AddDamage(found.path, 0, StrCat("it begins at ", header.first, ", not as named"));
        if (i > 0 && header.previous_first != found_[i - 1].first)
            AddDamage(found.path, 0,
                      StrCat("the segment before it, '",
                             internal::SegmentName(header.previous_first), "', is missing"));
        else if (i > 0 && chain_known_ && header.previous_crc != crc_)
            AddDamage(found.path, 0, "it does not follow the last frame of the segment before it");
        crc_ = header.previous_crc;
        next_ = header.first;
        chain_known_ = true;
    }

    Status ReadFrames(const std::shared_ptr<io::File>& file, const SegmentHeader& header,
                      SegmentSummary& segment, MemoryIndex& index) {
        SegmentReader reader(file, header.salt);
        uint64_t offset = internal::kSegmentHeaderBytes;
        bool marked = true;
        segment.used_bytes = offset;
        while (next_ < limit_) {
            BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, kNoLimit));
            if (item.kind == ReadItem::Kind::kEnd || item.kind == ReadItem::Kind::kBad) {
                BLASTY_ASSIGN_OR_RETURN(const auto tail, reader.ScanTail(offset));
                if (tail.frame == UINT64_MAX) {
                    NoteEnd(segment, offset, tail.clean, marked, item.why);
                    return OkStatus();
                }
                AddDamage(segment.file, offset,
                          StrCat(item.kind == ReadItem::Kind::kBad ? item.why : "zeros",
                                 " although a frame follows at ", tail.frame));
                chain_known_ = false;
                offset = tail.frame;
                continue;
            }
            TakeFrame(item, segment, index);
            marked = item.kind == ReadItem::Kind::kMark;
            offset = item.next_offset;
            segment.used_bytes = offset;
            Progress(offset);
        }
        if (next_ != limit_)
            AddDamage(segment.file, offset, "the last frame reaches into the next segment");
        return NoteLeftover(reader, offset, segment);
    }

    // A sealed segment that ended where the next one begins: what is behind is never read.
    Status NoteLeftover(SegmentReader& reader, uint64_t offset, const SegmentSummary& segment) {
        for (;;) {
            BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, kNoLimit));
            if (item.kind != ReadItem::Kind::kMark) break;
            offset = item.next_offset;
        }
        BLASTY_ASSIGN_OR_RETURN(const auto tail, reader.ScanTail(offset));
        if (!tail.clean)
            summary_.notes.push_back(StrCat("'", segment.file, "': bytes from offset ", offset,
                                            " on were replaced by the next segment"));
        return OkStatus();
    }

    void NoteEnd(const SegmentSummary& segment, uint64_t offset, bool zeros, bool marked,
                 std::string_view why) {
        if (limit_ != kNoLimit) {
            AddDamage(segment.file, offset,
                      StrCat("records from ", next_, " to ", limit_ - 1, " are missing",
                             why.empty() ? "" : ": ", why));
            chain_known_ = false;
        } else if (!zeros) {
            summary_.notes.push_back(StrCat("'", segment.file, "': an incomplete tail at offset ",
                                            offset, " is cut by the next start"));
        } else if (!marked) {
            summary_.notes.push_back(
                StrCat("'", segment.file,
                       "': no closing mark; the next start writes the last frame again"));
        }
    }

    void TakeFrame(const ReadItem& item, SegmentSummary& segment, MemoryIndex& index) {
        const FrameHeader& header = item.header;
        if (chain_known_ && (header.first != next_ || header.previous_crc != crc_))
            AddDamage(segment.file, item.offset, "a frame does not follow the one before it");
        chain_known_ = true;
        next_ = header.first;
        if (item.kind == ReadItem::Kind::kMark) {
            crc_ = header.previous_crc;
            return;
        }
        const auto streams = internal::StreamsOf(item.records, header.first, header.count);
        if (streams.ok())
            index.Add({item.offset, header.first, header.time_us, header.count, header.length},
                      *streams);
        else
            AddDamage(segment.file, item.offset, MessageOf(streams.status()));
        crc_ = header.crc;
        next_ += header.count;
        const FramePtr frame = internal::MakeFrame(item);
        RecordIterator it = frame->Records();
        RecordView record;
        uint64_t records = 0;
        while (it.Next(&record)) ++records;
        ++segment.frames;
        segment.records += records;
        ++summary_.frames;
        summary_.records += records;
        summary_.record_bytes += header.length;
        if (summary_.oldest_time_us == 0) summary_.oldest_time_us = header.time_us;
        summary_.last_time_us = header.time_us;
        if (options_.visit) options_.visit(frame, segment.file, item.offset);
    }

    Status CheckIndex(const SegmentHeader& header, MemoryIndex& index) {
        const std::string path = directory_ + "/" + internal::IndexName(header.first);
        const std::string expected = internal::EncodeIndex(index, header.salt, header.first);
        const auto stored = io::ReadFile(fs_, path, expected.size());
        if (!stored.ok() && stored.status().code() == StatusCode::kNotFound)
            summary_.notes.push_back(StrCat("'", path, "' is missing: built again when needed"));
        else if (!stored.ok() && stored.status().code() != StatusCode::kResourceExhausted)
            return stored.status();
        else if (!stored.ok() || *stored != expected)
            summary_.notes.push_back(StrCat("'", path, "' is damaged: built again when needed"));
        return OkStatus();
    }

    void Progress(uint64_t offset) {
        if (!options_.progress || done_ + offset < told_ + kProgressBytes) return;
        told_ = done_ + offset;
        options_.progress(told_, total_);
    }

    io::FileSystem& fs_;
    const std::string& directory_;
    const InspectOptions& options_;
    std::vector<FoundSegment> found_;
    std::vector<uint64_t> indexes_;
    LogSummary summary_;
    uint64_t total_ = 0, done_ = 0, told_ = 0;
    uint64_t limit_ = 0;  // of the segment at hand
    uint64_t next_ = 1;
    uint32_t crc_ = 0;
    bool chain_known_ = true;  // whether next_ and crc_ come from something sound
};

}  // namespace

Result<LogSummary> Inspect(io::FileSystem& fs, const std::string& directory,
                           const InspectOptions& options) {
    return Inspector(fs, directory, options).Run();
}

}  // namespace blasty::log
