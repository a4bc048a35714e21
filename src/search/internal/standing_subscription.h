// One live search of one client.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "live/event.h"
#include "search/internal/standing_plan.h"

namespace blasty::search::standing {

class SessionCore;
class Follower;
struct Feed;

struct Queued {
    live::EventBatchPtr batch;
    bool live = false;  // of the feed as it goes on; else of a first answer or a replay
    uint32_t skip = 0;
};

// Fields without a remark are guarded by the session's lock.
struct Subscription {
    Subscription(uint64_t number, LiveRequestPtr what, std::shared_ptr<SessionCore> of)
        : id(number), request(std::move(what)), session(std::move(of)) {}

    // All matches are merged here; the best hits are evaluated less often instead.
    int64_t interval_us() const { return request->all_matches ? request->coalesce_us : 0; }

    const uint64_t id;
    const LiveRequestPtr request;
    const std::shared_ptr<SessionCore> session;
    std::atomic<bool> ended{false};

    enum class State : uint8_t {
        kStarting,    // not attached: what a feed publishes is not for it
        kCollecting,  // attached: events wait in `pending` for the first answer
        kLive,
        kLagging,  // it did not read: told to begin anew once it has read that
    };
    State state = State::kStarting;
    bool ready = false;     // in the session's list
    bool timer = false;     // one runs for it
    bool overflow = false;  // `pending` was too much
    // Grows with every start: what an older start brings is not wanted any more.
    uint64_t generation = 1;
    std::deque<Queued> queue;
    std::vector<live::EventBatchPtr> pending;
    size_t live_bytes = 0;                   // of live batches in `queue`, or of `pending`
    int64_t due_us = 0;                      // with an interval: not before
    Sequence told;                           // of the last batch that was queued
    std::optional<live::ResumeToken> token;  // of its first start
    std::shared_ptr<Follower> follower;

    // The follower's: the feed that counts it.
    std::shared_ptr<Feed> member_of;
};
using SubscriptionPtr = std::shared_ptr<Subscription>;

}  // namespace blasty::search::standing
