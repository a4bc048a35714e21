// One connected member of an inbox: gets a share of its messages, acks them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "topics/config.h"
#include "topics/message.h"
#include "topics/reader.h"

namespace blasty::topics {

struct JoinOptions {
    std::string inbox;
    // Used when the inbox does not exist yet and `create` is set: it is created with this
    // configuration at `start`. An existing inbox keeps its own; INBOX_CONFIG_DIFFERS
    // (FAILED_PRECONDITION) when config.patterns is not empty and names other topics.
    bool create = true;
    InboxConfig config;
    Start start{Start::Kind::kOldest, Sequence(), 0};
};

struct Delivery {
    Message message;
    uint32_t attempt = 1;  // 1 for the first delivery
};

// Called once, when the ack (or dead letter) is durable, or why not. On an internal thread; short,
// not blocking.
using AckDone = std::function<void(const Status&)>;

// The sequences that a NOT_IN_FLIGHT of Member::Ack is about, all of them, in the order they were
// given. Empty for another status.
std::vector<Sequence> NotInFlightOf(const Status& status);

// Thread-safe. Destroying it leaves the inbox: its unacked messages go to other members at once.
// `wake` as in Reader. Must not outlive Topics.
class Member {
  public:
    virtual ~Member() = default;
    // Appends deliveries that are this member's to handle, in order per key: while a message of a
    // key is unacked, later ones of that key come to the same member only. Never more than
    // max_in_flight of the inbox. Nothing appended: `wake` will be called when there may be more (a
    // message, an ack, a redelivery that falls due).
    virtual Status Fetch(const FetchLimits& limits, std::vector<Delivery>* out) = 0;
    // Acks deliveries by sequence. Unknown, already acked or no longer this member's: NOT_IN_FLIGHT
    // (FAILED_PRECONDITION), see NotInFlightOf; the others count all the same.
    virtual void Ack(std::span<const Sequence> sequences, AckDone done) = 0;
    // Asks for redelivery after `delay_us` (0: at once), to any member; counts as an attempt.
    // NOT_IN_FLIGHT.
    virtual Status Nack(Sequence sequence, int64_t delay_us) = 0;
    // Restarts the ack wait of a delivery. NOT_IN_FLIGHT.
    virtual Status Extend(Sequence sequence) = 0;
};

}  // namespace blasty::topics
