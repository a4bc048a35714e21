// Headers of segments and frames as bytes, and the names of files: docs/formats/log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty::log::internal {

constexpr size_t kSegmentHeaderBytes = 4096;
constexpr size_t kFrameHeaderBytes = 40;
constexpr uint32_t kFrameMagic = 0x304d5246;  // "FRM0"
constexpr uint64_t kFormatVersion = 1;
constexpr uint64_t kNoLimit = UINT64_MAX;

struct SegmentHeader {
    uint64_t salt = 0;
    uint64_t first = 0;           // sequence of its first record
    uint64_t previous_first = 0;  // of the segment before; 0 for the first one ever
    uint32_t previous_crc = 0;    // of the last frame with records before this segment
    int64_t base_time_us = 0;     // commit time of that frame
    bool rewritten = false;
    uint32_t end_crc = 0;  // rewritten: the CRC which the next segment's previous_crc repeats
    uint64_t end = 0;      // rewritten: bytes used
};

std::string EncodeSegmentHeader(const SegmentHeader& header);
// `bytes` as read from offset 0. LOG_DAMAGED, LOG_VERSION_UNKNOWN; `path` is for the message.
Result<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, const std::string& path);

// count 0 is a mark: everything before it was synced.
struct FrameHeader {
    uint32_t length = 0;  // of the records
    uint64_t first = 0;
    int64_t time_us = 0;
    uint32_t count = 0;
    uint32_t previous_crc = 0;  // of the frame with records before
    uint32_t crc = 0;
};

// On disk: header, records and zeros up to a multiple of 8.
constexpr uint64_t FrameBytes(uint64_t length) { return (kFrameHeaderBytes + length + 7) / 8 * 8; }

// Replaces `out` by the whole frame as it stands at `offset` of a segment with `salt`. Sets
// header.crc and header.length.
void EncodeFrame(FrameHeader& header, std::string_view records, uint64_t salt, uint64_t offset,
                 std::string& out);
// False when `bytes` (at least kFrameHeaderBytes) is no header written at this place.
bool DecodeFrameHeader(std::string_view bytes, uint64_t salt, uint64_t offset, FrameHeader* header);
// Whether `frame` (FrameBytes(header.length) bytes) is whole.
bool FrameIsWhole(const FrameHeader& header, std::string_view frame, uint64_t salt,
                  uint64_t offset);

std::string SegmentName(uint64_t first);
std::string IndexName(uint64_t first);
// The sequence in "%020llu" + suffix.
std::optional<uint64_t> ParseName(std::string_view name, std::string_view suffix);

Status Damaged(const std::string& path, uint64_t offset, std::string_view what);
bool AllZero(std::string_view bytes);

}  // namespace blasty::log::internal
