#include "index/internal/term_table.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "index/internal/dictionary_writer.h"

namespace blasty::index::internal {
namespace {

// Sizes of an entry's slices, the last for all further ones: most terms are rare, some are not.
constexpr std::array<uint32_t, 9> kSliceBytes = {12, 20, 36, 68, 132, 260, 516, 1028, 4100};
constexpr uint32_t kLinkBytes = 4;
constexpr size_t kTermBlockBytes = 64 * 1024;

uint32_t SliceBytes(size_t level) { return kSliceBytes[std::min(level, kSliceBytes.size() - 1)]; }

}  // namespace

std::string_view TermTable::Keep(std::string_view term) {
    if (term_blocks_.empty() || block_size_ - block_used_ < term.size()) {
        block_size_ = std::max(kTermBlockBytes, term.size());
        term_blocks_.push_back(std::make_unique<char[]>(block_size_));
        block_used_ = 0;
    }
    char* const to = term_blocks_.back().get() + block_used_;
    std::memcpy(to, term.data(), term.size());
    block_used_ += term.size();
    term_bytes_ += term.size();
    return {to, term.size()};
}

TermTable::Entry& TermTable::Find(std::string_view term) {
    const auto found = numbers_.find(term);
    if (found != numbers_.end()) return entries_[found->second];
    const std::string_view kept = Keep(term);
    numbers_.emplace(kept, static_cast<uint32_t>(entries_.size()));
    Entry& entry = entries_.emplace_back();
    entry.term = kept;
    return entry;
}

uint32_t TermTable::NewSlice(size_t level) {
    const auto start = static_cast<uint32_t>(arena_.size());
    arena_.resize(arena_.size() + SliceBytes(level));
    return start;
}

void TermTable::PutVarint(Entry& entry, uint64_t value) {
    for (;; value >>= 7) {
        if (entry.write_at == entry.slice_end) {
            const uint32_t next = NewSlice(++entry.level);
            std::memcpy(&arena_[entry.slice_end], &next, kLinkBytes);
            entry.write_at = next;
            entry.slice_end = next + SliceBytes(entry.level) - kLinkBytes;
        }
        arena_[entry.write_at++] = static_cast<unsigned char>(value < 0x80 ? value : value | 0x80);
        if (value < 0x80) return;
    }
}

void TermTable::Add(Entry& entry, uint32_t doc, uint32_t position) {
    if (entry.documents == 0) {
        entry.first_slice = entry.write_at = NewSlice(0);
        entry.slice_end = entry.first_slice + SliceBytes(0) - kLinkBytes;
    }
    const bool begins = entry.documents == 0 || entry.last_doc != doc;
    const uint32_t step = begins ? position : position - entry.last_position;
    PutVarint(entry, static_cast<uint64_t>(step) << 1 | (begins ? 1 : 0));
    if (begins) {
        PutVarint(entry, doc - entry.last_doc);
        ++entry.documents;
    }
    entry.last_doc = doc;
    entry.last_position = position;
}

std::vector<uint32_t> TermTable::Sorted() const {
    struct Item {
        uint64_t prefix;
        uint32_t number;
    };
    std::vector<Item> items;
    items.reserve(entries_.size());
    for (uint32_t i = 0; i < entries_.size(); ++i)
        items.push_back({.prefix = TermPrefix(entries_[i].term), .number = i});
    std::sort(items.begin(), items.end(), [this](const Item& a, const Item& b) {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        return entries_[a.number].term < entries_[b.number].term;
    });
    std::vector<uint32_t> numbers(items.size());
    std::transform(items.begin(), items.end(), numbers.begin(),
                   [](const Item& item) { return item.number; });
    return numbers;
}

TermTable::SliceReader::SliceReader(const std::vector<unsigned char>& arena, const Entry& entry)
    : arena_(arena),
      end_(entry.write_at),
      at_(entry.first_slice),
      slice_end_(entry.first_slice + SliceBytes(0) - kLinkBytes) {}

unsigned char TermTable::SliceReader::Byte() {
    if (at_ == slice_end_) {
        std::memcpy(&at_, &arena_[slice_end_], kLinkBytes);
        slice_end_ = at_ + SliceBytes(++level_) - kLinkBytes;
    }
    return arena_[at_++];
}

uint64_t TermTable::SliceReader::Varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        const unsigned char byte = Byte();
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
}

}  // namespace blasty::index::internal
