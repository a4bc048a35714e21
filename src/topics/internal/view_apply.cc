// How each control and ack record changes the view.

#include <algorithm>
#include <utility>
#include <variant>

#include "topics/internal/view.h"

namespace blasty::topics::internal {

void View::ApplyControl(uint64_t sequence, const Control& control) {
    std::visit([this, sequence](const auto& c) ABSL_NO_THREAD_SAFETY_ANALYSIS { On(sequence, c); },
               control);
}

void View::ApplyAck(const AckRecord& record) {
    if (InboxState* inbox = FindInbox(record.inbox)) inbox->Apply(record);
}

void View::On(uint64_t sequence, const TopicCreated& c) {
    if (topic_ids_seen_.Contains(c.id.value())) return;
    topic_ids_seen_.Add(c.id.value(), c.id.value());
    next_topic_id_ = std::max(next_topic_id_, c.id.value() + 1);
    auto found = topics.find(c.name);
    if (found == topics.end()) {
        auto made = std::make_shared<Topic>(c.id, c.name);
        found = topics.emplace(std::string_view(*made->name), std::move(made)).first;
    }
    const TopicPtr topic = found->second;
    if (topic->exists || topic->id != c.id) return;
    BeforeChange(*topic);
    topic->exists = true;
    topic->config = c.config;
    topic->created_us = c.created_us;
    topic->created_at = sequence;
    AnnounceTopic(topic);
}

void View::AnnounceTopic(const TopicPtr& topic) {
    topics_by_id.emplace(topic->id, topic);
    auto exact = exact_waiters_.find(*topic->name);
    if (exact != exact_waiters_.end()) {
        for (const WaiterPtr& waiter : exact->second) {
            topic->waiters.emplace(waiter.get(), waiter);
        }
    }
}

void View::On(uint64_t, const TopicUpdated& c) {
    auto found = topics_by_id.find(c.id);
    if (found == topics_by_id.end()) return;
    Topic& topic = *found->second;
    BeforeChange(topic);
    topic.config = c.config;
    if (topic.ApplyRetention(0)) NoteFloorMoved(topic);
    queues.Update(topic);
}

void View::On(uint64_t, const TopicDeleted& c) {
    auto found = topics_by_id.find(c.id);
    if (found == topics_by_id.end()) return;
    const TopicPtr topic = found->second;
    BeforeChange(*topic);
    queues.Remove(*topic);
    topic->deleted = true;
    CollectWakes(*topic);
    topic->waiters.clear();
    topics_by_id.erase(found);
    topics.erase(*topic->name);
}

void View::On(uint64_t, const FloorRaised& c) {
    auto found = topics_by_id.find(c.id);
    if (found == topics_by_id.end()) return;
    Topic& topic = *found->second;
    BeforeChange(topic);
    if (topic.RaiseFloor(c)) NoteFloorMoved(topic);
    queues.Update(topic);
}

void View::On(uint64_t, const Compacted& c) {
    auto found = topics_by_id.find(c.id);
    if (found == topics_by_id.end()) return;
    Topic& topic = *found->second;
    BeforeChange(topic);
    topic.compacted_messages += c.messages;
    topic.compacted_bytes += c.bytes;
    topic.compacted_total_bytes = topic.total_bytes;
    queues.Update(topic);
}

void View::On(uint64_t sequence, const InboxCreated& c) {
    if (inbox_ids_seen_.Contains(c.id)) return;
    inbox_ids_seen_.Add(c.id, c.id);
    next_inbox_id_ = std::max(next_inbox_id_, c.id + 1);
    auto found = inboxes.find(c.name);
    if (found == inboxes.end()) {
        auto made = std::make_unique<InboxState>();
        made->id = c.id;
        made->name = c.name;
        found = inboxes.emplace(made->name, made.get()).first;
        inboxes_by_id.emplace(c.id, std::move(made));
    }
    InboxState& inbox = *found->second;
    if (inbox.exists || inbox.id != c.id) return;
    inbox.exists = true;
    inbox.config = Shared(c.config);
    inbox.created_us = c.created_us;
    inbox.created_at = sequence;
    inbox.floor = c.at_newest ? sequence : c.floor.value();
    CountPatterns(c.config, 1);
}

void View::On(uint64_t, const InboxUpdated& c) {
    InboxState* inbox = FindInbox(c.id);
    if (inbox == nullptr) return;
    CountPatterns(*inbox->config, -1);
    inbox->config = Shared(c.config);
    CountPatterns(c.config, 1);
    SignalInbox(*inbox);
}

void View::On(uint64_t, const InboxDeleted& c) {
    InboxState* inbox = FindInbox(c.id);
    if (inbox == nullptr) return;
    CountPatterns(*inbox->config, -1);
    SignalInbox(*inbox);
    inboxes.erase(inbox->name);
    inboxes_by_id.erase(c.id);
}

void View::On(uint64_t sequence, const InboxReset& c) {
    InboxState* inbox = FindInbox(c.id);
    if (inbox == nullptr) return;
    inbox->epoch = sequence;
    inbox->floor = c.at_newest ? sequence : c.floor.value();
    inbox->acked.clear();
    inbox->attempts.reset();
    SignalInbox(*inbox);
}

void View::On(uint64_t, const Trimmed& c) {
    trimmed_before = std::max(trimmed_before, c.before.value());
}

void View::On(uint64_t, const Probe&) {}

void View::SignalInbox(InboxState& inbox) {
    if (!inbox.live) return;
    inbox.live->changed = true;
    inbox.live->waiter->Arm();
    wakes_.push_back(inbox.live->waiter);
}

}  // namespace blasty::topics::internal
