// How an inbox gives messages out.

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "topics/internal/live_inbox.h"

namespace blasty::topics::internal {

namespace {

constexpr uint64_t kScanBudgetBytes = 32ull << 20;
// Of messages that wait for a member because of their key, and one more; the others are read again.
constexpr size_t kHeldBytesMax = 8 << 20;

// Order is kept per key of a topic. Two keys of one hash only share their order.
uint64_t KeyHash(StreamId topic, std::string_view key) {
    if (key.empty()) return 0;
    const uint64_t hash = absl::HashOf(topic, std::hash<std::string_view>()(key));
    return hash == 0 ? 1 : hash;
}

size_t BytesOf(const Message& m) {
    return m.payload.size() + m.key.size() + m.headers.size() + m.id.size() + 16;
}

}  // namespace

void LiveInbox::PrepareScanner() {
    std::vector<std::string> patterns;
    std::string excluded;
    Sequence from;
    {
        MutexLock lock(mutex_);
        if (scanner_ && scanner_version_ == version_) return;
        scanner_version_ = version_;
        patterns = config_->patterns;
        if (config_->max_deliveries > 0) excluded = DeadLetterTopicOf(name_, *config_);
        from = Sequence(scanned_until_);
    }
    held_ = Scanned();
    scanner_ = std::make_unique<Scanner>(core_, patterns, excluded, from);
    if (waiter_) core_.view.RemoveWaiter(waiter_);
    waiter_ = std::make_shared<Waiter>(patterns, excluded, [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->OnMessages();
    });
    core_.view.AddWaiter(waiter_);
}

Status LiveInbox::Fetch(uint32_t member, const FetchLimits& limits, std::vector<Delivery>* out) {
    if (limits.messages_max == 0) return OkStatus();
    const Status status = FetchSerially(member, limits, out);
    Flush();  // after the lock was left: wakes others and appends
    return status;
}

Status LiveInbox::FetchSerially(uint32_t member, const FetchLimits& limits,
                                std::vector<Delivery>* out) {
    MutexLock fetch_lock(fetch_mutex_);
    FetchState fetch{member, limits, out, out->size()};
    for (const bool armed : {false, true}) {
        {
            MutexLock lock(mutex_);
            BLASTY_RETURN_IF_ERROR(Refresh());
        }
        PrepareScanner();
        BLASTY_RETURN_IF_ERROR(FetchAgain(&fetch));
        if (!fetch.full()) BLASTY_RETURN_IF_ERROR(FetchNew(&fetch));
        const size_t count = out->size() - fetch.base;
        if (count > 0) {
            core_.delivered.fetch_add(count, std::memory_order_relaxed);
            break;
        }
        if (!armed) {
            // Then once more: something may have come between the last look and the arming.
            MutexLock lock(mutex_);
            auto found = members_.find(member);
            if (found != members_.end()) found->second.armed = true;
            waiter_->Arm();
        } else if (fetch.budget_spent) {
            core_.Post([waiter = waiter_] { waiter->Wake(); });
        }
    }
    MutexLock lock(mutex_);
    SetTimer();
    return OkStatus();
}

Status LiveInbox::FetchAgain(FetchState* fetch) {
    while (!fetch->full()) {
        uint64_t sequence = 0;
        StreamId topic;
        std::unique_ptr<Message> held;
        uint32_t attempt = 0;
        uint64_t epoch = 0;
        {
            MutexLock lock(mutex_);
            sequence = window_.NextReady(fetch->member);
            if (sequence == 0) break;
            Entry& entry = *window_.Find(sequence);
            held = window_.TakeHeld(entry);
            topic = entry.topic;
            const int64_t due = core_.clock.MonotonicMicros() + config_->ack_wait_us;
            window_.GiveOut(entry, fetch->member, due);
            attempt = entry.attempt;
            epoch = epoch_;
            NoteDeadline(due, sequence, sequence);
        }
        std::optional<Message> message;
        if (held) {
            const TopicPtr alive = core_.view.FindTopic(topic);
            if (alive && sequence >= alive->floor.load()) message = std::move(*held);
        } else {
            Result<std::optional<Message>> read = fetcher_.Get(sequence, topic);
            if (!read.ok()) {
                MutexLock lock(mutex_);
                Entry* entry = window_.Find(sequence);
                if (entry != nullptr && entry->state == EntryState::kInFlight) {
                    --entry->attempt;
                    window_.Retry(*entry, 0);
                }
                return read.status();
            }
            message = *std::move(read);
        }
        if (!message) {
            DropMissing(sequence);
            continue;
        }
        MutexLock lock(mutex_);
        if (epoch != epoch_) continue;
        if (attempt > 1) {
            ++redelivered_;
            core_.redelivered.fetch_add(1, std::memory_order_relaxed);
        }
        fetch->bytes += BytesOf(*message);
        fetch->out->push_back({*std::move(message), attempt});
    }
    fetcher_.Release();
    return OkStatus();
}

void LiveInbox::DropMissing(uint64_t sequence) {
    MutexLock lock(mutex_);
    Entry* entry = window_.Find(sequence);
    if (entry == nullptr || entry->state == EntryState::kDone ||
        entry->state == EntryState::kAcking) {
        return;
    }
    window_.BeginAck(*entry);
    Outgoing outgoing;
    outgoing.sequences.push_back(sequence);
    Queue(std::move(outgoing));
}

Status LiveInbox::Scan(size_t room, FetchState* fetch, bool* done) {
    const size_t from = fetch->out->size();
    scanned_keys_.clear();
    while (fetch->out->size() - from < room && !fetch->full()) {
        if (held_.record == nullptr) {
            BLASTY_ASSIGN_OR_RETURN(const ScanResult result,
                                    scanner_->Next(kScanBudgetBytes, &held_));
            if (result != ScanResult::kMessage) {
                held_ = Scanned();
                fetch->budget_spent = result == ScanResult::kBudgetSpent;
                *done = true;
                return OkStatus();
            }
        }
        const log::RecordView& record = *held_.record;
        const size_t size = RecordBytes(record);
        if (fetch->out->size() > fetch->base && fetch->bytes + size > fetch->limits.bytes_max) {
            *done = true;
            return OkStatus();
        }
        const TopicPtr& topic = *held_.topic;
        fetch->bytes += size;
        scanned_keys_.push_back(KeyHash(topic->id, record.key));
        fetch->out->push_back(
            {{record.sequence, topic->id, record.time_us, *topic->name, record.id, record.key,
              record.headers, record.payload, *held_.frame, topic->name},
             1});
        held_ = Scanned();
    }
    return OkStatus();
}

Status LiveInbox::FetchNew(FetchState* fetch) {
    bool done = false;
    while (!done && !fetch->full()) {
        size_t room = 0;
        {
            MutexLock lock(mutex_);
            if (version_ != scanner_version_ || gone_) return OkStatus();
            const size_t most = config_->max_in_flight;
            room = window_.active() < most ? most - window_.active() : 0;
        }
        if (room == 0) return OkStatus();
        const size_t from = fetch->out->size();
        const Status scanned = Scan(room, fetch, &done);
        {
            MutexLock lock(mutex_);
            if (version_ != scanner_version_ || gone_) {
                // Reset meanwhile: what was scanned is of the time before.
                fetch->out->resize(from);
                return OkStatus();
            }
            AdmitScanned(from, fetch);
        }
        if (!scanned.ok() && fetch->out->size() == fetch->base) return scanned;
        if (!scanned.ok()) return OkStatus();
    }
    return OkStatus();
}

void LiveInbox::AdmitScanned(size_t from, FetchState* fetch) {
    std::vector<Delivery>& out = *fetch->out;
    const int64_t due = core_.clock.MonotonicMicros() + config_->ack_wait_us;
    size_t kept = from;
    uint64_t first = 0;
    for (size_t i = from; i < out.size(); ++i) {
        const uint64_t sequence = out[i].message.sequence.value();
        if (!restored_acked_.empty() && restored_acked_.Contains(sequence)) continue;
        uint32_t attempts = 0;
        if (!restored_attempts_.empty()) {
            auto found = restored_attempts_.find(sequence);
            if (found != restored_attempts_.end()) {
                attempts = found->second;
                restored_attempts_.erase(found);
            }
        }
        Entry& entry =
            window_.Admit(sequence, out[i].message.topic_id, scanned_keys_[i - from], attempts);
        if (config_->max_deliveries > 0 && attempts >= config_->max_deliveries) {
            entry.reason = EndReason::kRestart;
            window_.Condemn(entry);
            dying_.push_back(sequence);
        } else if (window_.DeliverableTo(entry, fetch->member)) {
            window_.GiveOut(entry, fetch->member, due);
            out[i].attempt = entry.attempt;
            if (entry.attempt > 1) {
                ++redelivered_;
                core_.redelivered.fetch_add(1, std::memory_order_relaxed);
            }
            if (first == 0) first = sequence;
            if (kept != i) out[kept] = std::move(out[i]);
            ++kept;
            continue;
        } else {
            if (window_.held_bytes() < kHeldBytesMax) {
                window_.Hold(entry, Detached(out[i].message));
            }
            window_.Park(entry);
        }
    }
    if (first != 0) NoteDeadline(due, first, out[kept - 1].message.sequence.value());
    if (kept < out.size()) {
        out.resize(kept);
        wake_wanted_ = true;  // some are parked for other members
    }
    const uint64_t position =
        held_.record != nullptr ? held_.record->sequence.value() : scanner_->position().value();
    scanned_until_ = std::max(scanned_until_, position);
    if (!restored_acked_.empty() && restored_acked_.runs().back().last < scanned_until_) {
        restored_acked_.clear();
    }
}

}  // namespace blasty::topics::internal
