#include "rpc/grpc_status.h"

#include <string>

#include "base/place.h"
#include "base/strings.h"

namespace blasty::rpc {
namespace {

// A message travels as an HTTP/2 header, and peers refuse headers above 8 KiB in all.
constexpr size_t kMessageBytesMax = 2048;
constexpr size_t kPlaceBytesMax = 200;

// gRPC refuses calls whose metadata hold other bytes than printable ASCII.
std::string PlaceForWire(const Status& status) {
    std::string place = PlaceOf(status).substr(0, kPlaceBytesMax);
    for (char& c : place) {
        if (c < ' ' || c > '~') c = '?';
    }
    return place;
}

}  // namespace

grpc::Status ToGrpc(const Status& status) {
    if (status.ok()) return grpc::Status::OK;
    return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                        Printable(MessageOf(status), kMessageBytesMax));
}

grpc::Status ToGrpc(const Status& status, grpc::ServerContextBase& context) {
    if (status.ok()) return grpc::Status::OK;
    context.AddTrailingMetadata(kReasonMetadata, ReasonOf(status));
    const std::string place = PlaceForWire(status);
    if (!place.empty()) context.AddTrailingMetadata(kPlaceMetadata, place);
    return ToGrpc(status);
}

Status ServerStopping() {
    return MakeError(StatusCode::kUnavailable, "SERVER_STOPPING",
                     "the server is stopping; connect again in a moment");
}

}  // namespace blasty::rpc
