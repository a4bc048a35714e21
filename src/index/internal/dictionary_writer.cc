#include "index/internal/dictionary_writer.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace blasty::index::internal {
namespace {

uint64_t ZigZag(int64_t value) {
    return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

void PutMeta(std::string& out, const TermMeta& meta) {
    PutVarint(out, static_cast<uint64_t>(meta.documents) << 1 | (meta.correction != 0 ? 1 : 0));
    if (meta.correction != 0) PutVarint(out, ZigZag(meta.correction));
    if (meta.documents == 0) return;
    PutVarint(out, meta.occurrences - meta.documents);
    if (meta.documents == 1) {
        PutVarint(out, meta.doc);
        if (meta.occurrences == 1) {
            PutVarint(out, meta.position);
            return;
        }
    } else {
        PutVarint(out, meta.list_bytes);
    }
    PutVarint(out, meta.position_bytes);
}

}  // namespace

uint64_t TermPrefix(std::string_view term) {
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; ++i) {
        prefix = prefix << 8 | (i < term.size() ? static_cast<unsigned char>(term[i]) : 0);
    }
    return prefix;
}

void DictionaryWriter::Add(std::string_view term, const TermMeta& meta) {
    BLASTY_CHECK(count_ == 0 || term > last_) << "terms out of order";
    if (in_block_ == 0) {
        PutFixed<uint64_t>(prefixes_, TermPrefix(term));
        PutFixed<uint32_t>(places_, static_cast<uint32_t>(terms_.size()));
        PutSized(block_terms_, term);
        block_lists_ = lists_end_;
    } else {
        const auto differ = std::mismatch(term.begin(), term.end(), last_.begin(), last_.end());
        const auto shared = static_cast<size_t>(differ.first - term.begin());
        PutVarint(block_terms_, shared);
        PutSized(block_terms_, term.substr(shared));
    }
    last_.assign(term);
    PutMeta(block_metas_, meta);
    lists_end_ += meta.list_bytes + meta.position_bytes;
    ++count_;
    if (++in_block_ == kTermsPerBlock) EndBlock();
}

void DictionaryWriter::EndBlock() {
    if (in_block_ == 0) return;
    PutVarint(terms_, block_lists_);
    PutSized(terms_, block_terms_);
    terms_ += block_metas_;
    block_terms_.clear();
    block_metas_.clear();
    in_block_ = 0;
}

void DictionaryWriter::Finish() {
    EndBlock();
    index_ = prefixes_ + places_;
}

}  // namespace blasty::index::internal
