#include <algorithm>

#include "base/strings.h"
#include "log/internal/format.h"
#include "log/internal/segment_index.h"
#include "log/record.h"

namespace blasty::log::internal {

MemoryIndex::MemoryIndex() { contents_.end = kSegmentHeaderBytes; }

void MemoryIndex::Add(const FrameEntry& frame, const std::vector<StreamId>& streams) {
    MutexLock lock(mutex_);
    const auto position = static_cast<uint32_t>(contents_.frames.size());
    contents_.frames.push_back(frame);
    contents_.end = frame.offset + FrameBytes(frame.length);
    for (const StreamId stream : streams) {
        std::vector<uint32_t>& positions = contents_.streams[stream];
        if (positions.empty() || positions.back() != position) positions.push_back(position);
    }
}

void MemoryIndex::RemoveLast() {
    MutexLock lock(mutex_);
    contents_.end = contents_.frames.back().offset;
    contents_.frames.pop_back();
    const auto gone = static_cast<uint32_t>(contents_.frames.size());
    absl::erase_if(contents_.streams, [gone](auto& stream) {
        if (stream.second.back() == gone) stream.second.pop_back();
        return stream.second.empty();
    });
}

void MemoryIndex::set_end(uint64_t end) {
    MutexLock lock(mutex_);
    contents_.end = end;
}

Result<std::optional<FrameEntry>> MemoryIndex::FrameAt(uint64_t sequence) {
    MutexLock lock(mutex_);
    const auto& frames = contents_.frames;
    const auto it = std::partition_point(frames.begin(), frames.end(),
                                         [&](const FrameEntry& f) { return f.last() < sequence; });
    if (it == frames.end()) return std::optional<FrameEntry>();
    return std::optional<FrameEntry>(*it);
}

Result<std::vector<FrameEntry>> MemoryIndex::FramesOf(StreamId stream, uint64_t from,
                                                      size_t limit) {
    std::vector<FrameEntry> found;
    MutexLock lock(mutex_);
    const auto it = contents_.streams.find(stream);
    if (it == contents_.streams.end()) return found;
    const auto& frames = contents_.frames;
    auto position = std::partition_point(it->second.begin(), it->second.end(),
                                         [&](uint32_t p) { return frames[p].last() < from; });
    for (; position != it->second.end() && found.size() < limit; ++position)
        found.push_back(frames[*position]);
    return found;
}

int64_t MemoryIndex::last_time_us() {
    MutexLock lock(mutex_);
    return contents_.frames.empty() ? 0 : contents_.frames.back().time_us;
}

uint64_t MemoryIndex::end() {
    MutexLock lock(mutex_);
    return contents_.end;
}

Result<std::vector<StreamId>> StreamsOf(std::string_view records, uint64_t first, uint32_t count) {
    std::vector<StreamId> streams;
    RecordIterator it(records, Sequence(first));
    RecordView record;
    while (it.Next(&record))
        if (streams.empty() || streams.back() != record.stream) streams.push_back(record.stream);
    BLASTY_RETURN_IF_ERROR(it.status());
    if (it.next_sequence().value() != first + count)
        return MakeError(
            StatusCode::kDataLoss, "LOG_DAMAGED",
            StrCat("a frame of ", count, " sequences holds ", it.next_sequence().value() - first));
    return streams;
}

}  // namespace blasty::log::internal
