// Changes of an index that become visible together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/fields.h"

namespace blasty::index {

namespace internal {
class SegmentBuilder;
}

// Used by one thread. Fields are named by their place in the list it was made with. A key may be
// put once and removed once; a document that is put replaces the one with its key.
class Batch {
  public:
    explicit Batch(const std::vector<FieldInfo>& fields);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // A new document; then its values, then End.
    void Put(std::string_view key);
    // The document with this key goes. Its text and keywords should follow once more, as when it
    // was put, so that the numbers of documents with its words stay exact; then End.
    void Remove(std::string_view key);

    // Positions do not fall. What is beyond index/limits.h is left out.
    void AddToken(size_t field, std::string_view term, uint32_t position);
    void AddKeyword(size_t field, std::string_view term);
    void AddNumber(size_t field, double value);
    void AddPoint(size_t field, const Point& point);
    void End();

    uint32_t documents() const;
    bool empty() const;
    // About what it holds in memory.
    size_t bytes() const;

  private:
    friend class Index;
    std::unique_ptr<internal::SegmentBuilder> builder_;
    std::vector<std::string> put_, removed_;
};

}  // namespace blasty::index
