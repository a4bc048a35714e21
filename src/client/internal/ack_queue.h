// Acks of a member: collected, sent, confirmed; and what to do with messages that come again after
// a lost connection. Knows nothing of threads or connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "client/message.h"

namespace blasty::client::internal {

class AckQueue {
  public:
    // Notes what was handed out on this connection.
    void HandedOut(std::span<const InMessage> messages);
    // Acks. What was handed out on an earlier connection is kept until it comes again.
    void Ack(std::span<const uint64_t> sequences);
    // The next request to send, a ConsumeRequest with an Ack; null when there is none.
    std::shared_ptr<const std::string> Send();
    // The server has made the first `requests` acks of this connection durable.
    void Confirmed(uint64_t requests);
    // The connection is gone: nothing handed out is in flight any more, nothing unconfirmed is
    // certain.
    void OnLost();
    // Removes messages that were acked before the connection was lost, and acks them again.
    void RemoveAcked(std::vector<InMessage>* messages);
    // Acks that were not confirmed when a connection was lost, since the last call.
    uint64_t TakeUncertain() { return std::exchange(uncertain_, 0); }
    // Nothing waits to be sent or confirmed.
    bool idle() const { return waiting_.empty() && sent_.empty(); }

  private:
    std::vector<uint64_t> waiting_;
    std::deque<std::vector<uint64_t>> sent_;
    uint64_t confirmed_ = 0;
    uint64_t uncertain_ = 0;
    absl::flat_hash_set<uint64_t> in_flight_;  // handed out on this connection, not acked
    // Handed out on an earlier connection, neither acked nor come again.
    absl::flat_hash_set<uint64_t> handed_out_before_;
    // Acked by us; the server may not know. Bounded by what can be in flight of an inbox, once per
    // lost connection.
    absl::flat_hash_set<uint64_t> acked_before_;
};

// Appends runs of consecutive numbers as fields of v1.Ack. `sequences` is sorted.
void AppendAckRuns(std::string& ack, std::span<const uint64_t> sequences);

}  // namespace blasty::client::internal
