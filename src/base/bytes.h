// Little-endian integers and varints (as in Protocol Buffers) in byte strings.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace blasty {

static_assert(std::endian::native == std::endian::little, "formats on disk are little-endian");

template <typename Int>
void PutFixed(std::string& out, Int value) {
    char raw[sizeof(Int)];
    std::memcpy(raw, &value, sizeof(Int));
    out.append(raw, sizeof(Int));
}

template <typename Int>
Int GetFixed(const char* p) {
    Int value;
    std::memcpy(&value, p, sizeof(Int));
    return value;
}

inline void PutVarint(std::string& out, uint64_t value) {
    char raw[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7) raw[n++] = static_cast<char>(value | 0x80);
    raw[n++] = static_cast<char>(value);
    out.append(raw, n);
}

inline void PutSized(std::string& out, std::string_view bytes) {
    PutVarint(out, bytes.size());
    out.append(bytes);
}

// Reads a byte string from front to back. After the first failure every further read fails too, so
// that a decoder may check once at its end. Never reads outside the string it was given, which must
// outlive it.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <typename Int>
    Int Fixed() {
        if (failed_ || rest_.size() < sizeof(Int)) return Fail<Int>();
        const Int value = GetFixed<Int>(rest_.data());
        rest_.remove_prefix(sizeof(Int));
        return value;
    }

    uint64_t Varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64 && !failed_ && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            if (shift == 63 && byte > 1) break;
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        return Fail<uint64_t>();
    }

    std::string_view Raw(uint64_t size) {
        if (failed_ || rest_.size() < size) return Fail<std::string_view>();
        const std::string_view out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }

    std::string_view Sized() {
        const uint64_t size = Varint();
        return Raw(size);
    }

    bool ok() const { return !failed_; }
    // True when nothing failed and every byte was read.
    bool done() const { return !failed_ && rest_.empty(); }
    std::string_view rest() const { return rest_; }

  private:
    template <typename T>
    T Fail() {
        failed_ = true;
        return T();
    }

    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace blasty
