// The service blasty.v1.Live.
#pragma once

#include <atomic>
#include <cstdint>

#include "blasty/v1/live.grpc.pb.h"
#include "live/live.h"
#include "rpc/internal/topics_service.h"
#include "rpc/stream_set.h"
#include "rpc/task_group.h"

namespace blasty::rpc {

// Thread-safe. All arguments must outlive it.
class LiveService final : public v1::Live::WithRawCallbackMethod_Subscribe<
                              v1::Live::WithCallbackMethod_Explain<v1::Live::Service>> {
  public:
    LiveService(live::Live& live, TaskGroup& admin, StreamSet& streams, Shards& shards)
        : live_(live), admin_(admin), streams_(streams), shards_(shards) {}

    using Context = grpc::CallbackServerContext;

    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(Context*) override;
    grpc::ServerUnaryReactor* Explain(Context*, const v1::ExplainRequest*,
                                      v1::ExplainResponse*) override;

  private:
    live::Live& live_;
    TaskGroup& admin_;
    StreamSet& streams_;
    Shards& shards_;
    std::atomic<uint32_t> next_shard_{0};
};

}  // namespace blasty::rpc
