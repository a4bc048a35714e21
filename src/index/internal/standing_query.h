// A query in the form that is quickly asked of one document after another.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/status.h"
#include "index/internal/phrase_match.h"
#include "index/internal/query_terms.h"
#include "index/internal/term_match.h"
#include "index/query.h"

namespace blasty::index::internal {

// A tree, written down parents first: behind a node come its parts, each with its own.
struct QueryNode {
    enum class Kind : uint8_t {
        kAll,
        kNone,
        kTerm,     // value: the term
        kPhrase,   // value: slop; parts: kPlace
        kPlace,    // value: position; parts: kTerm, one of which is enough
        kLeaf,     // value: which one
        kBoolean,  // value: how many of kShould at least; parts in the order of Role
    };
    enum class Role : uint8_t { kMust, kMustNot, kShould };

    Kind kind = Kind::kAll;
    Role role = Role::kMust;
    uint32_t size = 1;  // nodes with all parts
    uint32_t value = 0;

    const QueryNode* first() const { return this + 1; }
    const QueryNode* next() const { return this + size; }
};

// What needs more than terms.
struct TermLeaf {
    uint32_t field = 0;
    uint32_t prefix = 0;  // what all its terms begin with
    TermMatcherPtr matcher = nullptr;
};
struct NumberLeaf {
    uint32_t field = 0;
    bool includes_min = true, includes_max = true;
    double min = 0, max = 0;
};
struct PlaceLeaf {
    uint32_t field = 0;
    // Between which latitudes it lies.
    double south = -90, north = 90;
    std::variant<GeoBoxQuery, GeoDistanceQuery, GeoPolygonQuery> area;
};
using QueryLeaf = std::variant<TermLeaf, NumberLeaf, std::unique_ptr<const PlaceLeaf>>;

struct StandingQuery {
    std::vector<QueryNode> nodes;
    std::vector<QueryLeaf> leaves;
};

// Refers to terms and fields of `terms` until it is released. BAD_QUERY (INVALID_ARGUMENT).
Result<StandingQuery> MakeStandingQuery(const Query& query, QueryTerms& terms);
void ReleaseStandingQuery(const StandingQuery& query, QueryTerms& terms);

// Asks queries of the document that `terms` has read. Used by one thread.
class StandingMatch {
  public:
    explicit StandingMatch(const QueryTerms& terms) : terms_(terms) {}
    bool Fits(const StandingQuery& query) { return Fits(query, query.nodes.data()); }

  private:
    bool Fits(const StandingQuery& query, const QueryNode* node);
    bool FitsBoolean(const StandingQuery& query, const QueryNode& node);
    bool FitsPhrase(const QueryNode& phrase);
    bool FitsLeaf(const TermLeaf& leaf) const;
    bool FitsLeaf(const NumberLeaf& leaf) const;
    bool FitsLeaf(const std::unique_ptr<const PlaceLeaf>& leaf) const;

    const QueryTerms& terms_;
    PhraseMatch phrase_;
    std::vector<std::vector<int64_t>> positions_;  // by place of the phrase
};

}  // namespace blasty::index::internal
