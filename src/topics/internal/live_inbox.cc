// Members, acks and what follows from them. Fetching: live_inbox_fetch.cc; dead letters:
// dead_letter.cc.

#include "topics/internal/live_inbox.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace blasty::topics::internal {

Status InboxNotFound(std::string_view name) {
    return MakeError(StatusCode::kNotFound, "INBOX_NOT_FOUND",
                     StrCat("inbox '", Printable(name),
                            "' does not exist; `blasty inboxes ls` lists those there are"));
}

LiveInbox::LiveInbox(Core& core, uint32_t inbox) : core_(core), id_(inbox), fetcher_(core) {}

LiveInbox::~LiveInbox() {
    if (waiter_) core_.view.RemoveWaiter(waiter_);
}

Status LiveInbox::Attach() {
    MutexLock lock(mutex_);
    MutexLock view_lock(core_.view.mutex);
    InboxState* state = core_.view.FindInbox(id_);
    if (state == nullptr) return InboxNotFound("");
    LoadState(*state);
    signal_->waiter =
        std::make_shared<Waiter>(std::vector<std::string>(), "", [weak = weak_from_this()] {
            if (auto self = weak.lock()) self->OnMessages();
        });
    state->live = signal_;
    return OkStatus();
}

void LiveInbox::LoadState(const InboxState& state) {
    name_ = state.name;
    config_ = state.config;
    epoch_ = state.epoch;
    scanned_until_ = state.floor + 1;
    restored_acked_ = state.acked;
    restored_attempts_.clear();
    if (state.attempts) {
        restored_attempts_.insert(state.attempts->begin(), state.attempts->end());
    }
    slack_us_ = config_->ack_wait_us / 64;
    window_.Clear();
    expiries_.clear();
    ended_attempts_.clear();
    dying_.clear();
    ++version_;
}

Status LiveInbox::Refresh() {
    if (signal_->changed.exchange(false)) {
        MutexLock view_lock(core_.view.mutex);
        InboxState* state = core_.view.FindInbox(id_);
        if (state == nullptr) {
            gone_ = true;
            window_.Clear();
        } else if (state->epoch != epoch_) {
            LoadState(*state);
        } else {
            config_ = state->config;
            slack_us_ = config_->ack_wait_us / 64;
            ++version_;
        }
    }
    return gone_ ? InboxNotFound(name_) : OkStatus();
}

uint32_t LiveInbox::AddMember(std::function<void()> wake) {
    core_.members.fetch_add(1);
    MutexLock lock(mutex_);
    const uint32_t member = next_member_++;
    members_[member].wake = std::make_shared<const std::function<void()>>(std::move(wake));
    window_.AddMember(member);
    ++generation_;
    return member;
}

void LiveInbox::RemoveMember(uint32_t member) {
    core_.members.fetch_sub(1);
    {
        MutexLock lock(mutex_);
        members_.erase(member);
        ++generation_;
        // In sequence order: the first of each key takes the later ones back with it.
        for (Entry& entry : window_.entries()) {
            if (entry.state == EntryState::kInFlight && entry.member == member) {
                EndAttempt(entry, EndReason::kMemberLeft, 0);
            }
        }
        window_.RemoveMember(member);
        QueueAttempts();
        wake_wanted_ = true;
    }
    Flush();
}

Entry* LiveInbox::FindInFlight(uint32_t member, Sequence sequence) {
    Entry* entry = window_.Find(sequence.value());
    if (entry == nullptr || entry->state != EntryState::kInFlight || entry->member != member) {
        return nullptr;
    }
    return entry;
}

void LiveInbox::Ack(uint32_t member, std::span<const Sequence> sequences, AckDone done) {
    Status refused;
    bool answer_now = true;
    {
        MutexLock lock(mutex_);
        refused = Refresh();
        Outgoing outgoing;
        outgoing.sequences.reserve(std::min(sequences.size(), window_.in_flight()));
        std::vector<Sequence> unknown;
        if (refused.ok()) {
            for (const Sequence sequence : sequences) {
                Entry* entry = FindInFlight(member, sequence);
                if (entry == nullptr) {
                    unknown.push_back(sequence);
                    continue;
                }
                window_.BeginAck(*entry);
                outgoing.sequences.push_back(entry->sequence);
            }
            if (!unknown.empty()) outgoing.answer = NotInFlight(unknown);
            if (outgoing.sequences.empty()) refused = outgoing.answer;
        }
        answer_now = !refused.ok() || sequences.empty();
        if (!answer_now) {
            outgoing.done.swap(done);
            Queue(std::move(outgoing));
            wake_wanted_ = true;  // there may be room now
        }
    }
    if (answer_now && done) done(refused);
    Flush();
}

