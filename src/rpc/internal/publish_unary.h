// The unary Publish.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>

#include "rpc/internal/shard.h"
#include "topics/topics.h"

namespace blasty::rpc {

// Publishes what `request` holds (a PublishRequest) and finishes the call when it is durable: on
// the commit thread while few calls are under way, which saves a wake-up; else on the shard's
// thread, so that the next commit need not wait for many answers. `under_way` counts the calls; it
// must outlive them.
grpc::ServerUnaryReactor* PublishUnary(topics::Topics& topics, const std::shared_ptr<Shard>& shard,
                                       std::atomic<int>& under_way,
                                       grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request, grpc::ByteBuffer* response);

}  // namespace blasty::rpc
