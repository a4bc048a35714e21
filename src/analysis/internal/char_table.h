// Changes of single characters as a table, with a slow way for terms in which characters change
// each other.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "analysis/internal/filter.h"
#include "analysis/internal/lazy_table.h"

namespace blasty::analysis::internal {

// What becomes of one code point.
struct Mapped {
    static constexpr uint8_t kWholeTerm = 0xff;  // depends on its neighbours
    static constexpr size_t kBytesMax = 7;
    uint8_t size = kWholeTerm;
    char bytes[kBytesMax] = {};
};

inline Mapped MappedTo(std::string_view bytes) {
    Mapped out;
    if (bytes.size() > Mapped::kBytesMax) return out;
    out.size = static_cast<uint8_t>(bytes.size());
    bytes.copy(out.bytes, bytes.size());
    return out;
}

// Length by the first byte and the code point itself. REQUIRES well-formed text.
inline size_t DecodeWellFormed(const char* at, uint32_t* code_point) {
    const auto* b = reinterpret_cast<const uint8_t*>(at);
    if (b[0] < 0x80) {
        *code_point = b[0];
        return 1;
    }
    if (b[0] < 0xe0) {
        *code_point = (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
        return 2;
    }
    if (b[0] < 0xf0) {
        *code_point = (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
        return 3;
    }
    *code_point =
        (b[0] & 0x07u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    return 4;
}

inline size_t LengthByLead(char lead) {
    const auto byte = static_cast<uint8_t>(lead);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// Applies `table`; false when a character asks for the whole term, which is then unchanged.
template <Mapped (*kMake)(uint32_t)>
bool MapTerm(LazyTable<Mapped, kMake>& table, Term& term, TermBuffer& buffer) {
    const std::string_view in = term.text;
    char* const begin = buffer.Reserve(in.size() * 4 + sizeof(Mapped));  // 2 bytes become 7
    char* out = begin;
    bool aligned = term.aligned;
    bool ascii = true;
    for (size_t i = 0; i < in.size();) {
        uint32_t code_point = 0;
        const size_t length = DecodeWellFormed(in.data() + i, &code_point);
        const Mapped& mapped = table.At(code_point);
        if (mapped.size == Mapped::kWholeTerm) return false;
        std::memcpy(out, mapped.bytes, Mapped::kBytesMax);
        ascii = ascii && (mapped.size == 0 || static_cast<uint8_t>(mapped.bytes[0]) < 0x80);
        // One character of the same size: two bytes may also be two letters.
        aligned = aligned && mapped.size == length && LengthByLead(mapped.bytes[0]) == length;
        out += mapped.size;
        i += length;
    }
    term = {{begin, static_cast<size_t>(out - begin)}, ascii, aligned};
    return true;
}

}  // namespace blasty::analysis::internal
