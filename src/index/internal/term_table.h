// The terms of one field while a segment is built: each with what was added for it, as bytes in
// chained slices of one arena.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace blasty::index::internal {

class TermTable {
  public:
    struct Entry {
        std::string_view term;
        uint32_t documents = 0;
        int64_t correction = 0;
        uint32_t last_doc = 0, last_position = 0;
        uint32_t last_removed = 0;  // number of the last removed document that held it
        uint32_t first_slice = 0, write_at = 0, slice_end = 0;
        uint8_t level = 0;
    };

    // The entry of `term`, made when new. Valid until the next call.
    Entry& Find(std::string_view term);
    // Number of an entry: rises from 0.
    uint32_t Number(const Entry& entry) const {
        return static_cast<uint32_t>(&entry - entries_.data());
    }
    // One occurrence. Documents rise, positions within a document do not fall.
    void Add(Entry& entry, uint32_t doc, uint32_t position);

    size_t size() const { return entries_.size(); }
    const Entry& entry(uint32_t number) const { return entries_[number]; }
    // Numbers in the order of terms.
    std::vector<uint32_t> Sorted() const;
    // Calls visit(doc, positions) for each document of an entry.
    template <typename Visit>
    void Read(const Entry& entry, const Visit& visit) const;

    size_t bytes() const { return arena_.size() + term_bytes_ + entries_.size() * 96; }

  private:
    class SliceReader;

    uint32_t NewSlice(size_t level);
    void PutVarint(Entry& entry, uint64_t value);
    std::string_view Keep(std::string_view term);

    absl::flat_hash_map<std::string_view, uint32_t> numbers_;
    std::vector<Entry> entries_;
    std::vector<unsigned char> arena_;  // slices; each ends with the place of the next, 4 bytes
    std::deque<std::unique_ptr<char[]>> term_blocks_;
    size_t block_used_ = 0, block_size_ = 0, term_bytes_ = 0;
};

// Reads the bytes of one entry.
class TermTable::SliceReader {
  public:
    SliceReader(const std::vector<unsigned char>& arena, const Entry& entry);
    bool done() const { return at_ == end_; }
    uint64_t Varint();

  private:
    unsigned char Byte();

    const std::vector<unsigned char>& arena_;
    const uint32_t end_;
    uint32_t at_, slice_end_;
    size_t level_ = 0;
};

template <typename Visit>
void TermTable::Read(const Entry& entry, const Visit& visit) const {
    if (entry.documents == 0) return;
    std::vector<uint32_t> positions;
    uint32_t doc = 0;
    for (SliceReader in(arena_, entry); !in.done();) {
        // Position steps; an odd one begins the next document.
        const uint64_t head = in.Varint();
        const auto step = static_cast<uint32_t>(head >> 1);
        if ((head & 1) != 0) {
            if (!positions.empty()) visit(doc, positions);
            positions.clear();
            doc += static_cast<uint32_t>(in.Varint());
        }
        positions.push_back(positions.empty() ? step : positions.back() + step);
    }
    visit(doc, positions);
}

}  // namespace blasty::index::internal
