// The messages of an inbox between its ack floor and the place up to which it was read: who has
// which, what waits, and the order of keys.
//
// Rules kept here: messages of one key form a chain in sequence order. One is given to a member
// only when every earlier unacked one of its chain is with that member. When one comes back, later
// ones of its chain that are out come back too, without counting as an attempt.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "topics/message.h"

namespace blasty::topics::internal {

enum class EntryState : uint8_t {
    kScheduled,  // comes again at `due_us`
    kReady,      // may be given out when its place says so
    kInFlight,   // with `member` until `due_us`
    kAcking,     // acked; the record is not durable yet
    kDying,      // becomes a dead letter
    kDone,       // acked durably
};

// Why an attempt ended without an ack.
enum class EndReason : uint8_t { kNone, kNacked, kExpired, kMemberLeft, kRestart };
std::string_view EndReasonWord(EndReason reason);

struct Entry {
    uint64_t sequence = 0;
    uint64_t key_hash = 0;                // 0: no key
    uint64_t key_prev = 0, key_next = 0;  // sequences of the neighbours in the chain; 0: none
    int64_t due_us = 0;
    StreamId topic;
    uint32_t attempt = 0;  // deliveries that count, the current one included
    uint32_t member = 0;
    EntryState state = EntryState::kReady;
    EndReason reason = EndReason::kNone;
    bool placed = false;            // stands in a ready set
    uint32_t placed_with = 0;       // of this member; 0: the one for everybody
    std::unique_ptr<Message> held;  // content of one that was read but not given out yet
};

// Not thread-safe. Entry pointers are valid until the next Admit or Trim.
class InboxWindow {
  public:
    // Appends a message; sequences ascend. `attempts`: deliveries in the past.
    Entry& Admit(uint64_t sequence, StreamId topic, uint64_t key_hash, uint32_t attempts);
    Entry* Find(uint64_t sequence);

    void AddMember(uint32_t member);
    // REQUIRES its entries in flight were taken back (Retry).
    void RemoveMember(uint32_t member);

    bool DeliverableTo(const Entry& entry, uint32_t member);
    // The lowest ready sequence for a member; 0: none.
    uint64_t NextReady(uint32_t member) const;
    void GiveOut(Entry& entry, uint32_t member, int64_t deadline_us);
    // Keeps one that cannot be given out now, to be found by NextReady later.
    void Park(Entry& entry) { Place(entry); }
    // Keeps the content of one that was read but not given out, and gives it back (null: none).
    void Hold(Entry& entry, Message message);
    std::unique_ptr<Message> TakeHeld(Entry& entry);
    size_t held_bytes() const { return held_bytes_; }
    void BeginAck(Entry& entry);
    void Finish(Entry& entry);
    // Back to waiting until `due_us` (0: ready now), with those behind it.
    void Retry(Entry& entry, int64_t due_us);
    // As Retry, but it waits to become a dead letter.
    void Condemn(Entry& entry);
    // Makes scheduled entries that are due ready.
    void WakeScheduled(int64_t now_us);
    int64_t NextScheduled() const { return scheduled_.empty() ? 0 : scheduled_.begin()->first; }

    // Sequence of the first entry that is not acked; 0: all are.
    uint64_t FirstUnacked();
    // The run of sequences that acking `entry` settles, acked neighbours and the gaps between
    // included: keeps the durable runs few although sequences of a topic have gaps.
    void AckedRun(const Entry& entry, uint64_t* first, uint64_t* last) const;
    // Forgets finished entries at the front, and others when they are many.
    void Trim();
    void Clear();

    // In flight, waiting or ready: what the bound of an inbox counts.
    size_t active() const { return active_; }
    size_t in_flight() const { return in_flight_; }
    size_t acking() const { return acking_; }
    size_t dying() const { return dying_; }
    // True once after something became ready.
    bool TakePlaced() {
        const bool placed = placed_something_;
        placed_something_ = false;
        return placed;
    }
    std::deque<Entry>& entries() { return entries_; }
    // Index of the first entry at or after `sequence`.
    size_t LowerBound(uint64_t sequence) const;

  private:
    void Place(Entry& entry);
    void Unplace(Entry& entry);
    // Whether every earlier one of the chain allows it; *member: the only one it may go to, 0: any.
    bool Allowed(const Entry& entry, uint32_t* member);
    // Places the first waiting one behind `entry` anew.
    void PlaceNext(uint64_t next);
    void SetState(Entry& entry, EntryState state);
    size_t* Counter(EntryState state);
    void Unlink(Entry& entry);
    void TakeBackLater(const Entry& entry);

    std::deque<Entry> entries_;
    size_t acked_prefix_ = 0;  // so many at the front are acking or done
    size_t done_ = 0;
    size_t active_ = 0, in_flight_ = 0, acking_ = 0, dying_ = 0;
    size_t held_bytes_ = 0;
    bool placed_something_ = false;
    absl::flat_hash_map<uint64_t, uint64_t> tails_;  // of chains, by key hash
    absl::btree_set<uint64_t> ready_;
    absl::flat_hash_map<uint32_t, absl::btree_set<uint64_t>> member_ready_;
    absl::btree_multimap<int64_t, uint64_t> scheduled_;
};

}  // namespace blasty::topics::internal
