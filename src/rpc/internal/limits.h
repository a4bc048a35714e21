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
// Unary publishes under way up to which the commit thread itself finishes them: an answer costs it
// some 10 us, a wake-up of another thread costs the caller more.
constexpr int kFinishAtOnceMax = 4;

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

// Answers of Sql.Execute; larger ones come in parts, by Sql.Query.
constexpr size_t kExecuteRowsMax = 1000;
constexpr size_t kExecuteBytesMax = 1 << 20;
// One answer of Sql.Query and Sql.Changes.
constexpr uint32_t kQueryRowsDefault = 1000;
constexpr uint32_t kQueryRowsMax = 100'000;
constexpr size_t kQueryBytes = 256 << 10;
// Read ahead for a client that is slower than the query: when this much waits, the query waits.
constexpr size_t kQueryAheadBytes = 4 << 20;
// Statements that wait for a thread: OVERLOADED above.
constexpr size_t kStatementsWaitingMax = 10'000;
// A transaction's answer must fit one message of common clients' limits.
constexpr size_t kTransactionBytesMax = 3 << 20;
constexpr int kTransactionStatementsMax = 10'000;
constexpr size_t kRequestIdBytesMax = 256;
// Open Sql.Changes calls. Those that follow are woken by commits, not more often than this.
constexpr size_t kChangesCallsMax = 256;
constexpr int64_t kChangesGatherUs = 1'000;
constexpr size_t kBackupPartBytes = 1 << 20;  // the largest part of Sql.Backup

// One answer of Live.Subscribe; a commit of one subscription that is larger comes in several.
constexpr size_t kLiveAnswerBytesMax = 4 << 20;
// What a stream takes from its session at once.
constexpr size_t kLiveFetchBytes = 256 << 10;
// Encoded events at least this long are sent from where they are, shorter ones copied.
constexpr size_t kLiveShareBytes = 4 << 10;

// A search that waits for its index gives its thread to the next one after so long.
constexpr int64_t kSearchTurnUs = 20'000;
constexpr int64_t kSearchTimeoutMaxUs = 60'000'000;
// Of one search; each bounds memory and the size of its answer.
constexpr size_t kSearchHitsMax = 10'000;
constexpr size_t kSearchFacetsMax = 64;
constexpr size_t kSearchBucketsMax = 10'000;
constexpr size_t kSearchRangesMax = 256;
constexpr size_t kSearchChosenMax = 1000;
constexpr size_t kSearchFragmentsMax = 16;
constexpr size_t kSearchFieldsMax = 256;
constexpr size_t kSearchSortKeysMax = 16;
// Search.Analyze, a tool to try analyzers with.
constexpr size_t kAnalyzeBytesMax = 1 << 20;
constexpr int kAnalyzeTokensMax = 100'000;

// Open grpc.health.v1.Health/Watch calls: each is told of every change, on one thread.
constexpr size_t kHealthWatchesMax = 1024;

// Proximo clients may send 128 MiB, and the frame around it.
constexpr uint64_t kReceiveBytesMin = (128ull << 20) + (1 << 20);
constexpr uint64_t kReceiveSlackBytes = 1 << 20;

}  // namespace blasty::rpc