void LiveInbox::Queue(Outgoing outgoing) {
    AckRecord& record = outgoing.record;
    record.inbox = id_;
    record.epoch = epoch_;
    record.floor = Floor();
    std::sort(outgoing.sequences.begin(), outgoing.sequences.end());
    for (const uint64_t sequence : outgoing.sequences) {
        if (sequence <= record.floor) continue;
        const Entry* entry = window_.Find(sequence);
        Run run;
        window_.AckedRun(*entry, &run.first, &run.last);
        run.first = std::max(run.first, record.floor + 1);
        if (!record.runs.empty() && run.first <= record.runs.back().last + 1) {
            record.runs.back().last = std::max(record.runs.back().last, run.last);
        } else {
            record.runs.push_back(run);
        }
    }
    outbox_.push_back(std::move(outgoing));
}

void LiveInbox::QueueAttempts() {
    if (ended_attempts_.empty()) return;
    Outgoing outgoing;
    outgoing.record.attempts.swap(ended_attempts_);
    Queue(std::move(outgoing));
}

uint64_t LiveInbox::Floor() {
    const uint64_t first = window_.FirstUnacked();
    return (first != 0 ? first : scanned_until_) - 1;
}

void LiveInbox::EndAttempt(Entry& entry, EndReason reason, int64_t delay_us) {
    entry.reason = reason;
    if (config_->max_deliveries > 0) {
        ended_attempts_.push_back({entry.sequence, entry.attempt});
        if (entry.attempt >= config_->max_deliveries) {
            window_.Condemn(entry);
            dying_.push_back(entry.sequence);
            return;
        }
    }
    const int64_t delay = std::min(delay_us, kNackDelayMaxUs);
    window_.Retry(entry, delay > 0 ? core_.clock.MonotonicMicros() + delay : 0);
}

Status LiveInbox::Nack(uint32_t member, Sequence sequence, int64_t delay_us) {
    {
        MutexLock lock(mutex_);
        BLASTY_RETURN_IF_ERROR(Refresh());
        Entry* entry = FindInFlight(member, sequence);
        if (entry == nullptr) return NotInFlight({&sequence, 1});
        EndAttempt(*entry, EndReason::kNacked, delay_us);
        QueueAttempts();
        SetTimer();
    }
    Flush();
    return OkStatus();
}

Status LiveInbox::Extend(uint32_t member, Sequence sequence) {
    MutexLock lock(mutex_);
    BLASTY_RETURN_IF_ERROR(Refresh());
    Entry* entry = FindInFlight(member, sequence);
    if (entry == nullptr) return NotInFlight({&sequence, 1});
    entry->due_us = core_.clock.MonotonicMicros() + config_->ack_wait_us;
    NoteDeadline(entry->due_us, entry->sequence, entry->sequence);
    return OkStatus();
}

void LiveInbox::CollectWakes(Wakes* wakes) {
    if (!window_.TakePlaced() && !wake_wanted_) return;
    wake_wanted_ = false;
    for (auto& [id, member] : members_) {
        if (!member.armed) continue;
        member.armed = false;
        wakes->push_back(member.wake);
    }
}

void LiveInbox::Flush() {
    Wakes wakes;
    bool bury = false;
    {
        MutexLock lock(mutex_);
        CollectWakes(&wakes);
        bury = MayBury() && !burying_;
        if (bury) burying_ = true;
    }
    for (const auto& wake : wakes) {
        if (*wake) (*wake)();
    }
    if (bury) {
        core_.Post([weak = weak_from_this()] {
            if (auto self = weak.lock()) self->BuryDying();
        });
    }
    // One thread appends at a time, so that records stand in the log in the order in which they
    // were decided; whoever comes meanwhile leaves its own to that thread.
    std::vector<Outgoing> batch;
    while (true) {
        {
            MutexLock lock(mutex_);
            if (batch.empty() && flushing_) return;
            flushing_ = !outbox_.empty();
            if (!flushing_) return;
            batch.clear();
            batch.swap(outbox_);
        }
        for (Outgoing& outgoing : batch) Append(std::move(outgoing));
    }
}

void LiveInbox::Append(Outgoing outgoing) {
    std::string payload;
    EncodeAck(outgoing.record, &payload);
    log::RecordFields fields;
    fields.stream = kAckStream;
    fields.kind = log::RecordKind::kAck;
    fields.time_us = core_.clock.NowMicros();
    fields.payload = payload;
    log::Batch batch = std::move(outgoing.batch);
    batch.Add(fields);
    batch.set_urgent();
    auto shared = std::make_shared<Outgoing>(std::move(outgoing));
    core_.log->Append(std::move(batch),
                      [self = shared_from_this(), shared](Result<Sequence> first) {
                          self->OnDurable(shared, first.status());
                      });
}

