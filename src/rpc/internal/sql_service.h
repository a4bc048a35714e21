// The service blasty.v1.Sql.
#pragma once

#include "blasty/v1/sql.grpc.pb.h"
#include "rpc/internal/sql_parts.h"
#include "rpc/task_group.h"

namespace blasty::rpc {

// Rows are written as bytes, without protobuf objects in between.
template <typename Base>
using RawSqlMethods = v1::Sql::WithRawCallbackMethod_Query<
    v1::Sql::WithRawCallbackMethod_Execute<v1::Sql::WithRawCallbackMethod_Transaction<
        v1::Sql::WithRawCallbackMethod_Changes<v1::Sql::WithRawCallbackMethod_Backup<Base>>>>>;

// Thread-safe. All arguments must outlive it.
class SqlService final
    : public RawSqlMethods<v1::Sql::WithCallbackMethod_GetSchema<v1::Sql::Service>> {
  public:
    explicit SqlService(SqlParts& parts) : parts_(parts) {}

    using Context = grpc::CallbackServerContext;
    using Reactor = grpc::ServerUnaryReactor;
    using Writer = grpc::ServerWriteReactor<grpc::ByteBuffer>;

    Writer* Query(Context*, const grpc::ByteBuffer*) override;
    Reactor* Execute(Context*, const grpc::ByteBuffer*, grpc::ByteBuffer*) override;
    Reactor* Transaction(Context*, const grpc::ByteBuffer*, grpc::ByteBuffer*) override;
    Writer* Changes(Context*, const grpc::ByteBuffer*) override;
    Writer* Backup(Context*, const grpc::ByteBuffer*) override;
    Reactor* GetSchema(Context*, const v1::GetSchemaRequest*, v1::GetSchemaResponse*) override;

  private:
    SqlParts& parts_;
};

}  // namespace blasty::rpc
