// The view as bytes: what a checkpoint holds. Format: docs in checkpoint.h.

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/strings.h"
#include "topics/internal/config_codec.h"
#include "topics/internal/view.h"

namespace blasty::topics::internal {
namespace {

// Encoded while the commit thread waits, at most.
constexpr size_t kInboxesAtOnce = 1024;
constexpr size_t kIdsAtOnce = 1024;
constexpr size_t kRunsPerTopic = 8;  // that cost as much as a topic

void PutRuns(std::string& out, const RunSet& set) {
    PutVarint(out, set.runs().size());
    for (const Run& run : set.runs()) {
        PutVarint(out, run.first);
        PutVarint(out, run.last - run.first);
    }
}

bool GetRuns(ByteReader& reader, RunSet* set) {
    const uint64_t count = reader.Varint();
    for (uint64_t i = 0; i < count && reader.ok(); ++i) {
        const uint64_t first = reader.Varint();
        const uint64_t length = reader.Varint();
        if (!reader.ok() || first + length < first || first + length == UINT64_MAX) return false;
        set->Add(first, first + length);
    }
    return reader.ok();
}

void PutTopic(std::string& out, const Topic& t) {
    PutVarint(out, t.id.value());
    PutSized(out, *t.name);
    PutTopicConfig(out, t.config);
    PutFixed(out, t.created_us);
    for (const uint64_t value :
         {t.created_at, t.floor.load(), t.floor_moved_at.load(), t.first, t.last.load(),
          t.total_messages, t.total_bytes, t.removed_messages, t.removed_bytes,
          t.compacted_messages, t.compacted_bytes, t.compacted_total_bytes}) {
        PutVarint(out, value);
    }
    PutVarint(out, t.runs.size());
    for (const MessageRun& run : t.runs) {
        for (const uint64_t value : {run.first, run.last, run.messages_until, run.bytes_until}) {
            PutVarint(out, value);
        }
        PutFixed(out, run.commit_time_us);
    }
}

TopicPtr GetTopic(ByteReader& reader) {
    const StreamId id(static_cast<uint32_t>(reader.Varint()));
    auto topic = std::make_shared<Topic>(id, reader.Sized());
    Topic& t = *topic;
    t.exists = true;
    t.config = GetTopicConfig(reader);
    t.created_us = reader.Fixed<int64_t>();
    t.created_at = reader.Varint();
    t.floor = reader.Varint();
    t.floor_moved_at = reader.Varint();
    t.first = reader.Varint();
    t.last = reader.Varint();
    for (uint64_t* value :
         {&t.total_messages, &t.total_bytes, &t.removed_messages, &t.removed_bytes,
          &t.compacted_messages, &t.compacted_bytes, &t.compacted_total_bytes}) {
        *value = reader.Varint();
    }
    const uint64_t runs = reader.Varint();
    for (uint64_t i = 0; i < runs && reader.ok(); ++i) {
        MessageRun run;
        for (uint64_t* value : {&run.first, &run.last, &run.messages_until, &run.bytes_until}) {
            *value = reader.Varint();
        }
        run.commit_time_us = reader.Fixed<int64_t>();
        t.runs.push_back(run);
    }
    return topic;
}

void PutInbox(std::string& out, const InboxState& inbox) {
    PutVarint(out, inbox.id);
    PutSized(out, inbox.name);
    PutInboxConfig(out, *inbox.config);
    PutFixed(out, inbox.created_us);
    PutVarint(out, inbox.created_at);
    PutVarint(out, inbox.epoch);
    PutVarint(out, inbox.floor);
    PutRuns(out, inbox.acked);
    PutVarint(out, inbox.attempts ? inbox.attempts->size() : 0);
    if (!inbox.attempts) return;
    for (const auto& [sequence, count] : *inbox.attempts) {
        PutVarint(out, sequence);
        PutVarint(out, count);
    }
}

bool GetInbox(ByteReader& reader, InboxState* inbox, InboxConfig* config) {
    inbox->exists = true;
    inbox->id = static_cast<uint32_t>(reader.Varint());
    inbox->name = std::string(reader.Sized());
    *config = GetInboxConfig(reader);
    inbox->created_us = reader.Fixed<int64_t>();
    inbox->created_at = reader.Varint();
    inbox->epoch = reader.Varint();
    inbox->floor = reader.Varint();
    if (!GetRuns(reader, &inbox->acked)) return false;
    const uint64_t attempts = reader.Varint();
    for (uint64_t i = 0; i < attempts && reader.ok(); ++i) {
        if (!inbox->attempts) inbox->attempts = std::make_unique<std::map<uint64_t, uint32_t>>();
        const uint64_t sequence = reader.Varint();
        (*inbox->attempts)[sequence] = static_cast<uint32_t>(reader.Varint());
    }
    return reader.ok();
}

}  // namespace

void View::EncodeHead(std::string* out) {
    MutexLock lock(mutex);
    PutVarint(*out, applied_.load());
    PutVarint(*out, floors_moved_at_.load());
    PutVarint(*out, trimmed_before);
    PutRuns(*out, topic_ids_seen_);
    PutRuns(*out, inbox_ids_seen_);
    PutVarint(*out, topics_by_id.size());
    encoding_topics_ = true;
    ++encoding_;
}

void View::EncodeFirst(Topic& topic) {
    topic.encoded_in = encoding_;
    if (topic.exists) PutTopic(encoded_first_, topic);
}

void View::EncodeTopics(std::string* out, const std::function<void()>& between) {
    std::string done_until;
    while (true) {
        if (between) between();
        LetFramesGoFirst();
        MutexLock lock(mutex);
        auto at = topics.upper_bound(done_until);
        for (size_t left = kTopicsPerLook; left > 0 && at != topics.end(); ++at) {
            Topic& topic = *at->second;
            left -= std::min(left, 1 + topic.runs.size() / kRunsPerTopic);
            if (!topic.exists || topic.encoded_in == encoding_) continue;
            topic.encoded_in = encoding_;
            PutTopic(*out, topic);
        }
        if (at != topics.end()) {
            done_until = std::prev(at)->first;
            continue;
        }
        out->append(encoded_first_);
        encoded_first_ = std::string();
        encoding_topics_ = false;
        return;
    }
}

void View::EncodeInboxes(std::string* out, uint64_t* newest, const std::function<void()>& between) {
    std::string encoded, done_until;
    uint64_t count = 0;
    for (bool more = true; more;) {
        if (between) between();
        LetFramesGoFirst();
        MutexLock lock(mutex);
        auto at = inboxes.upper_bound(done_until);
        for (size_t i = 0; i < kInboxesAtOnce && at != inboxes.end(); ++i, ++at) {
            if (at->second->exists) {
                ++count;
                PutInbox(encoded, *at->second);
            }
            if (i + 1 == kInboxesAtOnce) done_until = at->second->name;
        }
        more = at != inboxes.end();
        *newest = applied_.load();
    }
    PutVarint(*out, count);
    out->append(encoded);
}

void View::EncodeIds(std::string* out, uint64_t until) {
    std::string encoded;
    uint64_t count = 0, done_until = 0;
    for (bool more = true; more;) {
        LetFramesGoFirst();
        MutexLock lock(dedup_mutex);
        more = dedup.ForEach({&done_until, until, kIdsAtOnce},
                             [&](const IdKey& key, const Dedup::Entry& entry) {
                                 ++count;
                                 PutVarint(encoded, key.topic.value());
                                 PutSized(encoded, key.id);
                                 PutVarint(encoded, entry.sequence);
                                 PutFixed(encoded, entry.time_us);
                             });
    }
    PutVarint(*out, count);
    out->append(encoded);
}

std::string View::Encode(uint64_t* newest, const std::function<void()>& between) {
    std::string out;
    EncodeHead(&out);
    const uint64_t sequence = ByteReader(out).Varint();
    EncodeTopics(&out, between);
    EncodeInboxes(&out, newest, between);
    EncodeIds(&out, sequence);  // later ones come again with their frames
    return out;
}

Status View::Restore(std::string_view bytes) {
    const Status damaged =
        MakeError(StatusCode::kDataLoss, "CHECKPOINT_DAMAGED", "the checkpoint is malformed");
    ByteReader reader(bytes);
    MutexLock lock(mutex);
    applied_ = reader.Varint();
    floors_moved_at_ = reader.Varint();
    trimmed_before = reader.Varint();
    if (!GetRuns(reader, &topic_ids_seen_) || !GetRuns(reader, &inbox_ids_seen_)) return damaged;
    if (!topic_ids_seen_.empty()) {
        next_topic_id_ = static_cast<uint32_t>(topic_ids_seen_.runs().back().last) + 1;
    }
    if (!inbox_ids_seen_.empty()) {
        next_inbox_id_ = static_cast<uint32_t>(inbox_ids_seen_.runs().back().last) + 1;
    }
    const uint64_t topic_count = reader.Varint();
    for (uint64_t i = 0; i < topic_count && reader.ok(); ++i) {
        TopicPtr topic = GetTopic(reader);
        if (!reader.ok()) return damaged;
        queues.Update(*topic);
        topics.emplace(std::string_view(*topic->name), topic);
        topics_by_id.emplace(topic->id, std::move(topic));
    }
    const uint64_t inbox_count = reader.Varint();
    for (uint64_t i = 0; i < inbox_count && reader.ok(); ++i) {
        auto inbox = std::make_unique<InboxState>();
        InboxConfig config;
        if (!GetInbox(reader, inbox.get(), &config)) return damaged;
        inbox->config = Shared(config);
        CountPatterns(config, 1);
        inboxes.emplace(inbox->name, inbox.get());
        inboxes_by_id.emplace(inbox->id, std::move(inbox));
    }
    MutexLock dedup_lock(dedup_mutex);
    const uint64_t ids = reader.Varint();
    for (uint64_t i = 0; i < ids && reader.ok(); ++i) {
        const StreamId topic(static_cast<uint32_t>(reader.Varint()));
        const std::string_view id = reader.Sized();
        const uint64_t sequence = reader.Varint();
        const auto time_us = reader.Fixed<int64_t>();
        if (reader.ok()) dedup.Commit(topic, id, sequence, time_us);
    }
    return reader.done() ? OkStatus() : damaged;
}

}  // namespace blasty::topics::internal
