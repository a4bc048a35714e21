#include "topics/topic_names.h"

#include <utility>
#include <variant>

#include "topics/internal/checkpoint.h"
#include "topics/internal/control.h"
#include "topics/internal/view.h"

namespace blasty::topics {

void TopicNames::AddCheckpoints(io::FileSystem& fs, const std::string& database) {
    for (const std::string& path :
         {internal::PreviousCheckpointPath(database), internal::CheckpointPath(database)}) {
        const Result<std::string> bytes = io::ReadFile(fs, path, internal::kCheckpointBytesMax);
        internal::CheckpointFile file;
        if (!bytes.ok() || !internal::DecodeCheckpoint(*bytes, &file).ok()) continue;
        internal::View view(0, 0);
        if (!view.Restore(file.view).ok()) continue;
        MutexLock lock(view.mutex);
        for (const auto& [id, topic] : view.topics_by_id) names_[id] = *topic->name;
    }
}

void TopicNames::AddFrame(const log::Frame& frame) {
    log::RecordIterator records = frame.Records();
    for (log::RecordView record; records.Next(&record);) {
        if (record.kind != log::RecordKind::kControl || record.stream != internal::kControlStream) {
            continue;
        }
        internal::Control control;
        if (!internal::DecodeControl(record.payload, &control).ok()) continue;
        if (auto* created = std::get_if<internal::TopicCreated>(&control)) {
            names_[created->id] = std::move(created->name);
        }
    }
}

std::string_view TopicNames::Of(StreamId stream) const {
    if (stream == internal::kControlStream) return "(control)";
    if (stream == internal::kAckStream) return "(acks)";
    const auto found = names_.find(stream);
    return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace blasty::topics
