// Messages whose deliveries are used up: moved to the dead-letter topic and acked, in one commit.

#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "topics/internal/headers.h"
#include "topics/internal/live_inbox.h"

namespace blasty::topics::internal {

namespace {
constexpr int64_t kRetryUs = 1'000'000;  // after the log refused one
// On their way to the log at once, and one more: they are whole messages in memory.
constexpr uint64_t kBuryingBytesMax = 8 << 20;
constexpr std::string_view kPrefix = "blasty-dead-";
}  // namespace

std::string DeadLetterTopicOf(std::string_view inbox, const InboxConfig& config) {
    return config.dead_letter_topic.empty() ? StrCat(inbox, ".dead") : config.dead_letter_topic;
}

bool LiveInbox::MayBury() const { return !dying_.empty() && burying_bytes_ < kBuryingBytesMax; }

void LiveInbox::BuryDying() {
    BuryEach();
    Flush();
}

void LiveInbox::BuryEach() {
    MutexLock fetch_lock(fetch_mutex_);
    while (true) {
        uint64_t sequence = 0;
        {
            MutexLock lock(mutex_);
            if (!Refresh().ok()) dying_.clear();
            if (!MayBury()) {  // those that are stored bring the next ones
                burying_ = false;
                break;
            }
            sequence = dying_.front();
            dying_.pop_front();
        }
        if (!Bury(sequence).ok()) {
            MutexLock lock(mutex_);
            Entry* entry = window_.Find(sequence);
            if (entry != nullptr && entry->state == EntryState::kDying) {
                window_.Retry(*entry, core_.clock.MonotonicMicros() + kRetryUs);
                SetTimer();
            }
        }
    }
    fetcher_.Release();
}

Status LiveInbox::Bury(uint64_t sequence) {
    Entry copy;
    std::string inbox, target;
    uint64_t epoch = 0;
    {
        MutexLock lock(mutex_);
        const Entry* entry = window_.Find(sequence);
        if (entry == nullptr || entry->state != EntryState::kDying) return OkStatus();
        copy.topic = entry->topic;
        copy.attempt = entry->attempt;
        copy.reason = entry->reason;
        inbox = name_;
        target = DeadLetterTopicOf(name_, *config_);
        epoch = epoch_;
    }
    BLASTY_ASSIGN_OR_RETURN(const std::optional<Message> message,
                            fetcher_.Get(sequence, copy.topic));
    if (!message) {
        DropMissing(sequence);
        return OkStatus();
    }
    bool exists = false;
    const TopicPtr topic = core_.view.ReserveTopic(target, &exists);
    if (!topic) return MakeError(StatusCode::kResourceExhausted, "LIMIT_REACHED", "topics");

    const std::string attempts = StrCat(copy.attempt), place = StrCat(sequence);
    BLASTY_ASSIGN_OR_RETURN(std::vector<HeaderView> headers, DecodeHeaders(message->headers));
    std::erase_if(headers, [](const HeaderView& h) { return h.name.starts_with(kPrefix); });
    headers.push_back({"blasty-dead-reason", EndReasonWord(copy.reason)});
    headers.push_back({"blasty-dead-attempts", attempts});
    headers.push_back({"blasty-dead-topic", message->topic});
    headers.push_back({"blasty-dead-sequence", place});
    headers.push_back({"blasty-dead-inbox", inbox});
    const std::string encoded = EncodeHeaders(headers);
    log::RecordFields fields;
    fields.stream = topic->id;
    fields.time_us = message->event_time_us;
    fields.id = message->id;
    fields.key = message->key;
    fields.headers = encoded;
    fields.payload = message->payload;

    Outgoing outgoing;
    if (!exists) {
        core_.AddControl(TopicCreated{topic->id, target, TopicConfig(), core_.clock.NowMicros()},
                         &outgoing.batch);
    }
    outgoing.batch.Add(fields);
    outgoing.dead_letters = 1;
    outgoing.dead_letter_bytes = outgoing.batch.size_bytes();
    outgoing.sequences.push_back(sequence);
    MutexLock lock(mutex_);
    Entry* entry = window_.Find(sequence);
    if (epoch != epoch_ || entry == nullptr || entry->state != EntryState::kDying) {
        return OkStatus();
    }
    // It stays as it is until it is stored: no ack may count it as settled before.
    burying_bytes_ += outgoing.dead_letter_bytes;
    Queue(std::move(outgoing));
    return OkStatus();
}

}  // namespace blasty::topics::internal
