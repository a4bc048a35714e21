#include "rpc/grpc_status.h"

#include <string>

#include "base/strings.h"

namespace blasty::rpc {
namespace {

// A message travels as an HTTP/2 header, and peers refuse headers above 8 KiB in all.
constexpr size_t kMessageBytesMax = 2048;

}  // namespace

grpc::Status ToGrpc(const Status& status) {
    if (status.ok()) return grpc::Status::OK;
    return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                        Printable(MessageOf(status), kMessageBytesMax));
}

grpc::Status ToGrpc(const Status& status, grpc::CallbackServerContext& context) {
    if (!status.ok()) context.AddTrailingMetadata(kReasonMetadata, ReasonOf(status));
    return ToGrpc(status);
}

Status ServerStopping() {
    return MakeError(StatusCode::kUnavailable, "SERVER_STOPPING",
                     "the server is stopping; connect again in a moment");
}

}  // namespace blasty::rpc
