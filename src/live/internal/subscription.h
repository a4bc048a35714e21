// A subscription: a cursor on its feed, and before that the batches of its own snapshot or replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "live/coalesce.h"
#include "live/event.h"
#include "live/internal/feed.h"
#include "live/live.h"

namespace blasty::live::internal {

class SessionCore;

// What does not change and is kept for the whole life.
struct SubscriptionOptions {
    bool old_values = false;
    bool progress = false;
    uint64_t rows_max = 0;
    size_t buffer_bytes_max = 0;
    int64_t interval_us = 0;  // between batches; 0: none
};

// Where a (re)started subscription gets on: what a finished start hands over.
struct Onward {
    std::deque<EventBatchPtr> batches;  // first; then those of the feed
    uint32_t skip = 0;                  // events of the first batch that are known
    FeedPtr feed;                       // null: the last batch is kError, or kReset of a restart
    Window::Reader reader;
    Sequence from;  // without any batch, the subscriber stands here
    // Where it stands when that is in the middle of a batch of the feed.
    std::optional<ResumeToken> middle;
};

// Fields without a remark are guarded by the session's lock.
struct Subscription {
    Subscription(uint64_t subscription_id, const SubscriptionOptions& subscription_options,
                 std::shared_ptr<SessionCore> of)
        : id(subscription_id), options(subscription_options), session(std::move(of)) {}

    const uint64_t id;
    const SubscriptionOptions options;
    const std::shared_ptr<SessionCore> session;
    std::atomic<bool> ended{false};

    // Grows with every start: what an older start brings is not wanted any more.
    uint64_t generation = 0;
    bool ready = false;     // in the session's list
    bool starting = false;  // the next batches come from a start; `feed` is not read
    std::deque<EventBatchPtr> own;
    uint32_t skip = 0;
    FeedPtr feed;
    Window::Reader reader;
    std::optional<ResumeToken> middle;  // as in Onward, until the first fetch
    Sequence taken;                     // everything up to here was fetched, or was nothing
    Sequence told;                      // of the last batch that was fetched, or before the token
    // Rows of the result as fetched, since a snapshot; counted when they are limited.
    std::optional<int64_t> rows;
    int64_t due_us = 0;    // with an interval: not before
    bool waiting = false;  // in the feed's window, for the next batch

    // The live thread's: the feed that counts it.
    FeedPtr member_of;
};

}  // namespace blasty::live::internal
