// A topic in memory: its description, its counts, and which of its messages retention removed.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "topics/config.h"
#include "topics/internal/control.h"
#include "topics/internal/waiter.h"

namespace blasty::topics::internal {

// Messages of a topic that were committed together, with totals up to and including them. Older
// ones are merged, so that a topic holds a bounded number of them.
struct MessageRun {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t messages_until = 0;
    uint64_t bytes_until = 0;
    int64_t commit_time_us = 0;  // of the newest
    friend bool operator==(const MessageRun&, const MessageRun&) = default;
};

// Fields below the atomics are guarded by the mutex of the View that holds it.
struct Topic {
    Topic(StreamId topic_id, std::string_view topic_name)
        : id(topic_id), name(std::make_shared<const std::string>(topic_name)) {}

    // Counts messages of one frame; `contiguous` ones (no other record between) in each call.
    void AddMessages(uint64_t first, uint64_t last, uint64_t messages, uint64_t bytes,
                     int64_t commit_time_us);
    // Moves the floor as count and bytes demand, and age at `now_us` (0: not by age). True when it
    // moved.
    bool ApplyRetention(int64_t now_us);
    bool RaiseFloor(const FloorRaised& raised);
    // Messages after `sequence`, an estimate where runs were merged.
    uint64_t MessagesAfter(uint64_t sequence) const;
    TopicInfo Info() const;

    const StreamId id;
    const std::shared_ptr<const std::string> name;
    std::atomic<bool> deleted = false;
    // Messages before it are not delivered; the one just before was a message of this topic.
    std::atomic<uint64_t> floor = 0;
    std::atomic<uint64_t> floor_moved_at = 0;  // sequence that was applied when the floor moved
    std::atomic<uint64_t> last = 0;            // newest message, 0: none

    bool exists = false;  // false while its creation is not durable yet
    TopicConfig config;
    int64_t created_us = 0;
    uint64_t created_at = 0;  // sequence of the record that created it
    uint64_t first = 0;
    uint64_t total_messages = 0, total_bytes = 0;      // ever
    uint64_t removed_messages = 0, removed_bytes = 0;  // by the floor
    uint64_t compacted_messages = 0, compacted_bytes = 0;
    uint64_t compacted_total_bytes = 0;  // total_bytes when it was last compacted
    std::deque<MessageRun> runs;
    absl::flat_hash_map<Waiter*, WaiterPtr> waiters;  // who names it
    // Sets of the view whose wildcards match, as of that version.
    std::vector<WaiterSet*> wildcard_waiters;
    uint64_t wildcards_version = 0;
    // Where TopicQueues lists it; 0: nowhere.
    struct Listed {
        uint64_t bytes = 0;  // counted there
        uint64_t first = 0;
        uint64_t aged_at = 0;
        uint64_t moved_at = 0;
        bool uncompacted = false;
    } listed;
    uint64_t encoded_in = 0;  // the newest checkpoint that has it, see View

  private:
    void MergeRuns();
    void SetFloor(uint64_t new_floor, uint64_t messages, uint64_t bytes);
    size_t RunsMax() const;
};

using TopicPtr = std::shared_ptr<Topic>;

}  // namespace blasty::topics::internal
