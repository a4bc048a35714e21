// What a run of filters makes of a term, remembered: stemming costs ten times as much as looking
// it up, and few words make up most of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace blasty::analysis::internal {

inline uint64_t HashTerm(std::string_view term) {
    constexpr uint64_t kMultiply = 0x9e3779b97f4a7c15u;
    uint64_t hash = term.size() * kMultiply;
    const char* at = term.data();
    size_t left = term.size();
    for (; left > 8; at += 8, left -= 8) {
        uint64_t part = 0;
        std::memcpy(&part, at, 8);
        hash = (hash ^ part) * kMultiply;
        hash ^= hash >> 32;
    }
    uint64_t part = 0;
    if (left >= 4) {  // two loads that overlap
        uint32_t low = 0;
        uint32_t high = 0;
        std::memcpy(&low, at, 4);
        std::memcpy(&high, at + left - 4, 4);
        part = uint64_t{high} << 32 | low;
    } else if (left > 0) {
        part = static_cast<uint8_t>(at[0]) | uint64_t{static_cast<uint8_t>(at[left / 2])} << 8 |
               uint64_t{static_cast<uint8_t>(at[left - 1])} << 16;
    }
    hash = (hash ^ part) * kMultiply;
    return hash ^ hash >> 32;
}

// Fixed memory (1 MiB), two places for each term. Of one thread and one run of filters.
class TermCache {
  public:
    static constexpr size_t kResultBytes = 64;

    TermCache() : entries_(std::make_unique<Entry[]>(kEntries + 1)) {}

    // True when known; an empty result stands for a dropped term. Copied to `out`, of which
    // kResultBytes are overwritten: a fixed size is one or two instructions.
    bool Find(std::string_view term, uint64_t hash, char* out, std::string_view* result) const {
        const Entry* entry = &entries_[hash & (kEntries - 1)];
        if (!entry->Is(term)) {
            entry = &entries_[(hash & (kEntries - 1)) ^ 1];
            if (!entry->Is(term)) return false;
        }
        // What is read behind the entry lies in the next, or in the one too many.
        std::memcpy(out, reinterpret_cast<const char*>(entry) + kHeader + term.size(),
                    kResultBytes);
        *result = {out, entry->result_size};
        return true;
    }

    // Terms that are too long for an entry are not remembered.
    void Put(std::string_view term, uint64_t hash, std::string_view result) {
        if (term.size() + result.size() > kBytes) return;
        Entry& first = entries_[hash & (kEntries - 1)];
        entries_[(hash & (kEntries - 1)) ^ 1] = first;
        first.size = static_cast<uint8_t>(term.size());
        first.result_size = static_cast<uint8_t>(result.size());
        term.copy(first.bytes, term.size());
        result.copy(first.bytes + term.size(), result.size());
    }

    void Clear() {
        for (size_t i = 0; i < kEntries; ++i) entries_[i] = Entry{};
    }

  private:
    static constexpr size_t kEntries = 16'384;
    static constexpr size_t kHeader = 2;
    static constexpr size_t kBytes = 62;
    struct alignas(64) Entry {
        uint8_t size = 0;  // 0: free
        uint8_t result_size = 0;
        char bytes[kBytes] = {};  // the term, then the result

        bool Is(std::string_view term) const {
            return size == term.size() && std::memcmp(bytes, term.data(), term.size()) == 0;
        }
    };

    std::unique_ptr<Entry[]> entries_;
};

}  // namespace blasty::analysis::internal
