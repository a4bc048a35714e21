// Publishes messages over one stream that stays open: messages coalesce into frames by themselves,
// frames are pipelined, answers come when the messages are durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/place.h"
#include "base/status.h"
#include "client/client.h"
#include "client/message.h"

namespace blasty::client {

struct PublisherOptions {
    // Gives every message without an id a random one. Then messages in doubt after a lost
    // connection are sent again and stored once; without ids they fail with PUBLISH_UNCERTAIN.
    bool idempotent = true;
    // A frame holds what queued while the frame before was written, at most this much.
    uint32_t frame_messages_max = 1024;
    size_t frame_bytes_max = 128 << 10;
    // Frames sent and not answered.
    size_t frames_in_flight_max = 32;
    // Encoded messages accepted and not answered. Above it Publish blocks, or refuses.
    size_t queue_bytes_max = 32 << 20;
    bool block_when_full = true;
    // Connect again after a lost connection (not when the first attempt fails).
    bool reconnect = true;
    // Keeps trying when not even the first attempt works.
    bool wait_for_server = false;
    // The same, but only for so long after the first attempt: a server that is just restarting.
    int64_t first_connection_us = 0;
    // Told when the connection is lost (why) and when it works again (ok). On an internal thread.
    std::function<void(const Status&)> on_connection = {};
};

// Where in the stream of requests a refused message stood, as the server says it ("request 7");
// empty when the error is not about one request. Not part of the message of the error.
using blasty::PlaceOf;

// Called once per message when it is durable, or why it is not. On an internal thread; short, not
// blocking; may call Publish only when the publisher does not block.
using PublishDone = std::function<void(Result<Published>)>;

struct PublisherStats {
    uint64_t accepted = 0, stored = 0, duplicates = 0, failed = 0;
    uint64_t frames = 0, reconnects = 0;
    size_t waiting_bytes = 0;
};

// Thread-safe.
class Publisher {
  public:
    Publisher(Client& client, PublisherOptions options);
    // What is not answered fails with PUBLISHER_CLOSED (CANCELLED): Flush first.
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    // Queues a message and returns. PUBLISH_QUEUE_FULL (RESOURCE_EXHAUSTED) when full and not
    // blocking; the error that ended the publisher when it cannot go on.
    Status Publish(std::string_view topic, const OutMessage& message, PublishDone done = nullptr);
    Result<Published> PublishAndWait(std::string_view topic, const OutMessage& message,
                                     int64_t timeout_us);
    // Waits until everything accepted is answered; then the first error since the last Flush.
    // DEADLINE_EXCEEDED after `timeout_us`.
    Status Flush(int64_t timeout_us);
    PublisherStats stats() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::client
