#include "index/internal/set_cache.h"

#include <bit>
#include <utility>

#include "base/strings.h"

namespace blasty::index::internal {
namespace {

std::string KeyOf(size_t kind, std::string_view field, std::string_view text) {
    return StrCat(kind, " ", field.size(), " ", field, text);
}

}  // namespace

std::string SetKeyOf(const Query& query) {
    const size_t kind = query.node.index();
    if (const auto* prefix = std::get_if<PrefixQuery>(&query.node))
        return KeyOf(kind, prefix->field, prefix->prefix);
    if (const auto* wildcard = std::get_if<WildcardQuery>(&query.node))
        return KeyOf(kind, wildcard->field, wildcard->pattern);
    if (const auto* regexp = std::get_if<RegexpQuery>(&query.node))
        return KeyOf(kind, regexp->field, regexp->pattern);
    if (const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node)) {
        return KeyOf(kind, fuzzy->field,
                     StrCat(fuzzy->edits, " ", fuzzy->prefix_length, " ", fuzzy->prefix ? 1 : 0,
                            " ", fuzzy->term));
    }
    if (const auto* words = std::get_if<TermRangeQuery>(&query.node)) {
        return KeyOf(kind, words->field,
                     StrCat(words->includes_min ? 1 : 0, words->includes_max ? 1 : 0, " ",
                            words->min.size(), " ", words->min, words->max));
    }
    if (const auto* range = std::get_if<NumberRangeQuery>(&query.node)) {
        return KeyOf(
            kind, range->field,
            StrCat(range->includes_min ? 1 : 0, range->includes_max ? 1 : 0, " ",
                   std::bit_cast<uint64_t>(range->min), " ", std::bit_cast<uint64_t>(range->max)));
    }
    return {};
}

DocSetPtr SetCache::Find(const std::string& key) {
    if (bytes_max_ == 0) return nullptr;
    MutexLock lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->set;
}

void SetCache::Add(const std::string& key, DocSetPtr set) {
    if (bytes_max_ == 0 || key.size() > kKeyBytesMax) return;
    MutexLock lock(mutex_);
    if (by_key_.contains(key)) return;
    entries_.push_front({.key = key, .set = std::move(set)});
    by_key_[key] = entries_.begin();
    bytes_ += BytesOf(entries_.front());
    while (bytes_ > bytes_max_) {
        bytes_ -= BytesOf(entries_.back());
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

size_t SetCache::bytes() const {
    MutexLock lock(mutex_);
    return bytes_;
}

}  // namespace blasty::index::internal
