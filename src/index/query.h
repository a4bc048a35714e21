// What can be asked of an index: a tree of queries over terms and columns. Text has been analysed
// already: terms are compared byte by byte.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "index/fields.h"

namespace blasty::index {

struct Query;
using QueryPtr = std::shared_ptr<const Query>;

struct AllQuery {};
struct NoneQuery {};

// Scored by BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75, idf as
// ln(1 + (N - n + 0.5) / (n + 0.5)); N: documents with the field, n: with the term.
struct TermQuery {
    std::string field = {};
    std::string term = {};
};

// Terms at positions relative to each other. A place may have several terms (synonyms).
struct PhraseQuery {
    struct Place {
        uint32_t position = 0;
        std::vector<std::string> terms = {};
    };
    std::string field = {};
    std::vector<Place> places = {};  // by position, which need not follow one another
    // How far terms may be moved, in positions, all together; 0: exactly as given.
    uint32_t slop = 0;
};

// The following stand for all terms they fit, and score the boost alone.
struct PrefixQuery {
    std::string field = {};
    std::string prefix = {};
};
struct WildcardQuery {  // `*`: any characters, `?`: one character; `\` before takes them as such
    std::string field = {};
    std::string pattern = {};
};
struct RegexpQuery {  // must fit the whole term
    std::string field = {};
    std::string pattern = {};
};
struct TermRangeQuery {  // in byte order; empty `max`: no end
    std::string field = {};
    std::string min = {}, max = {};
    bool includes_min = true, includes_max = false;
};

// Terms within `edits` (0 to 2) insertions, deletions, changes and swaps of neighbours, counted in
// characters. Scored as the terms found, less the further they are.
struct FuzzyQuery {
    std::string field = {};
    std::string term = {};
    uint32_t edits = 1;
    uint32_t prefix_length = 0;  // characters that must be the same
    // Also terms that begin with something within `edits`: search as you type.
    bool prefix = false;
};

struct NumberRangeQuery {
    std::string field = {};
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool includes_min = true, includes_max = true;
};

struct GeoBoxQuery {  // may cross the 180th meridian: then left > right
    std::string field = {};
    double top = 90, left = -180, bottom = -90, right = 180;
};
struct GeoDistanceQuery {
    std::string field = {};
    Point center = {};
    double meters = 0;
};
struct GeoPolygonQuery {  // closed by itself
    std::string field = {};
    std::vector<Point> corners = {};
};

struct IdsQuery {  // keys of documents
    std::vector<std::string> keys = {};
};
struct ExistsQuery {  // has any value
    std::string field = {};
};

// All of `must` and `filter`, at least `min_should` of `should`, none of `must_not`. Scores add up;
// those of `filter` do not count. With neither must nor filter at least one of `should`, or
// everything when there is none of those either.
struct BooleanQuery {
    std::vector<QueryPtr> must = {}, should = {}, must_not = {}, filter = {};
    uint32_t min_should = 0;
};

// The best score of the queries, plus `tie` times those of the others.
struct BestOfQuery {
    std::vector<QueryPtr> queries = {};
    double tie = 0;
};

struct Query {
    std::variant<AllQuery, NoneQuery, TermQuery, PhraseQuery, PrefixQuery, WildcardQuery,
                 RegexpQuery, TermRangeQuery, FuzzyQuery, NumberRangeQuery, GeoBoxQuery,
                 GeoDistanceQuery, GeoPolygonQuery, IdsQuery, ExistsQuery, BooleanQuery,
                 BestOfQuery>
        node;
    double boost = 1;  // multiplies its score
};

template <typename Node>
QueryPtr MakeQuery(Node node, double boost = 1) {
    return std::make_shared<Query>(Query{.node = std::move(node), .boost = boost});
}

}  // namespace blasty::index
