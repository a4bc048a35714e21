// The one mapper from our errors to gRPC's: equal codes, the message as it is, the reason word in
// the trailing metadata `blasty-reason`, and the place (base/place.h), when there is one, in
// `blasty-place`.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "base/status.h"

namespace blasty::rpc {

inline constexpr char kReasonMetadata[] = "blasty-reason";
inline constexpr char kPlaceMetadata[] = "blasty-place";

// Code and message only.
grpc::Status ToGrpc(const Status& status);
// Also puts the reason word and the place into the call's trailing metadata. Once per call, before
// it finishes.
grpc::Status ToGrpc(const Status& status, grpc::ServerContextBase& context);

// SERVER_STOPPING (UNAVAILABLE).
Status ServerStopping();

}  // namespace blasty::rpc
