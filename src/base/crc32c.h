// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected), as in RFC 3720 appendix B.4. Uses the
// processor's instruction where there is one (SSE4.2, ARMv8), else a table.
#pragma once

#include <cstdint>
#include <string_view>

namespace blasty {

// The checksum of the bytes already summed into `crc` followed by `data`. Start with 0.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view data);

inline uint32_t Crc32c(std::string_view data) { return ExtendCrc32c(0, data); }

namespace internal {
// The table version, always available; the tests compare both.
uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view data);
}  // namespace internal

}  // namespace blasty
