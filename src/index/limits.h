// Bounds of an index, in one place, with their reasons.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blasty::index {

// A doc number is 32 bits and the last one means "no more"; merges stop well before.
inline constexpr uint32_t kDocsPerSegmentMax = 1u << 30;
// Tokens of one segment: offsets of positions within one list stay below 32 bits.
inline constexpr uint64_t kTokensPerSegmentMax = 1ull << 31;
// Longer terms are cut by whoever makes documents; a longer one in a file is damage.
inline constexpr size_t kTermBytesMax = 32 * 1024;
inline constexpr size_t kKeyBytesMax = 64 * 1024;
inline constexpr size_t kFieldsMax = 1000;
// Positions of one document in one field; the rest of a longer text is not searchable.
inline constexpr uint32_t kTokensPerFieldMax = 1'000'000;
// Hits of one search, from the first: more are gone through with SearchRequest::after.
inline constexpr size_t kHitsMax = 100'000;
// A histogram that would have more is refused.
inline constexpr size_t kHistogramBucketsMax = 100'000;

}  // namespace blasty::index
