// Changes of an index that become visible together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/document_sink.h"
#include "index/fields.h"

namespace blasty::index {

namespace internal {
class SegmentBuilder;
}

// Used by one thread. Fields are named by their place in the list it was made with. A key may be
// put once and removed once; a document that is put replaces the one with its key.
class Batch final : public DocumentSink {
  public:
    explicit Batch(const std::vector<FieldInfo>& fields);
    ~Batch() override;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // A new document; then its values, then End.
    void Put(std::string_view key);
    // The document with this key goes. Its text and keywords should follow once more, as when it
    // was put, so that the numbers of documents with its words stay exact; then End.
    void Remove(std::string_view key);

    void AddToken(size_t field, std::string_view term, uint32_t position) override;
    void AddKeyword(size_t field, std::string_view term) override;
    void AddNumber(size_t field, double value) override;
    void AddPoint(size_t field, const Point& point) override;
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
