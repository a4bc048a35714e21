#include "index/internal/bitpack.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace blasty::index::internal {
namespace {

using Lanes = uint32_t __attribute__((vector_size(16)));

Lanes Load(const char* p) {
    Lanes lanes;
    std::memcpy(&lanes, p, sizeof(lanes));
    return lanes;
}

template <unsigned kBits>
void UnpackBlock(const char* in, uint32_t* out) {
    if constexpr (kBits == 0) {
        std::memset(out, 0, kBlock * sizeof(uint32_t));
    } else {
        constexpr uint32_t kMask = kBits == 32 ? ~0u : (1u << kBits) - 1;
#pragma GCC unroll 32
        for (unsigned i = 0; i < 32; ++i) {
            const unsigned word = i * kBits / 32, shift = i * kBits % 32;
            Lanes lanes = Load(in + 16 * word) >> shift;
            if (shift + kBits > 32) lanes |= Load(in + 16 * (word + 1)) << (32 - shift);
            lanes &= kMask;
            std::memcpy(out + 4 * i, &lanes, sizeof(lanes));
        }
    }
}

using UnpackFunction = void (*)(const char*, uint32_t*);

template <size_t... kBits>
constexpr std::array<UnpackFunction, sizeof...(kBits)> AllWidths(
    std::index_sequence<kBits...> /*widths*/) {
    return {UnpackBlock<kBits>...};
}

constexpr auto kUnpack = AllWidths(std::make_index_sequence<33>());

}  // namespace

unsigned BitsFor(const uint32_t* values, size_t count) {
    uint32_t all = 0;
    for (size_t i = 0; i < count; ++i) all |= values[i];
    return static_cast<unsigned>(std::bit_width(all));
}

void Pack(const uint32_t* values, size_t count, unsigned bits, std::string* out) {
    const size_t start = out->size();
    out->resize(start + PackedBytes(count, bits), '\0');
    if (bits == 0) return;
    char* to = out->data() + start;
    if (count == kBlock) {
        uint32_t words[kBlock] = {};
        for (unsigned i = 0; i < 32; ++i) {
            const unsigned word = i * bits / 32, shift = i * bits % 32;
            for (unsigned lane = 0; lane < 4; ++lane) {
                const uint32_t value = values[4 * i + lane];
                words[4 * word + lane] |= value << shift;
                if (shift + bits > 32) words[4 * (word + 1) + lane] |= value >> (32 - shift);
            }
        }
        std::memcpy(to, words, PackedBytes(count, bits));
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        uint64_t value = values[i];
        const size_t bit = i * bits;
        value <<= bit % 8;
        for (size_t byte = bit / 8; value != 0; ++byte, value >>= 8) {
            to[byte] = static_cast<char>(static_cast<unsigned char>(to[byte]) | (value & 0xff));
        }
    }
}

void Unpack(const char* in, size_t count, unsigned bits, uint32_t* out) {
    if (count == kBlock) {
        kUnpack[bits](in, out);
        return;
    }
    const uint64_t mask = (uint64_t{1} << bits) - 1;
    for (size_t i = 0; i < count; ++i) {
        const size_t bit = i * bits;
        uint64_t word;
        std::memcpy(&word, in + bit / 8, sizeof(word));
        out[i] = static_cast<uint32_t>((word >> (bit % 8)) & mask);
    }
}

}  // namespace blasty::index::internal
