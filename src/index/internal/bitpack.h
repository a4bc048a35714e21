// Integers packed with the same number of bits each. Blocks of 128 are laid out in four lanes so
// that they unpack with 16-byte vectors (the layout of "SIMD-BP128", Lemire and Boytsov 2015, with
// the compiler's portable vectors); shorter runs are packed one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace blasty::index::internal {

inline constexpr size_t kBlock = 128;
// Bytes behind packed data that may be read (never used).
inline constexpr size_t kReadAhead = 16;

// Bits that hold every value: 0 (all are zero) to 32.
unsigned BitsFor(const uint32_t* values, size_t count);

// Bytes that `count` values take, 128 or fewer.
constexpr size_t PackedBytes(size_t count, unsigned bits) {
    return count == kBlock ? static_cast<size_t>(bits) * 16 : (count * bits + 7) / 8;
}

// Appends PackedBytes(count, bits). REQUIRES: count <= kBlock, every value fits into `bits`.
void Pack(const uint32_t* values, size_t count, unsigned bits, std::string* out);

// Reads PackedBytes(count, bits) and up to kReadAhead bytes more. REQUIRES: bits <= 32. `out` has
// room for `count` values.
void Unpack(const char* in, size_t count, unsigned bits, uint32_t* out);

}  // namespace blasty::index::internal
