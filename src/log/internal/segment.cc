#include "log/internal/segment.h"

#include <algorithm>

#include "base/strings.h"
#include "log/internal/index_file.h"
#include "log/internal/segment_reader.h"

namespace blasty::log::internal {

Segment::~Segment() { place_.indexes->Drop(this); }

Result<std::shared_ptr<io::File>> Segment::OpenFile() {
    MutexLock lock(mutex_);
    if (pinned_) return pinned_;
    if (auto file = file_.lock()) return file;
    BLASTY_ASSIGN_OR_RETURN(auto opened, place_.fs->Open(path(), io::OpenMode::kRead));
    std::shared_ptr<io::File> file = std::move(opened);
    file_ = file;
    return file;
}

Status Segment::Pin() {
    BLASTY_ASSIGN_OR_RETURN(auto file, OpenFile());
    MutexLock lock(mutex_);
    if (!pinned_) pinned_ = std::move(file);
    return OkStatus();
}

void Segment::Attach(std::shared_ptr<io::File> file) {
    MutexLock lock(mutex_);
    file_ = file;
}

void Segment::set_memory_index(std::shared_ptr<MemoryIndex> index) {
    MutexLock lock(mutex_);
    memory_index_ = std::move(index);
}

std::shared_ptr<MemoryIndex> Segment::memory_index() {
    MutexLock lock(mutex_);
    return memory_index_;
}

Result<std::shared_ptr<MemoryIndex>> Segment::Scan() {
    BLASTY_ASSIGN_OR_RETURN(auto file, OpenFile());
    SegmentReader reader(std::move(file), header_.salt);
    auto index = std::make_shared<MemoryIndex>();
    const uint64_t stop = limit.load();
    uint64_t offset = kSegmentHeaderBytes;
    for (uint64_t next = first(); next < stop;) {
        BLASTY_ASSIGN_OR_RETURN(const ReadItem item, reader.Read(offset, end.load()));
        if (item.kind == ReadItem::Kind::kBad) return Damaged(path(), offset, item.why);
        if (item.kind == ReadItem::Kind::kEnd)
            return Damaged(path(), offset, StrCat("records from ", next, " on are missing"));
        offset = item.next_offset;
        if (item.kind == ReadItem::Kind::kMark) continue;
        if (item.header.first != next)
            return Damaged(path(), item.offset,
                           StrCat("a frame begins at ", item.header.first, ", not at ", next));
        auto streams = StreamsOf(item.records, next, item.header.count);
        if (!streams.ok()) return Damaged(path(), item.offset, MessageOf(streams.status()));
        index->Add({item.offset, next, item.header.time_us, item.header.count, item.header.length},
                   *streams);
        next += item.header.count;
    }
    return index;
}

Result<std::shared_ptr<SegmentIndex>> Segment::Index() {
    if (auto memory = memory_index()) return std::shared_ptr<SegmentIndex>(std::move(memory));
    if (auto found = place_.indexes->Find(this)) return found;
    auto opened = IndexFile::Open(*place_.fs, index_path(), header_.salt, first());
    if (!opened.ok()) return Rebuild();
    std::shared_ptr<SegmentIndex> index = *std::move(opened);
    place_.indexes->Put(this, index);
    return index;
}

Result<std::shared_ptr<SegmentIndex>> Segment::Rebuild() {
    place_.indexes->Drop(this);
    BLASTY_ASSIGN_OR_RETURN(auto index, Scan());
    if (!sealed()) return std::shared_ptr<SegmentIndex>(std::move(index));
    if (retired.load()) {
        set_memory_index(index);
        return std::shared_ptr<SegmentIndex>(std::move(index));
    }
    const std::string encoded = EncodeIndex(*index, header_.salt, first());
    // On failure the next reader rebuilds it again: nothing is lost but time.
    (void)io::WriteFileAtomically(*place_.fs, index_path(), encoded);
    std::shared_ptr<SegmentIndex> result = std::move(index);
    place_.indexes->Put(this, result);
    return result;
}

Status Segment::SaveIndex() {
    const auto index = memory_index();
    if (!index || retired.load()) return OkStatus();
    last_time_us_.store(index->last_time_us());
    const std::string encoded = EncodeIndex(*index, header_.salt, first());
    const Status written = io::WriteFileAtomically(*place_.fs, index_path(), encoded);
    if (written.ok()) set_memory_index(nullptr);
    return written;
}

int64_t Segment::LastTime() {
    if (const int64_t known = last_time_us_.load(); known >= 0) return known;
    const auto time = WithIndex<int64_t>(
        [](SegmentIndex& index) { return Result<int64_t>(index.last_time_us()); });
    if (!time.ok()) return 0;
    if (sealed()) last_time_us_.store(*time);
    return *time;
}

std::shared_ptr<SegmentIndex> IndexCache::Find(const Segment* segment) {
    MutexLock lock(mutex_);
    const auto it = std::find_if(files_.begin(), files_.end(),
                                 [&](const auto& file) { return file.first == segment; });
    if (it == files_.end()) return nullptr;
    std::rotate(it, it + 1, files_.end());
    return files_.back().second;
}

void IndexCache::Put(const Segment* segment, std::shared_ptr<SegmentIndex> index) {
    Drop(segment);
    MutexLock lock(mutex_);
    files_.emplace_back(segment, std::move(index));
    if (files_.size() > files_max_) files_.erase(files_.begin());
}

void IndexCache::Drop(const Segment* segment) {
    MutexLock lock(mutex_);
    std::erase_if(files_, [&](const auto& file) { return file.first == segment; });
}

void SegmentTable::Add(SegmentPtr segment) {
    MutexLock lock(mutex_);
    segments_[segment->first()] = std::move(segment);
    oldest_first_.store(segments_.begin()->first);
}

void SegmentTable::Remove(uint64_t first) {
    MutexLock lock(mutex_);
    segments_.erase(first);
    if (!segments_.empty()) oldest_first_.store(segments_.begin()->first);
}

SegmentPtr SegmentTable::Find(uint64_t sequence) const {
    MutexLock lock(mutex_);
    auto it = segments_.upper_bound(sequence);
    if (it == segments_.begin()) return nullptr;
    return (--it)->second;
}

SegmentPtr SegmentTable::Exactly(uint64_t first) const {
    MutexLock lock(mutex_);
    const auto it = segments_.find(first);
    return it == segments_.end() ? nullptr : it->second;
}

SegmentPtr SegmentTable::Oldest() const {
    MutexLock lock(mutex_);
    return segments_.empty() ? nullptr : segments_.begin()->second;
}

std::vector<SegmentPtr> SegmentTable::All() const {
    MutexLock lock(mutex_);
    std::vector<SegmentPtr> all;
    for (const auto& [first, segment] : segments_) all.push_back(segment);
    return all;
}

}  // namespace blasty::log::internal
