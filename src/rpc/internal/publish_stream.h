// PublishStream: many requests under way at once, answered in order, in ranges.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "blasty/v1/topics.pb.h"
#include "rpc/internal/publish_decoder.h"
#include "rpc/internal/shard.h"
#include "rpc/stream.h"
#include "topics/topics.h"

namespace blasty::rpc {

// Requests are read on gRPC's threads, completed on the commit thread, answered on the shard's:
// while one answer is being written, all that completes joins the next.
class PublishStream final : public Stream<grpc::ByteBuffer, grpc::ByteBuffer>, public ShardItem {
  public:
    PublishStream(grpc::CallbackServerContext& context, StreamSet& set, topics::Topics& topics,
                  std::shared_ptr<Shard> shard)
        : Stream(context, set),
          ShardItem(Turn::kFirst),
          topics_(topics),
          shard_(std::move(shard)) {}

    void OnStop() override;
    void RunOnShard() override;

  private:
    // One request, from its publish to its answer.
    struct Slot {
        size_t bytes = 0;
        bool done = false;
        Status status;
        std::vector<topics::Published> odd;  // results, unless they are one plain run
        Sequence first;                      // the plain run
        uint32_t count = 0;
    };

    void OnRequest(grpc::ByteBuffer& request) override;
    void OnReadsDone() override;
    void OnWritten() override { Wake(); }
    void OnEnd() override {}

    void Wake() { shard_->Schedule(std::static_pointer_cast<PublishStream>(shared_from_this())); }
    void Complete(uint64_t number, const Result<std::span<const topics::Published>>& result);
    // Nothing more is read; the stream ends with `status` once all before is answered.
    void EndAfterAnswers(const Status& status);
    // Takes finished requests off the front; false when there is none.
    bool TakeAnswers(v1::PublishStreamResponse* response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    bool WindowOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    topics::Topics& topics_;
    const std::shared_ptr<Shard> shard_;
    std::string topic_;  // of the request before; read callbacks only

    Mutex mutex_;
    std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
    uint64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the request before slots_.front()
    size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
    bool paused_ ABSL_GUARDED_BY(mutex_) = false;
    bool ending_ ABSL_GUARDED_BY(mutex_) = false;
    Status end_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
