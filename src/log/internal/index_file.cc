#include "log/internal/index_file.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"
#include "log/internal/format.h"

namespace blasty::log::internal {
namespace {

constexpr std::string_view kMagic = "BLASTIDX";
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 72;
constexpr size_t kPageBytes = 4096;
constexpr size_t kPageBody = kPageBytes - 4;
constexpr size_t kPagesCached = 32;
constexpr size_t kStreamEntryBytes = 12;

uint32_t PageCrc(uint64_t salt, uint64_t number, std::string_view body) {
    char seed[16];
    std::memcpy(seed, &salt, 8);
    std::memcpy(seed + 8, &number, 8);
    return ExtendCrc32c(Crc32c(std::string_view(seed, sizeof(seed))), body);
}

Status IndexDamaged(const std::string& path, std::string_view what) {
    return MakeError(StatusCode::kDataLoss, "LOG_INDEX_DAMAGED",
                     StrCat("'", path, "': ", what, "; it is built again from the segment"));
}

// First position in [0, count) for which `before` is false.
template <typename Before>
Result<uint64_t> PartitionPoint(uint64_t count, const Before& before) {
    uint64_t low = 0;
    while (count > 0) {
        const uint64_t half = count / 2;
        BLASTY_ASSIGN_OR_RETURN(const bool is_before, before(low + half));
        if (is_before) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

// Marks behind the last frame do not count: the file is a function of the frames alone.
uint64_t EndOfFrames(const MemoryIndex::Contents& contents) {
    if (contents.frames.empty()) return kSegmentHeaderBytes;
    return contents.frames.back().offset + FrameBytes(contents.frames.back().length);
}

}  // namespace

std::string EncodeIndex(MemoryIndex& index, uint64_t salt, uint64_t first) {
    return index.With([&](const MemoryIndex::Contents& contents) {
        std::vector<StreamId> streams;
        uint64_t postings = 0;
        for (const auto& [stream, positions] : contents.streams) {
            streams.push_back(stream);
            postings += positions.size();
        }
        std::sort(streams.begin(), streams.end());
        std::string body;
        body.reserve(contents.frames.size() * sizeof(FrameEntry) +
                     streams.size() * kStreamEntryBytes + postings * 4);
        body.append(reinterpret_cast<const char*>(contents.frames.data()),
                    contents.frames.size() * sizeof(FrameEntry));
        uint32_t begin = 0;
        for (const StreamId stream : streams) {
            const auto count = static_cast<uint32_t>(contents.streams.at(stream).size());
            PutFixed<uint32_t>(body, stream.value());
            PutFixed<uint32_t>(body, begin);
            PutFixed<uint32_t>(body, count);
            begin += count;
        }
        for (const StreamId stream : streams)
            for (const uint32_t position : contents.streams.at(stream))
                PutFixed<uint32_t>(body, position);

        std::string out(kMagic);
        PutFixed<uint32_t>(out, kVersion);
        PutFixed<uint32_t>(out, 0);
        PutFixed<uint64_t>(out, salt);
        PutFixed<uint64_t>(out, first);
        PutFixed<uint64_t>(out, contents.frames.size());
        PutFixed<uint64_t>(out, streams.size());
        PutFixed<uint64_t>(out, EndOfFrames(contents));
        PutFixed<int64_t>(out, contents.frames.empty() ? 0 : contents.frames.back().time_us);
        PutFixed<uint32_t>(out, static_cast<uint32_t>(postings));
        PutFixed<uint32_t>(out, Crc32c(out));
        for (uint64_t number = 0; number * kPageBody < body.size(); ++number) {
            std::string page = body.substr(number * kPageBody, kPageBody);
            page.resize(kPageBody);
            PutFixed<uint32_t>(page, PageCrc(salt, number, page));
            out.append(page);
        }
        return out;
    });
}

IndexFile::IndexFile(std::unique_ptr<io::File> file, std::string path, uint64_t salt)
    : file_(std::move(file)), path_(std::move(path)), salt_(salt) {}

Result<std::unique_ptr<IndexFile>> IndexFile::Open(io::FileSystem& fs, const std::string& path,
                                                   uint64_t salt, uint64_t first) {
    BLASTY_ASSIGN_OR_RETURN(auto file, fs.Open(path, io::OpenMode::kRead));
    std::unique_ptr<IndexFile> index(new IndexFile(std::move(file), path, salt));
    std::string header(kHeaderBytes, '\0');
    BLASTY_ASSIGN_OR_RETURN(const size_t read,
                            index->file_->ReadAt(0, kHeaderBytes, header.data()));
    if (read < kHeaderBytes || !header.starts_with(kMagic) ||
        Crc32c(std::string_view(header).substr(0, kHeaderBytes - 4)) !=
            GetFixed<uint32_t>(header.data() + kHeaderBytes - 4))
        return IndexDamaged(path, "its header is damaged");
    ByteReader reader(std::string_view(header).substr(kMagic.size()));
    const uint32_t version = reader.Fixed<uint32_t>();
    reader.Fixed<uint32_t>();
    const uint64_t its_salt = reader.Fixed<uint64_t>();
    const uint64_t its_first = reader.Fixed<uint64_t>();
    if (version != kVersion || its_salt != salt || its_first != first)
        return IndexDamaged(path, "it belongs to another segment or version");
    index->frames_ = reader.Fixed<uint64_t>();
    index->streams_ = reader.Fixed<uint64_t>();
    index->end_ = reader.Fixed<uint64_t>();
    index->last_time_us_ = reader.Fixed<int64_t>();
    index->postings_ = reader.Fixed<uint32_t>();
    return index;
}

Result<const std::string*> IndexFile::Page(uint64_t number) {
    const auto it = std::find_if(pages_.begin(), pages_.end(),
                                 [&](const auto& page) { return page.first == number; });
    if (it != pages_.end()) {
        pages_.splice(pages_.begin(), pages_, it);
        return &pages_.front().second;
    }
    std::string page(kPageBytes, '\0');
    BLASTY_ASSIGN_OR_RETURN(const size_t read, file_->ReadAt(kHeaderBytes + number * kPageBytes,
                                                             kPageBytes, page.data()));
    if (read < kPageBytes || PageCrc(salt_, number, std::string_view(page).substr(0, kPageBody)) !=
                                 GetFixed<uint32_t>(page.data() + kPageBody))
        return IndexDamaged(path_, StrCat("page ", number, " is damaged"));
    pages_.emplace_front(number, std::move(page));
    if (pages_.size() > kPagesCached) pages_.pop_back();
    return &pages_.front().second;
}

Status IndexFile::Body(uint64_t position, size_t size, void* out) {
    MutexLock lock(mutex_);
    for (size_t done = 0; done < size;) {
        const uint64_t at = position + done;
        BLASTY_ASSIGN_OR_RETURN(const std::string* page, Page(at / kPageBody));
        const size_t begin = at % kPageBody;
        const size_t piece = std::min(size - done, kPageBody - begin);
        std::memcpy(static_cast<char*>(out) + done, page->data() + begin, piece);
        done += piece;
    }
    return OkStatus();
}

Result<FrameEntry> IndexFile::Frame(uint64_t position) {
    if (position >= frames_) return IndexDamaged(path_, "a position is too large");
    FrameEntry entry;
    BLASTY_RETURN_IF_ERROR(Body(position * sizeof(entry), sizeof(entry), &entry));
    return entry;
}

Result<IndexFile::StreamEntry> IndexFile::Stream(uint64_t position) {
    static_assert(sizeof(StreamEntry) == kStreamEntryBytes);
    StreamEntry entry;
    const uint64_t at = frames_ * sizeof(FrameEntry) + position * kStreamEntryBytes;
    BLASTY_RETURN_IF_ERROR(Body(at, sizeof(entry), &entry));
    return entry;
}

Result<uint32_t> IndexFile::Posting(uint64_t position) {
    if (position >= postings_) return IndexDamaged(path_, "a posting is too far");
    uint32_t posting = 0;
    const uint64_t at =
        frames_ * sizeof(FrameEntry) + streams_ * kStreamEntryBytes + position * sizeof(posting);
    BLASTY_RETURN_IF_ERROR(Body(at, sizeof(posting), &posting));
    return posting;
}

Result<std::optional<FrameEntry>> IndexFile::FrameAt(uint64_t sequence) {
    BLASTY_ASSIGN_OR_RETURN(const uint64_t position,
                            PartitionPoint(frames_, [&](uint64_t i) -> Result<bool> {
                                BLASTY_ASSIGN_OR_RETURN(const FrameEntry frame, Frame(i));
                                return frame.last() < sequence;
                            }));
    if (position == frames_) return std::optional<FrameEntry>();
    BLASTY_ASSIGN_OR_RETURN(const FrameEntry frame, Frame(position));
    return std::optional<FrameEntry>(frame);
}

Result<std::vector<FrameEntry>> IndexFile::FramesOf(StreamId stream, uint64_t from, size_t limit) {
    BLASTY_ASSIGN_OR_RETURN(const uint64_t at,
                            PartitionPoint(streams_, [&](uint64_t i) -> Result<bool> {
                                BLASTY_ASSIGN_OR_RETURN(const StreamEntry entry, Stream(i));
                                return entry.stream < stream.value();
                            }));
    std::vector<FrameEntry> found;
    if (at == streams_) return found;
    BLASTY_ASSIGN_OR_RETURN(const StreamEntry entry, Stream(at));
    if (entry.stream != stream.value()) return found;
    const uint32_t begin = entry.begin, count = entry.count;
    BLASTY_ASSIGN_OR_RETURN(const uint64_t skip,
                            PartitionPoint(count, [&](uint64_t i) -> Result<bool> {
                                BLASTY_ASSIGN_OR_RETURN(const uint32_t p, Posting(begin + i));
                                BLASTY_ASSIGN_OR_RETURN(const FrameEntry frame, Frame(p));
                                return frame.last() < from;
                            }));
    for (uint64_t i = skip; i < count && found.size() < limit; ++i) {
        BLASTY_ASSIGN_OR_RETURN(const uint32_t p, Posting(begin + i));
        BLASTY_ASSIGN_OR_RETURN(const FrameEntry frame, Frame(p));
        found.push_back(frame);
    }
    return found;
}

}  // namespace blasty::log::internal
