// Sizes, durations and times as people write and read them: "64MiB", "30s", "2026-01-02T03:04:05Z".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty::server {

// "1024", "64KiB", "8MB", "1.5GiB", "2 G". K, M, G, T with "iB" or alone count in 1024, with "B" in
// 1000. INVALID_SIZE (INVALID_ARGUMENT).
Result<uint64_t> ParseSize(std::string_view text);
// "250ms", "30s", "5m", "2h", "7d", "1w", joined as in "1h30m", in microseconds. A number without a
// unit is refused, except 0. INVALID_DURATION (INVALID_ARGUMENT).
Result<int64_t> ParseDuration(std::string_view text);
// "2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.25" (UTC unless an offset like +02:00
// follows), "@1700000000" (seconds since 1970), or a duration before now: "-15m". Microseconds
// since 1970 UTC. INVALID_TIME (INVALID_ARGUMENT).
Result<int64_t> ParseTime(std::string_view text, int64_t now_us);

// "512 B", "1.5 KiB", "64 MiB": three digits or so.
std::string FormatBytes(uint64_t bytes);
// "250 ms", "30 s", "1 h 30 min", "7 d": the two largest units.
std::string FormatDuration(int64_t us);
// "2026-01-02T03:04:05.678901Z".
std::string FormatTime(int64_t us);
// "1,234,567".
std::string FormatCount(uint64_t count);
// "1 message", "1,234 messages". `many` is for words that take more than an s.
std::string Counted(uint64_t count, std::string_view one, std::string_view many = {});

}  // namespace blasty::server
