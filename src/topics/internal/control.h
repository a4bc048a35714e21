// What the control stream of the log says: changes of topics and inboxes. Format: one byte version,
// one byte kind, then the fields in the order of the structs; integers as varints, signed ones as
// fixed 64 bits, texts sized.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "base/status.h"
#include "topics/config.h"

namespace blasty::topics::internal {

inline constexpr StreamId kControlStream{0};
inline constexpr StreamId kAckStream{1};
inline constexpr uint32_t kFirstTopicId = 16;

// Applied once: ids are never used again, so repeating it changes nothing.
struct TopicCreated {
    StreamId id;
    std::string name;
    TopicConfig config;
    int64_t created_us = 0;
    friend bool operator==(const TopicCreated&, const TopicCreated&) = default;
};
struct TopicUpdated {
    StreamId id;
    TopicConfig config;
    friend bool operator==(const TopicUpdated&, const TopicUpdated&) = default;
};
struct TopicDeleted {
    StreamId id;
    friend bool operator==(const TopicDeleted&, const TopicDeleted&) = default;
};
// Messages before `floor` are no longer delivered. The counts are of all messages removed so ever.
struct FloorRaised {
    StreamId id;
    Sequence floor;
    uint64_t removed_messages = 0;
    uint64_t removed_bytes = 0;
    friend bool operator==(const FloorRaised&, const FloorRaised&) = default;
};
// Latest-per-key took these out of the middle.
struct Compacted {
    StreamId id;
    uint64_t messages = 0;
    uint64_t bytes = 0;
    friend bool operator==(const Compacted&, const Compacted&) = default;
};
struct InboxCreated {
    uint32_t id = 0;
    std::string name;
    InboxConfig config;
    int64_t created_us = 0;
    bool at_newest = false;  // begins after this record; else after `floor`
    Sequence floor;
    friend bool operator==(const InboxCreated&, const InboxCreated&) = default;
};
struct InboxUpdated {
    uint32_t id = 0;
    InboxConfig config;
    friend bool operator==(const InboxUpdated&, const InboxUpdated&) = default;
};
struct InboxDeleted {
    uint32_t id = 0;
    friend bool operator==(const InboxDeleted&, const InboxDeleted&) = default;
};
// Acks that were written for the time before it (AckRecord::epoch) no longer count.
struct InboxReset {
    uint32_t id = 0;
    bool at_newest = false;
    Sequence floor;
    friend bool operator==(const InboxReset&, const InboxReset&) = default;
};
// From here on, control and ack records before `before` may be missing: a checkpoint is needed.
struct Trimmed {
    Sequence before;
    friend bool operator==(const Trimmed&, const Trimmed&) = default;
};
// Means nothing: written to see whether the log can commit.
struct Probe {
    friend bool operator==(const Probe&, const Probe&) = default;
};

using Control = std::variant<TopicCreated, TopicUpdated, TopicDeleted, FloorRaised, Compacted,
                             InboxCreated, InboxUpdated, InboxDeleted, InboxReset, Trimmed, Probe>;

std::string EncodeControl(const Control& control);
// LOG_DAMAGED (DATA_LOSS) when malformed, UNKNOWN_RECORD_VERSION (DATA_LOSS) when a newer program
// wrote it.
Status DecodeControl(std::string_view bytes, Control* control);

}  // namespace blasty::topics::internal
