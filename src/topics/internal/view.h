// Everything of topics and inboxes that the log decides: changed only by applying durable frames.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "base/status.h"
#include "log/frame.h"
#include "topics/config.h"
#include "topics/internal/ack_record.h"
#include "topics/internal/control.h"
#include "topics/internal/dedup.h"
#include "topics/internal/inbox_state.h"
#include "topics/internal/pattern_tree.h"
#include "topics/internal/run_set.h"
#include "topics/internal/topic.h"
#include "topics/internal/topic_queues.h"
#include "topics/internal/waiter.h"

namespace blasty::topics::internal {

// What Apply gathers from a frame before it takes the lock; kept between frames for its memory.
struct FrameDigest;

// What an inbox has still to deliver: messages after `floor` of its topics.
struct InboxPending {
    std::shared_ptr<const InboxConfig> config;
    uint64_t floor = 0;
    uint64_t pending = 0;
};

// Thread-safe. The name maps also hold what is being created (exists == false), so that two
// creators at once use the same id.
class View {
  public:
    View(int64_t dedup_window_us, size_t dedup_ids_max);
    ~View();

    // Applies a frame and wakes who waits for it, after the lock was left. On one thread at a time.
    // Frames at or below the applied sequence are skipped.
    Status Apply(const log::FramePtr& frame);
    // Called without the lock by whoever takes it again and again: the mutex is not fair, and a
    // frame would wait for the whole walk.
    void LetFramesGoFirst() const;
    // Every record up to here was applied.
    Sequence applied() const { return Sequence(applied_.load()); }
    // Sequence at which a floor moved last: cheap to compare.
    uint64_t floors_moved_at() const { return floors_moved_at_.load(std::memory_order_relaxed); }
    void NoteFloorMoved(Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    TopicPtr FindTopic(std::string_view name);  // null: does not exist (yet)
    TopicPtr FindTopic(StreamId id);
    InboxState* FindInbox(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    InboxState* FindInbox(uint32_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    // The topic of that name, made with a new id (exists == false) when there is none. Null when
    // there are kTopicsMax. Sets *exists.
    TopicPtr ReserveTopic(std::string_view name, bool* exists);
    // Likewise; 0 when there are kInboxesMax.
    uint32_t ReserveInbox(const std::string& name);
    // Looks a topic up for publishing: one lock for all that is needed.
    struct PublishTarget {
        TopicPtr topic;
        bool exists = false;
        uint64_t message_bytes_max = 0;
    };
    PublishTarget TargetOf(std::string_view name);

    // Wakes it for messages of the topics it wants, those created later included. Costs the same
    // however many topics match: which do is found when a message comes.
    void AddWaiter(const WaiterPtr& waiter);
    void RemoveWaiter(const WaiterPtr& waiter);

    uint64_t InboxesOf(std::string_view topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    // The next three look at some names at a time, the lock is free in between: what is created or
    // deleted meanwhile may or may not be seen.
    // Calls `add`, under the lock, for each existing topic of the page.
    void ListTopics(const ListOptions& options, const std::function<void(Topic&)>& add);
    std::vector<std::string> ListInboxNames(const ListOptions& options);
    // Adds to `pending` what the wildcards of each inbox match and its names do not.
    void AddPending(std::vector<InboxPending>* queries);
    // The part of an inbox's pending messages that is in topics it names.
    uint64_t PendingOfNamed(const InboxState& inbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    // Whole state as bytes, and back; see checkpoint.h. There may be millions of topics and
    // inboxes, so they are encoded some at a time, and frames are applied meanwhile. Topics are as
    // they were at the sequence the state begins with: one that changes before its turn is encoded
    // first. Inboxes may know more, up to *newest; applying the frames after that sequence once
    // more brings them to the same. `between` runs before each part (tests). One call at a time.
    // Restore REQUIRES a fresh view.
    std::string Encode(uint64_t* newest, const std::function<void()>& between = nullptr);
    Status Restore(std::string_view bytes);

    Mutex mutex;
    absl::btree_map<std::string_view, TopicPtr> topics ABSL_GUARDED_BY(mutex);  // by name
    absl::flat_hash_map<StreamId, TopicPtr> topics_by_id ABSL_GUARDED_BY(mutex);
    absl::btree_map<std::string_view, InboxState*> inboxes ABSL_GUARDED_BY(mutex);  // by name
    absl::flat_hash_map<uint32_t, std::unique_ptr<InboxState>> inboxes_by_id ABSL_GUARDED_BY(mutex);
    TopicQueues queues ABSL_GUARDED_BY(mutex);
    uint64_t trimmed_before ABSL_GUARDED_BY(mutex) = 0;

    Mutex dedup_mutex;
    Dedup dedup ABSL_GUARDED_BY(dedup_mutex);

  private:
    // The parts of Encode, in their order.
    void EncodeHead(std::string* out);
    void EncodeTopics(std::string* out, const std::function<void()>& between);
    void EncodeInboxes(std::string* out, uint64_t* newest, const std::function<void()>& between);
    void EncodeIds(std::string* out, uint64_t until);
    // REQUIRED before a topic that exists changes, or one begins to exist.
    void BeforeChange(Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
        if (encoding_topics_ && topic.encoded_in != encoding_) EncodeFirst(topic);
    }
    void EncodeFirst(Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    Status Digest(const log::Frame& frame);
    void ApplyMessages(const log::Frame& frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void ApplyControl(uint64_t sequence, const Control& control)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void ApplyAck(const AckRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const TopicCreated& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const TopicUpdated& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const TopicDeleted& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const FloorRaised& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const Compacted& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const InboxCreated& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const InboxUpdated& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const InboxDeleted& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const InboxReset& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const Trimmed& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void On(uint64_t sequence, const Probe& c) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // Puts a topic that now exists into the id map and tells who waits for such a name.
    void AnnounceTopic(const TopicPtr& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void SignalInbox(InboxState& inbox) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void CountPatterns(const InboxConfig& config, int by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    std::shared_ptr<const InboxConfig> Shared(const InboxConfig& config)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void CollectWakes(Topic& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

    std::atomic<uint64_t> applied_ = 0;
    std::atomic<bool> apply_waits_ = false;  // a frame waits for the lock
    std::atomic<uint64_t> floors_moved_at_ = 0;
    uint64_t applying_ = 0;                      // last sequence of the frame being applied
    const std::unique_ptr<FrameDigest> digest_;  // only used by Apply
    RunSet topic_ids_seen_ ABSL_GUARDED_BY(mutex);
    RunSet inbox_ids_seen_ ABSL_GUARDED_BY(mutex);
    uint32_t next_topic_id_ ABSL_GUARDED_BY(mutex) = kFirstTopicId;
    uint32_t next_inbox_id_ ABSL_GUARDED_BY(mutex) = 1;
    absl::flat_hash_map<std::string, uint64_t> exact_inboxes_ ABSL_GUARDED_BY(mutex);
    PatternTree<uint64_t> wildcard_inboxes_ ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<std::string, WaiterSet> exact_waiters_ ABSL_GUARDED_BY(mutex);
    PatternTree<WaiterSet> wildcard_waiters_ ABSL_GUARDED_BY(mutex);
    // Moves when a set of wildcard_waiters_ comes or goes: what topics remember is void then.
    uint64_t wildcards_version_ ABSL_GUARDED_BY(mutex) = 1;
    std::vector<WaiterPtr> wakes_ ABSL_GUARDED_BY(mutex);
    std::shared_ptr<const InboxConfig> last_config_ ABSL_GUARDED_BY(mutex);
    bool encoding_topics_ ABSL_GUARDED_BY(mutex) = false;
    uint64_t encoding_ ABSL_GUARDED_BY(mutex) = 0;      // counts the calls of Encode
    std::string encoded_first_ ABSL_GUARDED_BY(mutex);  // topics that changed before their turn
};

}  // namespace blasty::topics::internal
