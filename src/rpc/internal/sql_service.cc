#include "rpc/internal/sql_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <utility>

#include "base/strings.h"
#include "rpc/internal/backup_stream.h"
#include "rpc/internal/changes_stream.h"
#include "rpc/internal/query_stream.h"
#include "rpc/internal/sql_calls.h"
#include "rpc/internal/sql_convert.h"

namespace blasty::rpc {
namespace {

// Ends a streaming call at once.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
  public:
    RefusedStream(grpc::CallbackServerContext& context, const Status& status) {
        Finish(ToGrpc(status, context));
    }
    void OnDone() override { delete this; }
};

template <typename Request>
bool Parse(const grpc::ByteBuffer& wire, Request* request) {
    grpc::ByteBuffer copy(wire);
    return grpc::SerializationTraits<Request>::Deserialize(&copy, request).ok();
}

SqlService::Writer* Malformed(grpc::CallbackServerContext& context, std::string_view type) {
    return new RefusedStream(
        context, MakeError(StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                           StrCat("the request is not a valid blasty.v1.", type,
                                  "; is the client built from api/blasty/v1/sql.proto?")));
}

}  // namespace

SqlService::Writer* SqlService::Query(Context* context, const grpc::ByteBuffer* wire) {
    auto request = std::make_shared<v1::QueryRequest>();
    if (!Parse(*wire, request.get())) return Malformed(*context, "QueryRequest");
    return std::make_shared<QueryStream>(*context, parts_, std::move(request))->Begin();
}

SqlService::Reactor* SqlService::Execute(Context* context, const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) {
    return ExecuteStatement(parts_, context, request, response);
}

SqlService::Reactor* SqlService::Transaction(Context* context, const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) {
    return ExecuteTransaction(parts_, context, request, response);
}

SqlService::Writer* SqlService::Changes(Context* context, const grpc::ByteBuffer* wire) {
    v1::ChangesRequest request;
    if (!Parse(*wire, &request)) return Malformed(*context, "ChangesRequest");
    return std::make_shared<ChangesStream>(*context, parts_, request)->Begin();
}

SqlService::Writer* SqlService::Backup(Context* context, const grpc::ByteBuffer* wire) {
    v1::BackupRequest request;
    if (!Parse(*wire, &request)) return Malformed(*context, "BackupRequest");
    return std::make_shared<BackupStream>(*context, parts_)->Begin();
}

SqlService::Reactor* SqlService::GetSchema(Context* context, const v1::GetSchemaRequest*,
                                           v1::GetSchemaResponse* response) {
    // Read first: what the schema says holds at this sequence, or a later one.
    response->set_sequence(parts_.tables().applied().value());
    ToProto(*parts_.tables().schema(), response);
    Reactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
}

}  // namespace blasty::rpc
