// Which few things lead to a query: a document that has none of them cannot match it.
#pragma once

#include <cstdint>
#include <vector>

#include "index/internal/query_terms.h"
#include "index/internal/standing_query.h"

namespace blasty::index::internal {

struct CoverKey {
    enum class Kind : uint8_t {
        kTerm,       // number: the term
        kNumbers,    // number: the leaf, a NumberLeaf
        kLatitudes,  // number: the leaf, a PlaceLeaf
        kEvery,      // every document
    };
    Kind kind = Kind::kEvery;
    bool sure = false;  // a document that has it matches
    uint32_t number = 0;
};

struct Cover {
    std::vector<CoverKey> keys;  // empty: nothing can match
    // About the share of documents that have one of them, each counted by itself.
    double chance = 0;
};

// The cover that the fewest documents have, as far as is known.
Cover CoverOf(const StandingQuery& query, const QueryTerms& terms);
// What a cover made earlier costs by now.
double ChanceOf(const std::vector<CoverKey>& keys, const QueryTerms& terms);

}  // namespace blasty::index::internal
