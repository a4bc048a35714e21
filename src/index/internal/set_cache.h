// The sets of documents of a segment that were asked for lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "index/internal/doc_set.h"
#include "index/query.h"

namespace blasty::index::internal {

using DocSetPtr = std::shared_ptr<const DocSet>;

// A segment never changes, so a set holds as long as it. Holds up to kBytesPerDocument a document;
// those used longest ago make room. Thread-safe.
class SetCache {
  public:
    static constexpr size_t kBytesPerDocument = 8;
    // Of smaller segments sets are made as quickly as found.
    static constexpr uint32_t kDocumentsMin = 4096;
    static constexpr size_t kKeyBytesMax = 256;

    explicit SetCache(uint32_t documents)
        : bytes_max_(documents < kDocumentsMin ? 0 : documents * kBytesPerDocument) {}

    // Null: not there.
    DocSetPtr Find(const std::string& key);
    void Add(const std::string& key, DocSetPtr set);
    size_t bytes() const;

  private:
    struct Entry {
        std::string key;
        DocSetPtr set;
    };
    static size_t BytesOf(const Entry& entry) {
        return entry.key.size() + entry.set->documents() / 8 + sizeof(Entry) + sizeof(DocSet);
    }

    const size_t bytes_max_;
    mutable Mutex mutex_;
    std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the last used first
    absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
    size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What a query that takes long to find the documents of goes by: one that stands for many terms, or
// a range of numbers. Empty: of another kind.
std::string SetKeyOf(const Query& query);

}  // namespace blasty::index::internal
