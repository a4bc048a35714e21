// Walks over the documents of one segment that match a query, and scores them.
#pragma once

#include <cstdint>
#include <memory>

#include "index/internal/postings.h"

namespace blasty::index::internal {

// Sums of rounded numbers may be a little more than the sum of their bounds.
inline constexpr float kBoundSlack = 1.00001F;

// Stands before the first document. Documents rise.
class Scorer {
  public:
    virtual ~Scorer() = default;
    Scorer() = default;
    Scorer(const Scorer&) = delete;
    Scorer& operator=(const Scorer&) = delete;

    uint32_t doc() const { return doc_; }
    virtual uint32_t Next() = 0;
    // To the first document >= `target` that matches; `target` > doc().
    virtual uint32_t Advance(uint32_t target) = 0;
    // REQUIRES: doc() is a document.
    virtual float Score() = 0;

    // About how many documents there are.
    virtual uint64_t Cost() const = 0;
    // No document scores more.
    virtual float MaxScore() const = 0;
    // The last document up to which BlockMax holds, for documents from `target` on; kEnd: to the
    // end. `target` must not fall.
    virtual uint32_t BlockEnd(uint32_t /*target*/) { return kEnd; }
    virtual float BlockMax() const { return MaxScore(); }
    // Documents that score no more than `score` may be passed over from now on. It only rises.
    virtual void SetThreshold(float /*score*/) {}

  protected:
    uint32_t doc_ = kEnd;
};
using ScorerPtr = std::unique_ptr<Scorer>;

}  // namespace blasty::index::internal
