#include "rpc/internal/live_service.h"

#include <memory>

#include "rpc/internal/live_stream.h"
#include "rpc/internal/live_wire.h"
#include "rpc/internal/sql_convert.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* LiveService::Subscribe(
    Context* context) {
    const size_t next = next_shard_.fetch_add(1, std::memory_order_relaxed);
    return std::make_shared<LiveStream>(*context, streams_, live_,
                                        shards_[next % shards_.size()]->shard)
        ->Begin();
}

grpc::ServerUnaryReactor* LiveService::Explain(Context* context, const v1::ExplainRequest* request,
                                               v1::ExplainResponse* response) {
    return RunBlocking(admin_, context, [this, request, response]() -> Status {
        BLASTY_ASSIGN_OR_RETURN(const auto query, FromProto(request->query()));
        BLASTY_ASSIGN_OR_RETURN(const auto explanation, live_.Explain(query));
        ToProto(explanation, response);
        return OkStatus();
    });
}

}  // namespace blasty::rpc
