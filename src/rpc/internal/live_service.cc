#include "rpc/internal/live_service.h"

#include <memory>
#include <utility>

#include "rpc/internal/live_stream.h"
#include "rpc/internal/live_wire.h"
#include "rpc/internal/sql_convert.h"
#include "rpc/internal/unary_call.h"

namespace blasty::rpc {

void LiveService::ServeCalls(GenericCalls& calls) {
    calls.Serve("/blasty.v1.Live/Subscribe", [this](std::unique_ptr<GenericCall> call) {
        std::make_shared<LiveStream>(std::move(call), streams_, live_, searches_)->Begin();
    });
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
