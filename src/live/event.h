// What a subscription delivers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"

namespace blasty::search {
struct EventDetails;  // search/event_details.h
}

namespace blasty::live {

enum class EventKind : uint8_t {
    kRow = 1,       // a row of the snapshot
    kReady = 2,     // the snapshot is complete and valid at the sequence
    kEnter = 3,     // a row is in the result now
    kChange = 4,    // a row of the result has other values now
    kLeave = 5,     // a row is in the result no more
    kProgress = 6,  // everything up to the sequence was looked at
    kReset = 7,     // forget the result: a new snapshot follows. `reason`, `message` tell why
    kError = 8,     // the subscription has ended. `reason`, `message` tell why
    kCounts = 9,    // of a search: total and facets, in `details`
};

// Rows and keys are encoded (tables/value.h). Which of them are set depends on the kind: `key` and
// `row` for kRow, kEnter, kChange; `key` and (when asked for) `old_row` for kLeave, kChange.
struct Event {
    EventKind kind = EventKind::kRow;
    std::string key;
    std::string row;
    std::string old_row;
    uint32_t merged = 0;  // with `coalesce`: how many changes this one stands for beyond the first
    std::string reason, message;
    std::shared_ptr<const search::EventDetails> details;  // of searches; else null
};

// Columns of the rows of a query. Immutable.
struct ResultColumns {
    std::vector<std::string> names;
    std::vector<std::string> types;  // declared; empty for expressions
};

// Events of one subscription that belong together: one commit (whole), or a part of a snapshot.
// Immutable and shared by everyone with the same subscription, once published.
struct EventBatch {
    Sequence sequence;  // at which the events hold
    // What the result was before these events stands at `base`; equal to `sequence` in snapshots.
    Sequence base;
    bool snapshot = false;  // kRow, kReset, kReady: no resuming in the middle
    std::vector<Event> events;
    size_t bytes = 0;  // estimate of its memory
    // Of the rows in it: one object a query text, another after a schema change (the edge sends it
    // when it differs from the one before). Null in batches without rows.
    std::shared_ptr<const ResultColumns> columns;

    // For the edge: the events in its wire format, made once by the first who sends them.
    mutable std::once_flag encoded_once;
    mutable std::string encoded;
};

using EventBatchPtr = std::shared_ptr<const EventBatch>;

// The place after an event, as clients keep it: "main:123", or in the middle of a commit
// "main:120-123.2" (base, sequence, events taken).
struct ResumeToken {
    Sequence base, sequence;
    uint32_t taken = 0;  // events of `sequence` that were taken; 0: all of them
};
std::string FormatToken(const ResumeToken& token);
// INVALID_TOKEN (INVALID_ARGUMENT).
Result<ResumeToken> ParseToken(std::string_view text);
// Of the event at `index` in the batch; empty for snapshot events but kReady (resuming there begins
// anew).
std::string TokenAfter(const EventBatch& batch, size_t index);

}  // namespace blasty::live
