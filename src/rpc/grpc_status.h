// The one mapper from our errors to gRPC's: equal codes, the message as it is, and the reason word
// in the trailing metadata `blasty-reason`.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "base/status.h"

namespace blasty::rpc {

inline constexpr char kReasonMetadata[] = "blasty-reason";

// Code and message only.
grpc::Status ToGrpc(const Status& status);
// Also puts the reason word into the call's trailing metadata. Once per call, before it finishes.
grpc::Status ToGrpc(const Status& status, grpc::CallbackServerContext& context);

// SERVER_STOPPING (UNAVAILABLE).
Status ServerStopping();

}  // namespace blasty::rpc
