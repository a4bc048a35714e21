#include "topics/internal/view.h"

#include <algorithm>
#include <utility>

#include "topics/limits.h"

namespace blasty::topics::internal {

struct FrameDigest {
    // Messages of one topic without another record between them.
    struct Messages {
        StreamId topic;
        uint64_t first = 0;
        uint64_t last = 0;
        uint64_t bytes = 0;
    };
    // In the order of the frame: a control record changes what messages after it mean.
    struct Step {
        size_t messages_before = 0;  // of `messages`, to apply first
        uint64_t sequence = 0;
        size_t control = 0;  // index + 1 into `controls`, or 0:
        size_t ack = 0;      // index + 1 into `acks`
    };
    struct Id {
        StreamId topic;
        std::string_view id;
        uint64_t sequence = 0;
    };
    void Clear() {
        messages.clear();
        steps.clear();
        controls.clear();
        acks_used = 0;
        ids.clear();
    }
    AckRecord& NewAck() {
        if (acks_used == acks.size()) acks.emplace_back();
        return acks[acks_used++];
    }
    std::vector<Messages> messages;
    std::vector<Step> steps;
    std::vector<Control> controls;
    std::vector<AckRecord> acks;
    size_t acks_used = 0;
    std::vector<Id> ids;
};

namespace {

// Bytes of a message as bounds count them: its parts and about what the log adds.
uint64_t BytesOf(const log::RecordView& record) {
    return record.payload.size() + record.key.size() + record.headers.size() + record.id.size() +
           16;
}

}  // namespace

View::View(int64_t dedup_window_us, size_t dedup_ids_max)
    : dedup(dedup_window_us, dedup_ids_max), digest_(std::make_unique<FrameDigest>()) {}

View::~View() = default;

Status View::Digest(const log::Frame& frame) {
    FrameDigest& d = *digest_;
    d.Clear();
    log::RecordIterator records = frame.Records();
    log::RecordView record;
    while (records.Next(&record)) {
        const uint64_t sequence = record.sequence.value();
        if (record.kind == log::RecordKind::kMessage) {
            if (d.messages.empty() || d.messages.back().topic != record.stream ||
                d.messages.back().last + 1 != sequence) {
                d.messages.push_back({record.stream, sequence, sequence, 0});
            }
            d.messages.back().last = sequence;
            d.messages.back().bytes += BytesOf(record);
            if (!record.id.empty()) d.ids.push_back({record.stream, record.id, sequence});
        } else if (record.kind == log::RecordKind::kControl && record.stream == kControlStream) {
            Control control;
            BLASTY_RETURN_IF_ERROR(DecodeControl(record.payload, &control));
            d.controls.push_back(std::move(control));
            d.steps.push_back({d.messages.size(), sequence, d.controls.size(), 0});
        } else if (record.kind == log::RecordKind::kAck) {
            BLASTY_RETURN_IF_ERROR(DecodeAck(record.payload, &d.NewAck()));
            d.steps.push_back({d.messages.size(), sequence, 0, d.acks_used});
        }
    }
    return records.status();
}

Status View::Apply(const log::FramePtr& frame) {
    if (frame->count == 0 || frame->last().value() <= applied_.load()) return OkStatus();
    BLASTY_RETURN_IF_ERROR(Digest(*frame));
    applying_ = frame->last().value();
    // Ids first: a checkpoint may then hold one too many, never one too few.
    if (!digest_->ids.empty()) {
        apply_waits_.store(true);
        MutexLock lock(dedup_mutex);
        apply_waits_.store(false);
        dedup.Expire(frame->commit_time_us);
        for (const FrameDigest::Id& id : digest_->ids) {
            dedup.Commit(id.topic, id.id, id.sequence, frame->commit_time_us);
        }
    }
    std::vector<WaiterPtr> wakes;
    {
        apply_waits_.store(true);
        MutexLock lock(mutex);
        apply_waits_.store(false);
        wakes_.clear();
        ApplyMessages(*frame);
        wakes.swap(wakes_);
        applied_.store(applying_);
    }
    for (const WaiterPtr& waiter : wakes) waiter->Wake();
    wakes.clear();
    MutexLock lock(mutex);
    wakes_.swap(wakes);  // keeps its memory
    return OkStatus();
}

void View::ApplyMessages(const log::Frame& frame) {
    const FrameDigest& d = *digest_;
    size_t done = 0;
    Topic* topic = nullptr;
    auto apply_until = [&](size_t end) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        for (; done < end; ++done) {
            const FrameDigest::Messages& m = d.messages[done];
            if (topic == nullptr || topic->id != m.topic) {
                auto found = topics_by_id.find(m.topic);
                topic = found == topics_by_id.end() ? nullptr : found->second.get();
                if (topic == nullptr) continue;  // deleted meanwhile
            }
            BeforeChange(*topic);
            topic->AddMessages(m.first, m.last, m.last - m.first + 1, m.bytes,
                               frame.commit_time_us);
            if (topic->ApplyRetention(0)) NoteFloorMoved(*topic);
            queues.Update(*topic);
            CollectWakes(*topic);
        }
    };
    for (const FrameDigest::Step& step : d.steps) {
        apply_until(step.messages_before);
        if (step.control > 0) {
            ApplyControl(step.sequence, d.controls[step.control - 1]);
            topic = nullptr;  // may have been deleted
        } else {
            ApplyAck(d.acks[step.ack - 1]);
        }
    }
    apply_until(d.messages.size());
}

