// proximo.MessageSource/Consume: a consumer is a member of an inbox of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/random.h"
#include "compat/internal/turns.h"
#include "proximo/proximo.pb.h"
#include "rpc/stream.h"
#include "topics/topics.h"

namespace blasty::compat {

// The ids of the deliveries of one stream. Not thread-safe.
class DeliveryIds {
  public:
    // A new id, 16 hex digits, for a delivery.
    std::string Add(Sequence sequence);
    // Forgets the id; false when it is unknown or was confirmed before.
    bool Confirm(const std::string& id, Sequence* sequence);
    size_t remembered() const { return order_.size(); }

  private:
    Random random_{RandomSeed()};
    absl::flat_hash_map<uint64_t, Sequence> sequences_;
    std::deque<uint64_t> order_;  // as given out; confirmed ones are still in it
};

// Requests are read on gRPC's threads, messages fetched on the pool and sent one a frame, as the
// protocol has it. Confirmations that arrive while an ack is on its way to the disk join the next.
class ProximoSource final : public rpc::Stream<::proximo::ConsumerRequest, ::proximo::Message> {
  public:
    ProximoSource(grpc::CallbackServerContext& context, rpc::StreamSet& set, topics::Topics& topics,
                  rpc::TaskGroup& pool)
        : Stream(context, set), topics_(topics), pool_(pool), turns_(pool) {}

    void OnStop() override;
    // On the pool: fetches and sends.
    void Turn();

  private:
    void OnRequest(::proximo::ConsumerRequest& request) override;
    void OnReadsDone() override;
    void OnWritten() override;
    void OnEnd() override;

    std::shared_ptr<ProximoSource> Self() {
        return std::static_pointer_cast<ProximoSource>(shared_from_this());
    }
    Status HandleRequest(const ::proximo::ConsumerRequest& request);
    Status Start(const ::proximo::StartConsumeRequest& request);
    void Join(const topics::JoinOptions& options);
    Status Confirm(const std::string& id);
    void SendAcks();
    void OnAcked(const Status& status);
    void SendNext();
    // Ends when nothing is left to be acked.
    void EndWhenDrained();

    topics::Topics& topics_;
    rpc::TaskGroup& pool_;
    Turns turns_;
    bool started_ = false;                   // read callbacks
    std::vector<topics::Delivery> fetched_;  // turns

    Mutex mutex_;
    std::shared_ptr<topics::Member> member_ ABSL_GUARDED_BY(mutex_);
    DeliveryIds ids_ ABSL_GUARDED_BY(mutex_);
    std::deque<::proximo::Message> ready_ ABSL_GUARDED_BY(mutex_);
    std::vector<Sequence> confirmed_ ABSL_GUARDED_BY(mutex_);  // to be acked
    bool acking_ ABSL_GUARDED_BY(mutex_) = false;
    bool paused_ ABSL_GUARDED_BY(mutex_) = false;
    bool draining_ ABSL_GUARDED_BY(mutex_) = false;
    bool done_ ABSL_GUARDED_BY(mutex_) = false;
    Status drained_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::compat
