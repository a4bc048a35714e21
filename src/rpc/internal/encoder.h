// Writes the answers of a consume stream in wire form straight from stored messages. Field numbers
// are those of api/blasty/v1/topics.proto; rpc_test reads the result with the generated parser.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "topics/message.h"

namespace blasty::rpc {

// Appends one element of Batch.messages; `attempt` 0 is left out. LOG_DAMAGED when the stored
// headers cannot be read.
Status AppendDelivered(const topics::Message& message, uint32_t attempt, std::string* out);

// ConsumeResponse{batch: parts (of AppendDelivered, one after another) and position}; position 0 is
// left out.
grpc::ByteBuffer BatchFrame(const std::vector<grpc::Slice>& parts, uint64_t position);

grpc::ByteBuffer StartedFrame(uint64_t position, bool inbox_created);
grpc::ByteBuffer AckedFrame(uint64_t ack_requests);
grpc::ByteBuffer NotInFlightFrame(const std::vector<uint64_t>& sequences);
grpc::ByteBuffer GoneFrame(uint64_t resumed_at);

// Takes over the bytes of a string without copying them.
grpc::Slice SliceOf(std::string bytes);

}  // namespace blasty::rpc
