#include "topics/internal/inbox_window.h"

#include <algorithm>

#include "base/check.h"

namespace blasty::topics::internal {

namespace {
constexpr size_t kTrimDoneMin = 4096;

bool IsActive(EntryState state) {
    return state != EntryState::kAcking && state != EntryState::kDone;
}
bool IsSettled(EntryState state) { return !IsActive(state); }

size_t HeldBytes(const Message& message) { return message.frame->records.size() + sizeof(Message); }
}  // namespace

std::string_view EndReasonWord(EndReason reason) {
    switch (reason) {
        case EndReason::kNone:
            return "unknown";
        case EndReason::kNacked:
            return "nacked";
        case EndReason::kExpired:
            return "ack-wait-expired";
        case EndReason::kMemberLeft:
            return "member-left";
        case EndReason::kRestart:
            return "deliveries-used-up-before-restart";
    }
    return "unknown";
}

size_t* InboxWindow::Counter(EntryState state) {
    switch (state) {
        case EntryState::kInFlight:
            return &in_flight_;
        case EntryState::kAcking:
            return &acking_;
        case EntryState::kDying:
            return &dying_;
        case EntryState::kDone:
            return &done_;
        default:
            return nullptr;
    }
}

void InboxWindow::SetState(Entry& entry, EntryState state) {
    if (size_t* counter = Counter(entry.state)) --*counter;
    if (IsActive(entry.state)) --active_;
    entry.state = state;
    if (size_t* counter = Counter(state)) ++*counter;
    if (IsActive(state)) {
        ++active_;
        // An ack that failed: the prefix is found anew.
        if (acked_prefix_ > 0 && acked_prefix_ <= entries_.size() &&
            entry.sequence <= entries_[acked_prefix_ - 1].sequence) {
            acked_prefix_ = 0;
        }
    }
}

Entry& InboxWindow::Admit(uint64_t sequence, StreamId topic, uint64_t key_hash, uint32_t attempts) {
    BLASTY_CHECK(entries_.empty() || entries_.back().sequence < sequence);
    Entry& entry = entries_.emplace_back();
    entry.sequence = sequence;
    entry.topic = topic;
    entry.attempt = attempts;
    entry.key_hash = key_hash;
    ++active_;
    if (key_hash != 0) {
        uint64_t& tail = tails_[key_hash];
        entry.key_prev = tail;
        if (tail != 0) Find(tail)->key_next = sequence;
        tail = sequence;
    }
    return entry;
}

size_t InboxWindow::LowerBound(uint64_t sequence) const {
    if (entries_.empty() || sequence <= entries_.front().sequence) return 0;
    // Sequences ascend by one at least, so that an entry stands at its distance from the front or
    // before; exactly there when the topic has the log for itself.
    const uint64_t distance = sequence - entries_.front().sequence;
    if (distance < entries_.size() && entries_[distance].sequence == sequence) return distance;
    const auto end = entries_.begin() +
                     static_cast<std::ptrdiff_t>(std::min<uint64_t>(distance, entries_.size()));
    const auto at = std::lower_bound(entries_.begin(), end, sequence,
                                     [](const Entry& e, uint64_t s) { return e.sequence < s; });
    return static_cast<size_t>(at - entries_.begin());
}

Entry* InboxWindow::Find(uint64_t sequence) {
    const size_t at = LowerBound(sequence);
    return at < entries_.size() && entries_[at].sequence == sequence ? &entries_[at] : nullptr;
}

void InboxWindow::AddMember(uint32_t member) { member_ready_.try_emplace(member); }

void InboxWindow::RemoveMember(uint32_t member) {
    auto found = member_ready_.find(member);
    if (found == member_ready_.end()) return;
    const absl::btree_set<uint64_t> orphans = std::move(found->second);
    member_ready_.erase(found);
    for (const uint64_t sequence : orphans) {
        Entry* entry = Find(sequence);
        if (entry == nullptr || !entry->placed) continue;
        entry->placed = false;
        Place(*entry);
    }
}

bool InboxWindow::Allowed(const Entry& entry, uint32_t* member) {
    *member = 0;
    for (uint64_t at = entry.key_prev; at != 0;) {
        const Entry* earlier = Find(at);
        if (earlier->state != EntryState::kAcking && earlier->state != EntryState::kInFlight) {
            return false;
        }
        if (*member != 0 && *member != earlier->member) return false;
        *member = earlier->member;
        if (earlier->state == EntryState::kInFlight) return true;  // so are those before it
        at = earlier->key_prev;
    }
    return true;
}

bool InboxWindow::DeliverableTo(const Entry& entry, uint32_t member) {
    uint32_t only = 0;
    return Allowed(entry, &only) && (only == 0 || only == member);
}

void InboxWindow::Place(Entry& entry) {
    Unplace(entry);
    uint32_t only = 0;
    if (entry.state != EntryState::kReady || !Allowed(entry, &only)) return;
    if (only == 0) {
        ready_.insert(entry.sequence);
    } else {
        auto found = member_ready_.find(only);
        if (found == member_ready_.end()) return;  // left: waits until its acks are durable
        found->second.insert(entry.sequence);
    }
    entry.placed = true;
    entry.placed_with = only;
    placed_something_ = true;
}

void InboxWindow::Unplace(Entry& entry) {
    if (!entry.placed) return;
    entry.placed = false;
    if (entry.placed_with == 0) {
        ready_.erase(entry.sequence);
    } else {
        auto found = member_ready_.find(entry.placed_with);
        if (found != member_ready_.end()) found->second.erase(entry.sequence);
    }
}

void InboxWindow::PlaceNext(uint64_t next) {
    while (next != 0) {
        Entry* entry = Find(next);
        if (entry->state == EntryState::kReady) return Place(*entry);
        if (entry->state != EntryState::kAcking) return;
        next = entry->key_next;
    }
}

uint64_t InboxWindow::NextReady(uint32_t member) const {
    uint64_t sequence = ready_.empty() ? 0 : *ready_.begin();
    auto own = member_ready_.find(member);
    if (own != member_ready_.end() && !own->second.empty()) {
        const uint64_t first = *own->second.begin();
        if (sequence == 0 || first < sequence) sequence = first;
    }
    return sequence;
}

void InboxWindow::GiveOut(Entry& entry, uint32_t member, int64_t deadline_us) {
    Unplace(entry);
    SetState(entry, EntryState::kInFlight);
    entry.member = member;
    entry.due_us = deadline_us;
    ++entry.attempt;
    PlaceNext(entry.key_next);
}

void InboxWindow::Hold(Entry& entry, Message message) {
    held_bytes_ += HeldBytes(message);
    entry.held = std::make_unique<Message>(std::move(message));
}

std::unique_ptr<Message> InboxWindow::TakeHeld(Entry& entry) {
    if (entry.held) held_bytes_ -= HeldBytes(*entry.held);
    return std::move(entry.held);
}

void InboxWindow::BeginAck(Entry& entry) { SetState(entry, EntryState::kAcking); }

void InboxWindow::Unlink(Entry& entry) {
    if (entry.key_hash == 0) return;
    if (entry.key_prev != 0) Find(entry.key_prev)->key_next = entry.key_next;
    if (entry.key_next != 0) {
        Find(entry.key_next)->key_prev = entry.key_prev;
    } else if (entry.key_prev != 0) {
        tails_[entry.key_hash] = entry.key_prev;
    } else {
        tails_.erase(entry.key_hash);
    }
}

void InboxWindow::Finish(Entry& entry) {
    Unplace(entry);
    SetState(entry, EntryState::kDone);
    TakeHeld(entry);
    Unlink(entry);
    PlaceNext(entry.key_next);
}

void InboxWindow::TakeBackLater(const Entry& entry) {
    for (uint64_t at = entry.key_next; at != 0;) {
        Entry* later = Find(at);
        if (later->state == EntryState::kInFlight) {
            SetState(*later, EntryState::kReady);
            --later->attempt;
        }
        Unplace(*later);
        at = later->key_next;
    }
}

void InboxWindow::Retry(Entry& entry, int64_t due_us) {
    Unplace(entry);
    TakeBackLater(entry);
    SetState(entry, due_us > 0 ? EntryState::kScheduled : EntryState::kReady);
    entry.due_us = due_us;
    if (due_us > 0) {
        scheduled_.emplace(due_us, entry.sequence);
    } else {
        Place(entry);
    }
}

void InboxWindow::Condemn(Entry& entry) {
    Unplace(entry);
    TakeBackLater(entry);
    SetState(entry, EntryState::kDying);
}

void InboxWindow::WakeScheduled(int64_t now_us) {
    while (!scheduled_.empty() && scheduled_.begin()->first <= now_us) {
        Entry* entry = Find(scheduled_.begin()->second);
        scheduled_.erase(scheduled_.begin());
        if (entry == nullptr || entry->state != EntryState::kScheduled || entry->due_us > now_us) {
            continue;
        }
        SetState(*entry, EntryState::kReady);
        Place(*entry);
    }
}

uint64_t InboxWindow::FirstUnacked() {
    while (acked_prefix_ < entries_.size() && IsSettled(entries_[acked_prefix_].state)) {
        ++acked_prefix_;
    }
    return acked_prefix_ < entries_.size() ? entries_[acked_prefix_].sequence : 0;
}

void InboxWindow::AckedRun(const Entry& entry, uint64_t* first, uint64_t* last) const {
    *first = *last = entry.sequence;
    const size_t at = LowerBound(entry.sequence);
    if (at > 0 && IsSettled(entries_[at - 1].state)) *first = entries_[at - 1].sequence + 1;
    if (at + 1 < entries_.size() && IsSettled(entries_[at + 1].state)) {
        *last = entries_[at + 1].sequence - 1;
    }
}

void InboxWindow::Trim() {
    while (!entries_.empty() && entries_.front().state == EntryState::kDone) {
        entries_.pop_front();
        --done_;
        if (acked_prefix_ > 0) --acked_prefix_;
    }
    if (done_ < kTrimDoneMin || done_ < entries_.size() / 2) return;
    const auto kept = std::remove_if(entries_.begin(), entries_.end(),
                                     [](const Entry& e) { return e.state == EntryState::kDone; });
    entries_.erase(kept, entries_.end());
    done_ = 0;
    acked_prefix_ = 0;
}

void InboxWindow::Clear() {
    entries_.clear();
    acked_prefix_ = done_ = active_ = in_flight_ = acking_ = dying_ = held_bytes_ = 0;
    tails_.clear();
    ready_.clear();
    for (auto& [member, ready] : member_ready_) ready.clear();
    scheduled_.clear();
}

}  // namespace blasty::topics::internal
