// The service blasty.v1.Live.
#pragma once

#include "blasty/v1/live.grpc.pb.h"
#include "live/live.h"
#include "rpc/internal/generic_calls.h"
#include "rpc/stream_set.h"
#include "rpc/task_group.h"
#include "search/live_searches.h"

namespace blasty::rpc {

// Thread-safe. All arguments must outlive it; `searches` may be null.
class LiveService final : public v1::Live::WithGenericMethod_Subscribe<
                              v1::Live::WithCallbackMethod_Explain<v1::Live::Service>> {
  public:
    LiveService(live::Live& live, search::LiveSearches* searches, TaskGroup& admin,
                StreamSet& streams)
        : live_(live), searches_(searches), admin_(admin), streams_(streams) {}

    using Context = grpc::CallbackServerContext;

    // Subscribe comes this way.
    void ServeCalls(GenericCalls& calls);
    grpc::ServerUnaryReactor* Explain(Context*, const v1::ExplainRequest*,
                                      v1::ExplainResponse*) override;

  private:
    live::Live& live_;
    search::LiveSearches* const searches_;
    TaskGroup& admin_;
    StreamSet& streams_;
};

}  // namespace blasty::rpc
