// Reads topics over one stream: as a plain reader that resumes where it was, or as a member of an
// inbox that acks. Connects again by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "blasty/v1/topics.pb.h"
#include "client/client.h"
#include "client/message.h"
#include "client/next_result.h"

namespace blasty::client {

struct ConsumerOptions {
    std::vector<std::string> topics =
        {};  // names or wildcards; may be empty with an existing inbox
    std::optional<v1::Start> start =
        {};                             // unset: newest for a plain reader, oldest for a new inbox
    std::string inbox = {};             // empty: a plain reader
    v1::InboxConfig inbox_config = {};  // of a new inbox
    // Messages that may come before more are asked for; 0: no limit by count.
    uint32_t credit = 0;
    // Gives credit back as batches are taken. False: `credit` messages come in all.
    bool replenish_credit = true;
    uint32_t batch_bytes_max = 0;       // 0: the server's default
    bool until_caught_up = false;       // plain readers
    size_t buffer_bytes_max = 4 << 20;  // of batches that came in and were not taken
    bool reconnect = true;              // after the first connection worked
    // Called on an internal thread, short: connection lost (why) and back (ok); messages removed by
    // retention before they were read; acks that named nothing in flight.
    std::function<void(const Status&)> on_connection = {};
    std::function<void(uint64_t resumed_at)> on_gone = {};
    std::function<void(std::span<const uint64_t>)> on_not_in_flight = {};
};

// Messages that came together. The views live as long as it (or a copy) does.
struct ConsumedBatch {
    std::vector<InMessage> messages;
    // Plain readers: everything before it was handed out; Start::sequence of a later reader.
    uint64_t position = 0;
    std::shared_ptr<const void> bytes;
};

// Thread-safe, but one thread at a time calls Next.
class Consumer {
  public:
    Consumer(Client& client, ConsumerOptions options);
    // Leaves the inbox: what is not acked goes to other members.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // Waits for messages. kEnd: caught up (until_caught_up). An error ended the consumer; CANCELLED
    // after Cancel.
    Result<NextResult> Next(ConsumedBatch* batch, int64_t timeout_us);
    // Makes Next return CANCELLED, now and later. Async-signal-unsafe.
    void Cancel();

    // Members. Queues and returns; a message acked while the connection is lost is acked when it
    // comes again and is not handed out.
    void Ack(std::span<const uint64_t> sequences);
    void Nack(uint64_t sequence, int64_t delay_us);
    void Extend(uint64_t sequence);
    // Waits until every ack is confirmed durable. ACK_UNCERTAIN (UNAVAILABLE) when the connection
    // was lost before some were: they are acked again if their messages come again.
    // DEADLINE_EXCEEDED, or the error that ended the consumer.
    Status FlushAcks(int64_t timeout_us);

    // Of a plain reader: the resume token of what was handed out; 0 while nothing is known.
    uint64_t position() const;
    bool inbox_created() const;
    // Waits until the server said that reading has begun.
    Status WaitStarted(int64_t timeout_us);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::client
