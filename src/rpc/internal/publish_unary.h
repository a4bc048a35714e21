// The unary Publish.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "rpc/internal/shard.h"
#include "topics/topics.h"

namespace blasty::rpc {

// Publishes what `request` holds (a PublishRequest) and finishes the call when it is durable, on
// the shard's thread: the commit thread has better things to do.
grpc::ServerUnaryReactor* PublishUnary(topics::Topics& topics, const std::shared_ptr<Shard>& shard,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request, grpc::ByteBuffer* response);

}  // namespace blasty::rpc
