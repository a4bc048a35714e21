// The pieces of a segment file; docs/formats/segment.md shows the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace blasty::index::internal {

inline constexpr std::string_view kMagic = "BLSTSEG1";
inline constexpr uint32_t kVersion = 1;
// What one checksum covers, verified when its bytes are used first.
inline constexpr size_t kChunkBytes = 64 * 1024;
inline constexpr size_t kTrailerBytes = 32;
// Terms of one dictionary block.
inline constexpr size_t kTermsPerBlock = 32;

enum class Section : uint8_t {
    kLists = 1,      // of a field: postings and positions, in the order of terms
    kTerms = 2,      // of a field: dictionary blocks
    kTermIndex = 3,  // of a field: first bytes and place of each block
    kLengths = 4,    // of a text field: tokens of each document
    kOrdinals = 5,   // of a keyword field: ordinals of each document
    kNumbers = 6,
    kPoints = 7,
    kKeys = 8,      // of the segment: keys of the documents
    kKeyTable = 9,  // of the segment: hash table from keys to documents
    kKeyOffsets = 10,
};

// The most a document of a block or list can score: score grows with the number of occurrences and
// falls with length / occurrences, each taken at its best.
struct Impact {
    uint8_t occurrences = 0;  // the largest; 255: that or more
    uint32_t ratio = 0;       // the smallest length * 16 / occurrences, rounded down, 24 bits

    uint32_t Pack() const { return ratio << 8 | occurrences; }
    static Impact Unpack(uint32_t packed) {
        return {.occurrences = static_cast<uint8_t>(packed & 0xff), .ratio = packed >> 8};
    }
};
inline constexpr uint32_t kRatioMax = (1u << 24) - 1;

// Of a list of more than one block: where a block stands and what it holds.
struct SkipEntry {
    uint32_t last_doc = 0;
    uint32_t offset = 0;           // of the block, from the first one
    uint32_t impact = 0;           // Impact::Pack
    uint32_t position_offset = 0;  // of the block of positions its first document begins in
    uint32_t position_in = 0;      // and how many of that block are before it
};
static_assert(sizeof(SkipEntry) == 20);

}  // namespace blasty::index::internal
