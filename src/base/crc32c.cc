#include "base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace blasty {
namespace {

constexpr std::array<std::array<uint32_t, 256>, 8> MakeTables() {
    std::array<std::array<uint32_t, 256>, 8> tables{};
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; ++i) {
        for (size_t t = 1; t < 8; ++t) {
            tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
        }
    }
    return tables;
}

constexpr auto kTables = MakeTables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t ExtendHardware(uint32_t crc, std::string_view data) {
    uint64_t state = ~crc;
    const char* p = data.data();
    size_t left = data.size();
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        state = _mm_crc32_u64(state, word);
    }
    uint32_t tail = static_cast<uint32_t>(state);
    for (; left > 0; --left, ++p) tail = _mm_crc32_u8(tail, static_cast<unsigned char>(*p));
    return ~tail;
}

bool HasHardware() { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__)
__attribute__((target("+crc"))) uint32_t ExtendHardware(uint32_t crc, std::string_view data) {
    uint32_t state = ~crc;
    const char* p = data.data();
    size_t left = data.size();
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        state = __builtin_aarch64_crc32cx(state, word);
    }
    for (; left > 0; --left, ++p) {
        state = __builtin_aarch64_crc32cb(state, static_cast<unsigned char>(*p));
    }
    return ~state;
}

bool HasHardware() { return (getauxval(AT_HWCAP) & (1u << 7)) != 0; }
#else
uint32_t ExtendHardware(uint32_t crc, std::string_view data) {
    return internal::ExtendCrc32cPortable(crc, data);
}

bool HasHardware() { return false; }
#endif

}  // namespace

namespace internal {

uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view data) {
    uint32_t state = ~crc;
    const auto* p = reinterpret_cast<const unsigned char*>(data.data());
    size_t left = data.size();
    for (; left >= 8; left -= 8, p += 8) {
        const uint32_t low =
            state ^ (static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
                     static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24);
        state = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^
                kTables[5][(low >> 16) & 0xff] ^ kTables[4][low >> 24] ^ kTables[3][p[4]] ^
                kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]];
    }
    for (; left > 0; --left, ++p) state = (state >> 8) ^ kTables[0][(state ^ *p) & 0xff];
    return ~state;
}

}  // namespace internal

uint32_t ExtendCrc32c(uint32_t crc, std::string_view data) {
    static const bool hardware = HasHardware();
    return hardware ? ExtendHardware(crc, data) : internal::ExtendCrc32cPortable(crc, data);
}

}  // namespace blasty
