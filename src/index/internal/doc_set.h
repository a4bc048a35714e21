// Sets of documents of one segment, a bit each: what matches, without scores.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "index/internal/postings.h"

namespace blasty::index::internal {

class DocSet {
  public:
    explicit DocSet(uint32_t documents, bool full = false)
        : documents_(documents), words_((documents + 63) / 64, full ? ~uint64_t{0} : 0) {
        Trim();
    }

    uint32_t documents() const { return documents_; }
    void Add(uint32_t doc) { words_[doc / 64] |= uint64_t{1} << (doc % 64); }
    void Remove(uint32_t doc) { words_[doc / 64] &= ~(uint64_t{1} << (doc % 64)); }
    bool Has(uint32_t doc) const { return (words_[doc / 64] >> (doc % 64) & 1) != 0; }
    // The first one >= `doc`; kEnd: none.
    uint32_t Next(uint32_t doc) const {
        if (doc >= documents_) return kEnd;
        size_t at = doc / 64;
        uint64_t word = words_[at] & (~uint64_t{0} << (doc % 64));
        while (word == 0) {
            if (++at == words_.size()) return kEnd;
            word = words_[at];
        }
        return static_cast<uint32_t>(at * 64 + static_cast<size_t>(std::countr_zero(word)));
    }
    uint32_t Count() const {
        uint32_t count = 0;
        for (const uint64_t word : words_) count += static_cast<uint32_t>(std::popcount(word));
        return count;
    }
    bool empty() const {
        for (const uint64_t word : words_) {
            if (word != 0) return false;
        }
        return true;
    }
    template <typename Visit>
    void ForEach(const Visit& visit) const {
        for (size_t at = 0; at < words_.size(); ++at) {
            for (uint64_t word = words_[at]; word != 0; word &= word - 1)
                visit(static_cast<uint32_t>(at * 64 + static_cast<size_t>(std::countr_zero(word))));
        }
    }

    // REQUIRES of all: as many documents.
    void And(const DocSet& other) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    }
    void Or(const DocSet& other) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    }
    void AndNot(const DocSet& other) {
        for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    }
    // `deleted`: as DocBits, empty or of the same size.
    void AndNot(const std::vector<uint64_t>& deleted) {
        for (size_t i = 0; i < deleted.size() && i < words_.size(); ++i) words_[i] &= ~deleted[i];
    }
    void Invert() {
        for (uint64_t& word : words_) word = ~word;
        Trim();
    }
    // Adds `count` documents, each packed with `bits` as its distance from the one before (as
    // Unpack reads them; fewer than a block). False: one is not below documents().
    bool AddPacked(const char* in, size_t count, unsigned bits) {
        const uint64_t mask = (uint64_t{1} << bits) - 1;
        uint64_t doc = 0;
        for (size_t i = 0; i < count; ++i) {
            const size_t bit = i * bits;
            uint64_t word;
            std::memcpy(&word, in + bit / 8, sizeof(word));
            doc += word >> (bit % 8) & mask;
            if (doc >= documents_) return false;
            Add(static_cast<uint32_t>(doc));
        }
        return true;
    }
    // Adds all documents of a list.
    void AddAll(Postings& list) {
        for (uint32_t doc = list.NextBlock(); doc != kEnd; doc = list.NextBlock()) {
            const uint32_t* const docs = list.block();
            for (size_t i = 0; i < list.block_size(); ++i) Add(docs[i]);
        }
    }

  private:
    void Trim() {
        if (documents_ % 64 != 0) words_.back() &= (uint64_t{1} << (documents_ % 64)) - 1;
    }

    uint32_t documents_;
    std::vector<uint64_t> words_;
};

}  // namespace blasty::index::internal
