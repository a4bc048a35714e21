// An inbox with members: reads its topics, gives messages out, takes acks, brings back what was
// not acked in time. Idle inboxes have none of this (InboxState only).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "topics/internal/core.h"
#include "topics/internal/inbox_window.h"
#include "topics/internal/record_fetcher.h"
#include "topics/internal/scanner.h"
#include "topics/member.h"

namespace blasty::topics::internal {

// Thread-safe. Lock order: Core::live_mutex, fetch_mutex_, mutex_, View::mutex. Only Fetch and the
// dead-letter task read the disk, both under fetch_mutex_ alone.
class LiveInbox : public std::enable_shared_from_this<LiveInbox> {
  public:
    // REQUIRES view.mutex is not held, and that `inbox` exists (else Attach fails).
    LiveInbox(Core& core, uint32_t inbox);
    ~LiveInbox();
    // Takes over the durable state. INBOX_NOT_FOUND when it is gone.
    Status Attach();

    uint32_t AddMember(std::function<void()> wake);
    void RemoveMember(uint32_t member);
    Status Fetch(uint32_t member, const FetchLimits& limits, std::vector<Delivery>* out);
    void Ack(uint32_t member, std::span<const Sequence> sequences, AckDone done);
    Status Nack(uint32_t member, Sequence sequence, int64_t delay_us);
    Status Extend(uint32_t member, Sequence sequence);

    uint32_t id() const { return id_; }
    void FillInfo(InboxInfo* info);
    // Detaches when nobody is left and nothing is under way; then it may be forgotten.
    bool Retire(uint64_t generation);
    uint64_t generation();
    int64_t linger_us();

  private:
    using Wakes = std::vector<std::shared_ptr<const std::function<void()>>>;
    struct MemberState {
        std::shared_ptr<const std::function<void()>> wake;
        bool armed = false;
    };
    // Progress on its way to the log, in the order in which it was decided.
    struct Outgoing {
        log::Batch batch;  // dead letters that go with it
        AckRecord record;
        std::vector<uint64_t> sequences;
        Status answer;
        AckDone done;
        uint64_t dead_letters = 0;
        uint64_t dead_letter_bytes = 0;
    };
    struct Expiry {
        int64_t due_us;
        uint64_t first, last;
    };

    // Follows a reset, deletion or new configuration. Not ok when the inbox is gone.
    Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void LoadState(const InboxState& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, core_.view.mutex);

    // Makes scanner and waiter right for the present version.
    void PrepareScanner() ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_);
    struct FetchState {
        uint32_t member;
        FetchLimits limits;
        std::vector<Delivery>* out;
        size_t base;  // of `out` when it began
        size_t bytes = 0;
        bool budget_spent = false;
        bool full() const {
            return out->size() - base >= limits.messages_max || bytes >= limits.bytes_max;
        }
    };
    Status FetchSerially(uint32_t member, const FetchLimits& limits, std::vector<Delivery>* out);
    Status FetchAgain(FetchState* fetch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_);
    Status FetchNew(FetchState* fetch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_);
    // Scans up to `room` messages into fetch->out. Sets *done when there are no more for now.
    Status Scan(size_t room, FetchState* fetch, bool* done)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_);
    // Enters what was scanned (from index `from`) into the window; leaves in fetch->out what goes
    // to the member.
    void AdmitScanned(size_t from, FetchState* fetch)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_, mutex_);
    void NoteDeadline(int64_t due_us, uint64_t first, uint64_t last)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Entry* FindInFlight(uint32_t member, Sequence sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // An attempt ended without an ack: again later, or a dead letter.
    void EndAttempt(Entry& entry, EndReason reason, int64_t delay_us)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Drops a message that is no longer there (its topic was deleted, retention passed it); a Flush
    // follows.
    void DropMissing(uint64_t sequence);
    uint64_t Floor() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Queue(Outgoing outgoing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void QueueAttempts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void CollectWakes(Wakes* wakes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // After every change: appends what is queued, starts timers and dead letters, wakes.
    void Flush();
    void Append(Outgoing outgoing);
    void OnDurable(const std::shared_ptr<Outgoing>& outgoing, const Status& status);
    void OnMessages();
    void SetTimer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void OnTimer(int64_t due_us);
    void ExpireRange(const Expiry& expiry, int64_t now_us) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    bool MayBury() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void BuryDying();
    void BuryEach();
    Status Bury(uint64_t sequence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(fetch_mutex_);

    Core& core_;
    const uint32_t id_;
    const std::shared_ptr<LiveSignal> signal_ = std::make_shared<LiveSignal>();

    Mutex fetch_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
    std::unique_ptr<Scanner> scanner_ ABSL_GUARDED_BY(fetch_mutex_);
    WaiterPtr waiter_ ABSL_GUARDED_BY(fetch_mutex_);  // of the scanner's topics
    uint64_t scanner_version_ ABSL_GUARDED_BY(fetch_mutex_) = 0;
    Scanned held_ ABSL_GUARDED_BY(fetch_mutex_);  // scanned, but did not fit: comes first
    // Scanned, and not entered into the window yet.
    std::vector<uint64_t> scanned_keys_ ABSL_GUARDED_BY(fetch_mutex_);
    RecordFetcher fetcher_ ABSL_GUARDED_BY(fetch_mutex_);

    Mutex mutex_;
    std::string name_ ABSL_GUARDED_BY(mutex_);
    std::shared_ptr<const InboxConfig> config_ ABSL_GUARDED_BY(mutex_);
    uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t version_ ABSL_GUARDED_BY(mutex_) = 1;  // of patterns and epoch
    bool gone_ ABSL_GUARDED_BY(mutex_) = false;
    uint64_t scanned_until_ ABSL_GUARDED_BY(mutex_) = 1;  // all before it was read
    RunSet restored_acked_ ABSL_GUARDED_BY(mutex_);
    absl::flat_hash_map<uint64_t, uint32_t> restored_attempts_ ABSL_GUARDED_BY(mutex_);
    InboxWindow window_ ABSL_GUARDED_BY(mutex_);
    absl::flat_hash_map<uint32_t, MemberState> members_ ABSL_GUARDED_BY(mutex_);
    uint32_t next_member_ ABSL_GUARDED_BY(mutex_) = 1;
    uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
    bool wake_wanted_ ABSL_GUARDED_BY(mutex_) = false;
    std::deque<Expiry> expiries_ ABSL_GUARDED_BY(mutex_);
    int64_t slack_us_ ABSL_GUARDED_BY(mutex_) = 0;         // how late an expiry may be noticed
    std::vector<int64_t> timers_ ABSL_GUARDED_BY(mutex_);  // under way, the next to fire last
    std::vector<Attempts> ended_attempts_ ABSL_GUARDED_BY(mutex_);
    std::vector<Outgoing> outbox_ ABSL_GUARDED_BY(mutex_);
    bool flushing_ ABSL_GUARDED_BY(mutex_) = false;
    std::deque<uint64_t> dying_ ABSL_GUARDED_BY(mutex_);
    bool burying_ ABSL_GUARDED_BY(mutex_) = false;
    uint64_t burying_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of dead letters that are not stored yet
    uint64_t redelivered_ ABSL_GUARDED_BY(mutex_) = 0;
    uint64_t dead_letters_ ABSL_GUARDED_BY(mutex_) = 0;
};

Status InboxNotFound(std::string_view name);
// REQUIRES that there is one.
Status NotInFlight(std::span<const Sequence> sequences);
std::string DeadLetterTopicOf(std::string_view inbox, const InboxConfig& config);

}  // namespace blasty::topics::internal