void View::NoteFloorMoved(Topic& topic) {
    topic.floor_moved_at.store(std::max(applying_, applied_.load()));
    floors_moved_at_.store(topic.floor_moved_at.load());
}

TopicPtr View::FindTopic(std::string_view name) {
    MutexLock lock(mutex);
    auto found = topics.find(name);
    return found == topics.end() || !found->second->exists ? nullptr : found->second;
}

TopicPtr View::FindTopic(StreamId id) {
    MutexLock lock(mutex);
    auto found = topics_by_id.find(id);
    return found == topics_by_id.end() ? nullptr : found->second;
}

InboxState* View::FindInbox(std::string_view name) {
    auto found = inboxes.find(name);
    return found == inboxes.end() || !found->second->exists ? nullptr : found->second;
}

InboxState* View::FindInbox(uint32_t id) {
    auto found = inboxes_by_id.find(id);
    return found == inboxes_by_id.end() || !found->second->exists ? nullptr : found->second.get();
}

TopicPtr View::ReserveTopic(std::string_view name, bool* exists) {
    MutexLock lock(mutex);
    auto found = topics.find(name);
    if (found == topics.end()) {
        *exists = false;
        if (topics.size() >= kTopicsMax) return nullptr;
        auto topic = std::make_shared<Topic>(StreamId(next_topic_id_++), name);
        found = topics.emplace(std::string_view(*topic->name), std::move(topic)).first;
    }
    *exists = found->second->exists;
    return found->second;
}

uint32_t View::ReserveInbox(const std::string& name) {
    MutexLock lock(mutex);
    auto found = inboxes.find(name);
    if (found != inboxes.end()) return found->second->id;
    if (inboxes.size() >= kInboxesMax) return 0;
    auto inbox = std::make_unique<InboxState>();
    inbox->id = next_inbox_id_++;
    inbox->name = name;
    const uint32_t id = inbox->id;
    inboxes.emplace(inbox->name, inbox.get());
    inboxes_by_id.emplace(id, std::move(inbox));
    return id;
}

View::PublishTarget View::TargetOf(std::string_view name) {
    MutexLock lock(mutex);
    auto found = topics.find(name);
    if (found == topics.end()) return {};
    const TopicPtr& topic = found->second;
    return {topic, topic->exists, topic->config.message_bytes_max};
}

std::shared_ptr<const InboxConfig> View::Shared(const InboxConfig& config) {
    // Inboxes made in a row by a program usually have one configuration.
    if (!last_config_ || *last_config_ != config) {
        last_config_ = std::make_shared<const InboxConfig>(config);
    }
    return last_config_;
}

}  // namespace blasty::topics::internal
