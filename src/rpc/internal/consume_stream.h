// Consume: replays and follows topics as a plain reader, or as a member of an inbox.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>

#include "base/mutex.h"
#include "blasty/v1/topics.pb.h"
#include "rpc/internal/inbox_source.h"
#include "rpc/internal/reader_source.h"
#include "rpc/internal/shard.h"
#include "rpc/stream.h"
#include "rpc/task_group.h"
#include "topics/topics.h"

namespace blasty::rpc {

// What the streams of a shard share; outlives them.
struct SendShard {
    explicit SendShard(topics::Topics& topics, const std::string& name)
        : shard(std::make_shared<Shard>(name)), fan_out(topics) {}
    std::shared_ptr<Shard> shard;
    FanOut fan_out;
};

// Requests are read on gRPC's threads, the source is opened on the admin executor, everything is
// sent from the shard's thread. At most one answer is in flight, and nothing is read ahead of it: a
// client that does not read costs one frame.
class ConsumeStream final : public Stream<grpc::ByteBuffer, grpc::ByteBuffer>, public ShardItem {
  public:
    ConsumeStream(grpc::CallbackServerContext& context, StreamSet& set, topics::Topics& topics,
                  TaskGroup& admin, SendShard& shard)
        : Stream(context, set), topics_(topics), admin_(admin), shard_(shard) {}

    void OnStop() override;
    void RunOnShard() override;

  private:
    void OnRequest(grpc::ByteBuffer& wire) override;
    void OnReadsDone() override;
    void OnWritten() override { Wake(); }
    void OnEnd() override;

    std::shared_ptr<ConsumeStream> Self() {
        return std::static_pointer_cast<ConsumeStream>(shared_from_this());
    }
    void Wake() { shard_.shard->Schedule(Self()); }
    std::function<void()> WakeLater();

    Status HandleRequest(const v1::ConsumeRequest& request);
    Status HandleAck(const v1::Ack& ack);
    Status HandleStart(const v1::ConsumeStart& start);
    // On the admin executor.
    Status OpenReader(const v1::ConsumeStart& start);
    Status JoinInbox(const v1::ConsumeStart& start);
    void Opened(const Status& status);

    // On the shard's thread. True when it sent or ended, and the next turn comes by itself.
    bool SendNews();
    void SendBatch();
    void ResumeReading();
    void EndInbox();

    topics::Topics& topics_;
    TaskGroup& admin_;
    SendShard& shard_;
    std::atomic<bool> done_{false};  // gRPC is done: release what the source holds

    // Set by the opener before opened_, then read only.
    std::unique_ptr<ReaderSource> reader_;  // used on the shard's thread
    std::unique_ptr<InboxSource> inbox_;
    bool inbox_created_ = false;
    uint32_t batch_bytes_ = 0;
    bool unlimited_ = false;

    bool told_started_ = false;  // shard's thread
    bool batch_turn_ = false;    // shard's thread: news and batches take turns
    bool start_seen_ = false;    // read callbacks

    Mutex mutex_;
    bool opened_ ABSL_GUARDED_BY(mutex_) = false;
    bool paused_ ABSL_GUARDED_BY(mutex_) = false;  // reading waits for acks
    bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    uint64_t credit_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::rpc
