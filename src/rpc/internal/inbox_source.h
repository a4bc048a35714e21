// Where an inbox stream gets its frames, and what becomes of its acks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "rpc/internal/reader_source.h"
#include "topics/member.h"

namespace blasty::rpc {

// The Ack requests of a stream, answered in order as a running count. Thread-safe.
class AckLedger {
  public:
    // The number of a new Ack request, which names so many sequences.
    uint64_t Open(size_t sequences);
    // Request `number` is durable; `refused` were not in flight.
    void Close(uint64_t number, const Status& status, const std::vector<Sequence>& refused);
    void Refuse(uint64_t sequence);

    struct News {
        uint64_t acked = 0;  // 0: nothing new
        std::vector<uint64_t> not_in_flight;
        Status error;  // once all else was taken: why an ack could not be stored
    };
    News Take();
    // Everything is durable and told.
    bool idle();
    // Enough is waiting: read no more for now.
    bool full();

  private:
    struct Request {
        size_t sequences = 0;
        bool closed = false;
    };
    Mutex mutex_;
    std::deque<Request> requests_ ABSL_GUARDED_BY(mutex_);  // from base_ + 1
    size_t sequences_ ABSL_GUARDED_BY(mutex_) = 0;          // of them
    uint64_t base_ ABSL_GUARDED_BY(mutex_) = 0;             // all up to here are durable
    uint64_t told_ ABSL_GUARDED_BY(mutex_) = 0;
    std::vector<uint64_t> not_in_flight_ ABSL_GUARDED_BY(mutex_);
    Status error_ ABSL_GUARDED_BY(mutex_);
};

class InboxSource {
  public:
    // `wake` when the ledger has news.
    InboxSource(std::unique_ptr<topics::Member> member, std::function<void()> wake)
        : member_(std::move(member)),
          wake_(std::move(wake)),
          ledger_(std::make_shared<AckLedger>()) {}

    // On the shard's thread.
    Result<Frame> Next(const TakeLimits& limits);

    // From the thread that reads requests; never block. Errors end the stream.
    void Ack(std::span<const Sequence> sequences);
    Status Nack(Sequence sequence, int64_t delay_us);
    Status Extend(Sequence sequence);
    AckLedger& ledger() { return *ledger_; }

  private:
    Status Refuse(const Status& status, Sequence sequence);

    std::unique_ptr<topics::Member> member_;
    const std::function<void()> wake_;
    const std::shared_ptr<AckLedger> ledger_;
    std::vector<topics::Delivery> deliveries_;
};

}  // namespace blasty::rpc
