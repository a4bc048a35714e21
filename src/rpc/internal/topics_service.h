// The service blasty.v1.Topics.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "blasty/v1/topics.grpc.pb.h"
#include "rpc/internal/consume_stream.h"
#include "rpc/stream_set.h"
#include "rpc/task_group.h"
#include "topics/topics.h"

namespace blasty::rpc {

using Shards = std::vector<std::unique_ptr<SendShard>>;

// Publish and the streams take their requests as raw bytes, so that messages are neither built as
// protobuf objects nor encoded more than once.
template <typename Base>
using RawMethods =
    v1::Topics::WithRawCallbackMethod_Publish<v1::Topics::WithRawCallbackMethod_PublishStream<
        v1::Topics::WithRawCallbackMethod_Consume<Base>>>;
template <typename Base>
using TopicMethods = v1::Topics::WithCallbackMethod_CreateTopic<
    v1::Topics::WithCallbackMethod_UpdateTopic<v1::Topics::WithCallbackMethod_DeleteTopic<
        v1::Topics::WithCallbackMethod_GetTopic<v1::Topics::WithCallbackMethod_ListTopics<Base>>>>>;
template <typename Base>
using InboxMethods = v1::Topics::WithCallbackMethod_CreateInbox<
    v1::Topics::WithCallbackMethod_UpdateInbox<v1::Topics::WithCallbackMethod_DeleteInbox<
        v1::Topics::WithCallbackMethod_ResetInbox<v1::Topics::WithCallbackMethod_GetInbox<
            v1::Topics::WithCallbackMethod_ListInboxes<Base>>>>>>;

// Thread-safe. All arguments must outlive it.
class TopicsService final : public RawMethods<TopicMethods<InboxMethods<v1::Topics::Service>>> {
  public:
    TopicsService(topics::Topics& topics, TaskGroup& admin, StreamSet& streams, Shards& shards)
        : topics_(topics), admin_(admin), streams_(streams), shards_(shards) {}

    using Context = grpc::CallbackServerContext;
    using Reactor = grpc::ServerUnaryReactor;
    using RawStream = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

    Reactor* Publish(Context*, const grpc::ByteBuffer*, grpc::ByteBuffer*) override;
    RawStream* PublishStream(Context*) override;
    RawStream* Consume(Context*) override;

    Reactor* CreateTopic(Context*, const v1::CreateTopicRequest*, v1::Topic*) override;
    Reactor* UpdateTopic(Context*, const v1::UpdateTopicRequest*, v1::Topic*) override;
    Reactor* DeleteTopic(Context*, const v1::DeleteTopicRequest*,
                         v1::DeleteTopicResponse*) override;
    Reactor* GetTopic(Context*, const v1::GetTopicRequest*, v1::Topic*) override;
    Reactor* ListTopics(Context*, const v1::ListTopicsRequest*, v1::ListTopicsResponse*) override;

    Reactor* CreateInbox(Context*, const v1::CreateInboxRequest*, v1::Inbox*) override;
    Reactor* UpdateInbox(Context*, const v1::UpdateInboxRequest*, v1::Inbox*) override;
    Reactor* DeleteInbox(Context*, const v1::DeleteInboxRequest*,
                         v1::DeleteInboxResponse*) override;
    Reactor* ResetInbox(Context*, const v1::ResetInboxRequest*, v1::Inbox*) override;
    Reactor* GetInbox(Context*, const v1::GetInboxRequest*, v1::Inbox*) override;
    Reactor* ListInboxes(Context*, const v1::ListInboxesRequest*,
                         v1::ListInboxesResponse*) override;

  private:
    SendShard& NextShard() {
        return *shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
    }

    topics::Topics& topics_;
    TaskGroup& admin_;
    StreamSet& streams_;
    Shards& shards_;
    std::atomic<uint32_t> next_shard_{0};
    std::atomic<int> publishes_{0};  // unary ones under way
};

}  // namespace blasty::rpc
