#include "topics/internal/record_fetcher.h"

#include <utility>

namespace blasty::topics::internal {

namespace {
constexpr size_t kSmallFrameBytes = 4 << 10;
}  // namespace

Result<std::optional<Message>> RecordFetcher::Get(uint64_t sequence, StreamId topic_id) {
    const TopicPtr topic = core_.view.FindTopic(topic_id);
    if (!topic || sequence < topic->floor.load()) return std::optional<Message>();
    if (!frame_ || sequence < next_ || sequence > frame_->last().value()) {
        if (!cursor_) cursor_ = core_.log->NewCursor({Sequence(sequence), std::nullopt});
        cursor_->Seek(Sequence(sequence));
        Release();
        Result<log::FramePtr> read = cursor_->Next();
        if (!read.ok()) {
            if (ReasonOf(read.status()) == "SEQUENCE_GONE") return std::optional<Message>();
            return read.status();
        }
        if (!*read || (*read)->first.value() > sequence) return std::optional<Message>();
        frame_ = *std::move(read);
        records_.emplace(frame_->Records());
        next_ = frame_->first.value();
    }
    log::RecordView record;
    while (next_ <= sequence && records_->Next(&record)) {
        next_ = record.sequence.value() + 1;
        if (record.sequence.value() != sequence) continue;
        return std::optional<Message>(Message{record.sequence, topic->id, record.time_us,
                                              *topic->name, record.id, record.key, record.headers,
                                              record.payload, frame_, topic->name});
    }
    BLASTY_RETURN_IF_ERROR(records_->status());
    Release();  // where the iterator stands is not known: read anew next time
    return std::optional<Message>();
}

void RecordFetcher::Release() {
    frame_.reset();
    records_.reset();
    next_ = 0;
}

Message Detached(const Message& message) {
    if (message.frame->records.size() <= kSmallFrameBytes) return message;
    auto own = std::make_shared<log::Frame>();
    own->first = message.sequence;
    own->count = 1;
    own->commit_time_us = message.frame->commit_time_us;
    std::string& bytes = own->records;
    bytes.reserve(message.id.size() + message.key.size() + message.headers.size() +
                  message.payload.size());
    bytes.append(message.id).append(message.key).append(message.headers).append(message.payload);
    Message copy = message;
    std::string_view rest = bytes;
    for (std::string_view* part : {&copy.id, &copy.key, &copy.headers, &copy.payload}) {
        *part = rest.substr(0, part->size());
        rest.remove_prefix(part->size());
    }
    copy.frame = std::move(own);
    return copy;
}

}  // namespace blasty::topics::internal
