// The other way round: which of many standing queries a document fits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/document_sink.h"
#include "index/fields.h"
#include "index/query.h"

namespace blasty::index {

// One document by itself. Used by one thread; made once and filled again and again.
class Document final : public DocumentSink {
  public:
    explicit Document(const std::vector<FieldInfo>& fields);
    ~Document() override;

    void Begin(std::string_view key);  // forgets the one before
    void AddToken(size_t field, std::string_view term, uint32_t position) override;
    void AddKeyword(size_t field, std::string_view term) override;
    void AddNumber(size_t field, double value) override;
    void AddPoint(size_t field, const Point& point) override;
    void End();

    struct Impl;
    const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

// Whether the document is a match: what a search of an index with it would find. BAD_QUERY.
Result<bool> Matches(const Query& query, const Document& document);

struct PercolatorStats {
    uint64_t queries = 0;
    uint64_t unindexed = 0;  // evaluated for every document: no term, prefix or range leads to them
    // Since it was made.
    uint64_t documents = 0, candidates = 0, matches = 0;
};

// Many queries, each under a number. A query is found by terms that a document must have to fit it,
// and evaluated only then. Used by one thread.
class Percolator {
  public:
    Percolator();
    ~Percolator();
    // BAD_QUERY (INVALID_ARGUMENT). `id` must not be in use.
    Status Add(uint64_t id, const QueryPtr& query);
    void Remove(uint64_t id);
    // Appends the numbers of the queries that the document fits, in no order, each once.
    void Match(const Document& document, std::vector<uint64_t>* ids);
    PercolatorStats stats() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace blasty::index
