// Bounds of topics and inboxes, with the reason of each. Everything outside them is refused with an
// error that names the bound (LIMIT words in api/errors.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace blasty::topics {

constexpr size_t kNameBytesMax =
    200;  // fits a file name with an ending, and one line of a terminal
constexpr size_t kNameTokensMax = 16;      // `a.b.c` has three; bounds wildcard matching
constexpr size_t kKeyBytesMax = 64 << 10;  // a key is compared and held for each message in flight
constexpr size_t kIdBytesMax = 256;        // held in memory for the whole deduplication window
constexpr size_t kHeadersMax = 64;
constexpr size_t kHeaderBytesMax =
    64 << 10;  // names and values together; dead letters may exceed it by their own headers
constexpr uint64_t kMessageBytesDefault = 8ull << 20;
constexpr uint64_t kMessageBytesMax = 128ull << 20;
constexpr size_t kBatchMessagesMax = 65'536;  // one publish
constexpr size_t kTopicsMax = 1'000'000;
constexpr size_t kInboxesMax = 10'000'000;
constexpr int kPatternsMax = 64;                 // of one reader or inbox
constexpr int64_t kDedupWindowUs = 120'000'000;  // two minutes, the window JetStream users know
constexpr size_t kDedupIdsMax = 1'000'000;  // oldest are forgotten first when a window holds more
constexpr int64_t kAckWaitDefaultUs = 30'000'000;
constexpr int64_t kAckWaitMaxUs = 30ll * 24 * 3600 * 1'000'000;  // keeps sums of times in range
constexpr int64_t kNackDelayMaxUs = kAckWaitMaxUs;               // longer delays are cut to it
constexpr uint32_t kMaxInFlightDefault = 4096;                   // per inbox
constexpr uint32_t kMaxInFlightMax = 1'000'000;
constexpr uint32_t kMaxDeliveriesDefault = 0;  // 0: no dead letters, redelivered until acked

}  // namespace blasty::topics
