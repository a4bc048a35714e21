#include "rpc/internal/publish_unary.h"

#include <atomic>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "rpc/grpc_status.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/publish_decoder.h"

namespace blasty::rpc {
namespace {

// PublishResponse in wire form: packed sequences, packed indexes of duplicates.
grpc::ByteBuffer EncodeResponse(std::span<const topics::Published> published) {
    std::string sequences, duplicates, out;
    for (size_t i = 0; i < published.size(); ++i) {
        PutVarint(sequences, published[i].sequence.value());
        if (published[i].duplicate) PutVarint(duplicates, i);
    }
    out.push_back(1 << 3 | 2);
    PutSized(out, sequences);
    if (!duplicates.empty()) {
        out.push_back(2 << 3 | 2);
        PutSized(out, duplicates);
    }
    const grpc::Slice slice(out);
    return grpc::ByteBuffer(&slice, 1);
}

// Holds itself until gRPC is done with it.
class PublishCall : public grpc::ServerUnaryReactor, public ShardItem {
  public:
    PublishCall(std::shared_ptr<Shard> shard, std::atomic<int>& under_way,
                grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
        : ShardItem(Turn::kFirst),
          shard_(std::move(shard)),
          under_way_(under_way),
          context_(context),
          response_(response) {
        under_way_.fetch_add(1, std::memory_order_relaxed);
    }
    ~PublishCall() override { under_way_.fetch_sub(1, std::memory_order_relaxed); }

    static grpc::ServerUnaryReactor* Begin(std::shared_ptr<PublishCall> call,
                                           topics::Topics& topics,
                                           const grpc::ByteBuffer* request) {
        PublishCall* raw = call.get();
        raw->self_ = std::move(call);
        thread_local PublishDecoder decoder;
        grpc::ByteBuffer wire(*request);
        const Status decoded = decoder.Decode(wire);
        if (!decoded.ok()) {
            raw->Finish(ToGrpc(decoded, *raw->context_));
        } else {
            topics.Publish(decoder.topic(), decoder.messages(),
                           [raw](Result<std::span<const topics::Published>> result) {
                               raw->OnPublished(result);
                           });
        }
        decoder.Clear();
        return raw;
    }

    void RunOnShard() override { Finish(ToGrpc(status_, *context_)); }
    void OnDone() override { const std::shared_ptr<PublishCall> last = std::move(self_); }

  private:
    void OnPublished(const Result<std::span<const topics::Published>>& result) {
        status_ = result.status();
        if (result.ok()) *response_ = EncodeResponse(*result);
        if (under_way_.load(std::memory_order_relaxed) <= kFinishAtOnceMax) return RunOnShard();
        shard_->Schedule(self_);
    }

    std::shared_ptr<Shard> shard_;
    std::atomic<int>& under_way_;
    grpc::CallbackServerContext* context_;
    grpc::ByteBuffer* response_;
    Status status_;
    std::shared_ptr<PublishCall> self_;
};

}  // namespace

grpc::ServerUnaryReactor* PublishUnary(topics::Topics& topics, const std::shared_ptr<Shard>& shard,
                                       std::atomic<int>& under_way,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) {
    return PublishCall::Begin(std::make_shared<PublishCall>(shard, under_way, context, response),
                              topics, request);
}

}  // namespace blasty::rpc
