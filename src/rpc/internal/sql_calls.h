// The unary calls of the Sql service that run statements.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "rpc/internal/sql_parts.h"

namespace blasty::rpc {

// One statement. Reads run on the pool; writes go to the writer from this thread and are answered
// on its thread: one hand-over each way is what a small statement can afford.
grpc::ServerUnaryReactor* ExecuteStatement(SqlParts& parts, grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response);
// Several statements as one commit.
grpc::ServerUnaryReactor* ExecuteTransaction(SqlParts& parts, grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response);

}  // namespace blasty::rpc
