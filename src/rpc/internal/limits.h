// Bounds of the gRPC edge, with the reason of each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blasty::rpc {

// Unanswered requests of one publish stream: enough for one commit to hold what arrives during the
// one before it. Reading pauses above.
constexpr size_t kPublishRequestsMax = 256;
constexpr size_t kPublishBytesMax = 8 << 20;
constexpr size_t kPublishAnswerRequestsMax = 4096;

// One answer of a consume stream.
constexpr uint32_t kBatchBytesDefault = 256 << 10;
constexpr uint32_t kBatchBytesMax = 4 << 20;
constexpr size_t kBatchMessages = 4096;
// Parts of which one shared answer is put together.
constexpr size_t kFramePartsMax = 64;

// Encoded messages that a shard keeps for the readers of one pattern set, and for all.
constexpr size_t kGroupCacheBytes = 8 << 20;
constexpr size_t kShardCacheBytes = 32 << 20;

// Acks of one stream that are not durable yet; reading pauses above.
constexpr size_t kAcksPendingMax = 1024;
// One Ack request, and those of one stream together (a run of a few bytes names as many): reading
// pauses above.
constexpr size_t kAckSequencesMax = 65'536;
constexpr size_t kNotInFlightMax = 4096;  // waiting to be told to the client

constexpr size_t kListLimitDefault = 1000;
constexpr size_t kListLimitMax = 10'000;

// Proximo clients may send 128 MiB, and the frame around it.
constexpr uint64_t kReceiveBytesMin = (128ull << 20) + (1 << 20);
constexpr uint64_t kReceiveSlackBytes = 1 << 20;

}  // namespace blasty::rpc
