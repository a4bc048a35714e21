// Writes the dictionary of one field: blocks of front-coded terms, and an index of the blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "index/internal/list_encoder.h"

namespace blasty::index::internal {

class DictionaryWriter {
  public:
    // Terms in rising byte order, each once; `meta.offset` is not read: lists follow one another.
    void Add(std::string_view term, const TermMeta& meta);
    // Ends the last block. The sections' bytes stand in terms() and index() then.
    void Finish();

    const std::string& terms() const { return terms_; }
    // For each block: the first 8 bytes of its first term (big-endian), then its place in terms(),
    // 4 bytes; all of the former before all of the latter.
    const std::string& index() const { return index_; }
    uint32_t count() const { return count_; }

  private:
    void EndBlock();

    uint32_t count_ = 0;
    size_t in_block_ = 0;
    uint64_t lists_end_ = 0;    // bytes of all lists so far
    uint64_t block_lists_ = 0;  // lists_end_ at the start of the block
    std::string last_;          // term
    std::string block_terms_, block_metas_;
    std::string terms_, index_, prefixes_, places_;
};

// The first 8 bytes of `term` as a number that sorts as they do.
uint64_t TermPrefix(std::string_view term);

}  // namespace blasty::index::internal