void LiveInbox::OnDurable(const std::shared_ptr<Outgoing>& outgoing, const Status& status) {
    Status answer = status.ok() ? outgoing->answer : status;
    const EntryState expected =
        outgoing->dead_letters > 0 ? EntryState::kDying : EntryState::kAcking;
    {
        MutexLock lock(mutex_);
        burying_bytes_ -= outgoing->dead_letter_bytes;
        const Status present = Refresh();
        if (!present.ok()) {
            if (answer.ok()) answer = present;
        } else if (epoch_ != outgoing->record.epoch) {
            if (answer.ok() && !outgoing->sequences.empty()) {
                const std::vector<Sequence> all(outgoing->sequences.begin(),
                                                outgoing->sequences.end());
                answer = NotInFlight(all);
            }
        } else {
            for (const uint64_t sequence : outgoing->sequences) {
                Entry* entry = window_.Find(sequence);
                if (entry == nullptr || entry->state != expected) continue;
                if (status.ok()) {
                    window_.Finish(*entry);
                } else {
                    window_.Retry(*entry, 0);
                }
            }
            window_.Trim();
            if (status.ok()) {
                dead_letters_ += outgoing->dead_letters;
                core_.dead_letters.fetch_add(outgoing->dead_letters);
                core_.acked.fetch_add(outgoing->sequences.size() - outgoing->dead_letters,
                                      std::memory_order_relaxed);
            }
        }
    }
    if (outgoing->done) outgoing->done(answer);
    Flush();
}

void LiveInbox::OnMessages() {
    {
        MutexLock lock(mutex_);
        wake_wanted_ = true;
    }
    Flush();
}

void LiveInbox::NoteDeadline(int64_t due_us, uint64_t first, uint64_t last) {
    // Deadlines that are close together share an entry: each comes late by a small part of the ack
    // wait at most, and few entries are held however often a member fetches.
    auto later = expiries_.end();
    if (!expiries_.empty() && due_us < expiries_.back().due_us) {  // the ack wait became shorter
        later = std::upper_bound(expiries_.begin(), expiries_.end(), due_us,
                                 [](int64_t due, const Expiry& e) { return due < e.due_us; });
    }
    if (later != expiries_.begin() && std::prev(later)->due_us + slack_us_ > due_us) {
        // The first of the shared ones began the span; its own time stays what is compared.
        Expiry& shared = *std::prev(later);
        shared.first = std::min(shared.first, first);
        shared.last = std::max(shared.last, last);
    } else {
        expiries_.insert(later, {due_us, first, last});
    }
    SetTimer();
}

void LiveInbox::SetTimer() {
    int64_t due = window_.NextScheduled();
    if (!expiries_.empty()) {
        const int64_t expiry = expiries_.front().due_us + slack_us_;
        if (due == 0 || expiry < due) due = expiry;
    }
    if (due == 0 || (!timers_.empty() && timers_.back() <= due)) return;
    timers_.push_back(due);
    core_.PostAfter(std::max<int64_t>(due - core_.clock.MonotonicMicros(), 1),
                    [due, weak = weak_from_this()] {
                        if (auto self = weak.lock()) self->OnTimer(due);
                    });
}

void LiveInbox::OnTimer(int64_t due_us) {
    {
        MutexLock lock(mutex_);
        const int64_t now = core_.clock.MonotonicMicros();
        std::erase(timers_, due_us);
        if (Refresh().ok()) {
            while (!expiries_.empty() && expiries_.front().due_us + slack_us_ <= now) {
                const Expiry expiry = expiries_.front();
                expiries_.pop_front();
                ExpireRange(expiry, now);
            }
            window_.WakeScheduled(now);
            QueueAttempts();
            SetTimer();
        }
    }
    Flush();
}

void LiveInbox::ExpireRange(const Expiry& expiry, int64_t now_us) {
    std::deque<Entry>& entries = window_.entries();
    for (size_t i = window_.LowerBound(expiry.first); i < entries.size(); ++i) {
        Entry& entry = entries[i];
        if (entry.sequence > expiry.last) break;
        if (entry.state == EntryState::kInFlight && entry.due_us <= now_us) {
            EndAttempt(entry, EndReason::kExpired, 0);
        }
    }
}

void LiveInbox::FillInfo(InboxInfo* info) {
    MutexLock lock(mutex_);
    info->in_flight = window_.in_flight();
    info->members = static_cast<uint32_t>(members_.size());
    info->redelivered = redelivered_;
    info->dead_letters = dead_letters_;
}

uint64_t LiveInbox::generation() {
    MutexLock lock(mutex_);
    return generation_;
}

int64_t LiveInbox::linger_us() {
    MutexLock lock(mutex_);
    return 2 * config_->ack_wait_us;
}

bool LiveInbox::Retire(uint64_t generation) {
    MutexLock fetch_lock(fetch_mutex_);
    {
        MutexLock lock(mutex_);
        if (!members_.empty() || generation_ != generation) return false;
        if (!outbox_.empty() || flushing_ || window_.acking() > 0 || window_.dying() > 0) {
            return false;
        }
        MutexLock view_lock(core_.view.mutex);
        InboxState* state = core_.view.FindInbox(id_);
        if (state != nullptr && state->live == signal_) state->live.reset();
    }
    if (waiter_) core_.view.RemoveWaiter(waiter_);
    waiter_.reset();
    return true;
}

}  // namespace blasty::topics::internal
