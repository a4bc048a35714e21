// Settings and descriptions of topics and inboxes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "topics/limits.h"

namespace blasty::topics {

// What a topic keeps. Zero: no bound of that sort. A message that exceeds any bound is no longer
// delivered, at once by count and bytes, within a minute by age; its space is freed in the
// background.
struct Retention {
    int64_t age_us = 0;
    uint64_t bytes = 0;
    uint64_t count = 0;
    bool latest_per_key = false;  // only the newest message of each key (messages without key stay)
                                  // outlives compaction
    friend bool operator==(const Retention&, const Retention&) = default;
};

struct TopicConfig {
    Retention retention;
    uint64_t message_bytes_max = 0;  // 0: the server's limit
    friend bool operator==(const TopicConfig&, const TopicConfig&) = default;
};

struct TopicInfo {
    std::string name;
    StreamId id;
    TopicConfig config;
    int64_t created_us = 0;
    uint64_t messages =
        0;  // still readable (an upper bound while latest-per-key compaction is behind)
    uint64_t bytes = 0;    // of their records
    Sequence first, last;  // of the readable ones; 0 when there is none
    uint64_t inboxes = 0;  // that name it, wildcards included
};

// Where reading begins.
struct Start {
    enum class Kind { kOldest, kNewest, kSequence, kTime };
    Kind kind = Kind::kNewest;
    Sequence sequence;    // kSequence: the first one to deliver
    int64_t time_us = 0;  // kTime: the first event committed at or after this
};

struct InboxConfig {
    std::vector<std::string>
        patterns;  // topic names or wildcards: `orders.*` one token, `orders.>` one or more
    int64_t ack_wait_us = kAckWaitDefaultUs;
    uint32_t max_in_flight = kMaxInFlightDefault;
    uint32_t max_deliveries = kMaxDeliveriesDefault;
    std::string dead_letter_topic;  // empty: `<inbox>.dead`, used when max_deliveries > 0
    friend bool operator==(const InboxConfig&, const InboxConfig&) = default;
};

struct InboxInfo {
    std::string name;
    InboxConfig config;
    int64_t created_us = 0;
    Sequence ack_floor;      // everything of its topics up to here is acked
    uint64_t pending = 0;    // not delivered yet (an estimate when the inbox reads several topics)
    uint64_t in_flight = 0;  // delivered, not acked
    uint64_t redelivered = 0;   // deliveries beyond the first, since the server started
    uint64_t dead_letters = 0;  // since the server started
    uint32_t members = 0;       // connected now
};

// The page after `after` (empty: the first), in name order.
struct ListOptions {
    std::string pattern = ">";
    std::string after;
    size_t limit = 1000;
};

}  // namespace blasty::topics
