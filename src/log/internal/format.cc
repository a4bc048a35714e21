#include "log/internal/format.h"

#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/strings.h"

namespace blasty::log::internal {
namespace {

constexpr std::string_view kSegmentMagic = "BLASTLOG";
constexpr uint32_t kRewritten = 1;
constexpr size_t kCoveredByFrameCrc = 32;
constexpr size_t kCoveredByHeaderCrc = 36;

uint32_t PlaceCrc(uint64_t salt, uint64_t offset) {
    char place[16];
    std::memcpy(place, &salt, 8);
    std::memcpy(place + 8, &offset, 8);
    return Crc32c(std::string_view(place, sizeof(place)));
}

std::string NumberedName(uint64_t first, std::string_view suffix) {
    std::string digits = StrCat(first);
    return StrCat(std::string(20 - digits.size(), '0'), digits, suffix);
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
    std::string out(kSegmentMagic);
    PutFixed<uint32_t>(out, kFormatVersion);
    PutFixed<uint32_t>(out, header.rewritten ? kRewritten : 0);
    PutFixed<uint64_t>(out, header.salt);
    PutFixed<uint64_t>(out, header.first);
    PutFixed<uint64_t>(out, header.previous_first);
    PutFixed<uint32_t>(out, header.previous_crc);
    PutFixed<uint32_t>(out, header.end_crc);
    PutFixed<uint64_t>(out, header.end);
    PutFixed<int64_t>(out, header.base_time_us);
    out.resize(kSegmentHeaderBytes - 4);
    PutFixed<uint32_t>(out, Crc32c(out));
    return out;
}

Result<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, const std::string& path) {
    if (bytes.size() < kSegmentHeaderBytes)
        return Damaged(path, bytes.size(), "the file is shorter than its header");
    bytes = bytes.substr(0, kSegmentHeaderBytes);
    if (!bytes.starts_with(kSegmentMagic))
        return Damaged(path, 0, "the file does not begin as a segment");
    const uint32_t crc = GetFixed<uint32_t>(bytes.data() + kSegmentHeaderBytes - 4);
    if (Crc32c(bytes.substr(0, kSegmentHeaderBytes - 4)) != crc)
        return Damaged(path, 0, "the checksum of the header is wrong");
    ByteReader reader(bytes.substr(kSegmentMagic.size()));
    const uint32_t version = reader.Fixed<uint32_t>();
    if (version != kFormatVersion)
        return MakeError(StatusCode::kFailedPrecondition, "LOG_VERSION_UNKNOWN",
                         StrCat("'", path, "' has format ", version, ", this program knows ",
                                kFormatVersion, "; use the version that wrote it"));
    SegmentHeader header;
    header.rewritten = (reader.Fixed<uint32_t>() & kRewritten) != 0;
    header.salt = reader.Fixed<uint64_t>();
    header.first = reader.Fixed<uint64_t>();
    header.previous_first = reader.Fixed<uint64_t>();
    header.previous_crc = reader.Fixed<uint32_t>();
    header.end_crc = reader.Fixed<uint32_t>();
    header.end = reader.Fixed<uint64_t>();
    header.base_time_us = reader.Fixed<int64_t>();
    return header;
}

void EncodeFrame(FrameHeader& header, std::string_view records, uint64_t salt, uint64_t offset,
                 std::string& out) {
    header.length = static_cast<uint32_t>(records.size());
    out.clear();
    out.reserve(FrameBytes(records.size()));
    PutFixed<uint32_t>(out, kFrameMagic);
    PutFixed<uint32_t>(out, header.length);
    PutFixed<uint64_t>(out, header.first);
    PutFixed<int64_t>(out, header.time_us);
    PutFixed<uint32_t>(out, header.count);
    PutFixed<uint32_t>(out, header.previous_crc);
    const uint32_t before_records = ExtendCrc32c(PlaceCrc(salt, offset), out);
    header.crc = ExtendCrc32c(before_records, records);
    PutFixed<uint32_t>(out, header.crc);
    PutFixed<uint32_t>(
        out, ExtendCrc32c(before_records, std::string_view(out).substr(kCoveredByFrameCrc, 4)));
    out.append(records);
    out.resize(FrameBytes(records.size()));
}

bool DecodeFrameHeader(std::string_view bytes, uint64_t salt, uint64_t offset,
                       FrameHeader* header) {
    const char* p = bytes.data();
    if (GetFixed<uint32_t>(p) != kFrameMagic) return false;
    const uint32_t header_crc = GetFixed<uint32_t>(p + kCoveredByHeaderCrc);
    if (ExtendCrc32c(PlaceCrc(salt, offset), bytes.substr(0, kCoveredByHeaderCrc)) != header_crc)
        return false;
    header->length = GetFixed<uint32_t>(p + 4);
    header->first = GetFixed<uint64_t>(p + 8);
    header->time_us = GetFixed<int64_t>(p + 16);
    header->count = GetFixed<uint32_t>(p + 24);
    header->previous_crc = GetFixed<uint32_t>(p + 28);
    header->crc = GetFixed<uint32_t>(p + 32);
    return true;
}

bool FrameIsWhole(const FrameHeader& header, std::string_view frame, uint64_t salt,
                  uint64_t offset) {
    const uint32_t crc = ExtendCrc32c(PlaceCrc(salt, offset), frame.substr(0, kCoveredByFrameCrc));
    if (ExtendCrc32c(crc, frame.substr(kFrameHeaderBytes, header.length)) != header.crc)
        return false;
    return AllZero(frame.substr(kFrameHeaderBytes + header.length));
}

std::string SegmentName(uint64_t first) { return NumberedName(first, ".seg"); }
std::string IndexName(uint64_t first) { return NumberedName(first, ".idx"); }

std::optional<uint64_t> ParseName(std::string_view name, std::string_view suffix) {
    if (name.size() != 20 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    uint64_t first = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + 20, first);
    if (error != std::errc() || end != name.data() + 20) return std::nullopt;
    return first;
}

Status Damaged(const std::string& path, uint64_t offset, std::string_view what) {
    return MakeError(StatusCode::kDataLoss, "LOG_DAMAGED",
                     StrCat("'", path, "' is damaged at offset ", offset, ": ", what,
                            "; nothing was changed, restore the file from a backup"));
}

bool AllZero(std::string_view bytes) {
    while (bytes.size() >= 8) {
        if (GetFixed<uint64_t>(bytes.data()) != 0) return false;
        bytes.remove_prefix(8);
    }
    for (const char c : bytes)
        if (c != 0) return false;
    return true;
}

}  // namespace blasty::log::internal
