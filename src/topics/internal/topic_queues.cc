#include "topics/internal/topic_queues.h"

#include <algorithm>
#include <limits>

namespace blasty::topics::internal {

namespace {

uint64_t LiveBytes(const Topic& topic) {
    if (topic.first == 0) return 0;
    const uint64_t gone = topic.removed_bytes + topic.compacted_bytes;
    return topic.total_bytes - std::min(topic.total_bytes, gone);
}

// When the oldest messages are older than the bound; 0: never.
uint64_t AgedAt(const Topic& topic) {
    const int64_t age_us = topic.config.retention.age_us;
    if (age_us <= 0 || topic.runs.empty()) return 0;
    const int64_t committed_us = std::max<int64_t>(topic.runs.front().commit_time_us, 0);
    if (age_us > std::numeric_limits<int64_t>::max() - committed_us) return 0;
    return static_cast<uint64_t>(committed_us + age_us);
}

bool Uncompacted(const Topic& topic) {
    if (!topic.config.retention.latest_per_key) return false;
    const uint64_t fresh = topic.total_bytes - topic.compacted_total_bytes;
    const uint64_t gone = topic.removed_bytes + topic.compacted_bytes;
    return fresh > 0 && fresh >= (topic.total_bytes - std::min(topic.total_bytes, gone)) / 2;
}

}  // namespace

void TopicQueues::Place(Topic& topic, Queue* queue, uint64_t* listed, uint64_t at) {
    if (*listed == at) return;
    if (*listed != 0) queue->erase({*listed, topic.id});
    *listed = at;
    if (at != 0) queue->emplace(Key{at, topic.id}, &topic);
}

void TopicQueues::Update(Topic& topic) {
    Topic::Listed& listed = topic.listed;
    const uint64_t bytes = LiveBytes(topic);
    live_bytes_ += bytes - listed.bytes;
    listed.bytes = bytes;
    if (listed.first == 0) Place(topic, &by_first_, &listed.first, topic.first);
    // An age bound that was lowered comes earlier.
    const uint64_t aged_at = AgedAt(topic);
    if (listed.aged_at == 0 || (aged_at != 0 && aged_at < listed.aged_at)) {
        Place(topic, &by_age_, &listed.aged_at, aged_at);
    }
    Place(topic, &by_moved_, &listed.moved_at, topic.floor_moved_at.load());
    const bool uncompacted = Uncompacted(topic);
    if (uncompacted == listed.uncompacted) return;
    listed.uncompacted = uncompacted;
    if (uncompacted) {
        uncompacted_.emplace(topic.id, &topic);
    } else {
        uncompacted_.erase(topic.id);
    }
}

void TopicQueues::Remove(Topic& topic) {
    Topic::Listed& listed = topic.listed;
    live_bytes_ -= listed.bytes;
    Place(topic, &by_first_, &listed.first, 0);
    Place(topic, &by_age_, &listed.aged_at, 0);
    Place(topic, &by_moved_, &listed.moved_at, 0);
    if (listed.uncompacted) uncompacted_.erase(topic.id);
    listed = Topic::Listed();
}

bool TopicQueues::FindFirst(size_t looks, uint64_t* first) {
    for (; !by_first_.empty(); --looks) {
        if (looks == 0) return false;
        Topic& topic = *by_first_.begin()->second;
        if (topic.first == topic.listed.first) {
            *first = topic.first;
            return true;
        }
        Place(topic, &by_first_, &topic.listed.first, topic.first);
    }
    *first = UINT64_MAX;
    return true;
}

size_t TopicQueues::VisitAged(int64_t now_us, size_t looks, Key* after, const Visit& visit) {
    const auto now = static_cast<uint64_t>(std::max<int64_t>(now_us, 0));
    size_t looked_at = 0;
    for (; looked_at < looks; ++looked_at) {
        const auto next = by_age_.upper_bound(*after);
        if (next == by_age_.end() || next->first.at >= now) return looked_at;
        *after = next->first;
        Topic& topic = *next->second;
        const uint64_t aged_at = AgedAt(topic);
        if (aged_at == topic.listed.aged_at) {
            visit(topic);
        } else {
            Place(topic, &by_age_, &topic.listed.aged_at, aged_at);
        }
    }
    return looked_at;
}

size_t TopicQueues::VisitMoved(size_t looks, Key* after, const Visit& visit) const {
    size_t looked_at = 0;
    for (auto next = by_moved_.upper_bound(*after); next != by_moved_.end() && looked_at < looks;
         ++next, ++looked_at) {
        *after = next->first;
        visit(*next->second);
    }
    return looked_at;
}

size_t TopicQueues::VisitUncompacted(size_t looks, StreamId* after, const Visit& visit) const {
    size_t looked_at = 0;
    for (auto next = uncompacted_.upper_bound(*after);
         next != uncompacted_.end() && looked_at < looks; ++next, ++looked_at) {
        *after = next->first;
        visit(*next->second);
    }
    return looked_at;
}

}  // namespace blasty::topics::internal
