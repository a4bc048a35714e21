#include "log/segment_files.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "log/internal/format.h"
#include "log/internal/recovery.h"
#include "log/internal/segment_reader.h"

namespace blasty::log {
namespace {

using internal::ReadItem;

// Retention may remove files between the look at the directory and the opening of one.
constexpr int kAttemptsMax = 100;

// Where the frame that ends with `last` ends in `file`.
Result<uint64_t> EndOfFrame(const std::shared_ptr<io::File>& file, const std::string& path,
                            Sequence last) {
    BLASTY_ASSIGN_OR_RETURN(const auto header, internal::ReadSegmentHeader(*file, path));
    internal::SegmentReader reader(file, header.salt);
    uint64_t offset = internal::kSegmentHeaderBytes;
    uint64_t next = header.first;
    while (next <= last.value()) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, internal::kNoLimit));
        if (item.kind == ReadItem::Kind::kEnd || item.kind == ReadItem::Kind::kBad) {
            return internal::Damaged(path, offset, StrCat("record ", last.value(), " is missing"));
        }
        next = item.header.first + item.header.count;
        offset = item.next_offset;
    }
    if (next != last.value() + 1) {
        return internal::Damaged(path, offset, StrCat("no frame ends at record ", last.value()));
    }
    return offset;
}

// FILE_NOT_FOUND when a file vanished meanwhile.
Result<std::vector<SegmentFile>> OpenAll(io::FileSystem& fs, const std::string& directory,
                                         Sequence last) {
    BLASTY_ASSIGN_OR_RETURN(const auto entries, fs.List(directory));
    std::vector<SegmentFile> files;
    for (const auto& entry : entries) {
        const auto first = internal::ParseName(entry.name, ".seg");
        // A segment that begins behind `last` holds nothing of it (but the first of an empty log).
        if (entry.is_directory || !first || (*first > last.value() && *first != 1)) continue;
        const std::string path = StrCat(directory, "/", entry.name);
        BLASTY_ASSIGN_OR_RETURN(auto opened, fs.Open(path, io::OpenMode::kRead));
        SegmentFile& added = files.emplace_back();
        added.name = entry.name;
        added.file = std::move(opened);
        BLASTY_ASSIGN_OR_RETURN(added.bytes, added.file->Size());
    }
    std::sort(files.begin(), files.end(),
              [](const SegmentFile& a, const SegmentFile& b) { return a.name < b.name; });
    if (files.empty()) return internal::Damaged(directory, 0, "it holds no segment");
    SegmentFile& newest = files.back();
    BLASTY_ASSIGN_OR_RETURN(newest.bytes,
                            EndOfFrame(newest.file, StrCat(directory, "/", newest.name), last));
    return files;
}

}  // namespace

Result<std::vector<SegmentFile>> OpenSegmentFiles(io::FileSystem& fs, const std::string& directory,
                                                  Sequence last) {
    for (int attempt = 1;; ++attempt) {
        auto files = OpenAll(fs, directory, last);
        if (files.ok() || attempt == kAttemptsMax || ReasonOf(files.status()) != "FILE_NOT_FOUND") {
            return files;
        }
    }
}

}  // namespace blasty::log
