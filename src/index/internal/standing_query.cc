#include "index/internal/standing_query.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "index/internal/geo.h"
#include "index/internal/set_cache.h"

namespace blasty::index::internal {
namespace {

using Kind = QueryNode::Kind;
using Role = QueryNode::Role;

// A matcher whose terms begin with so many bytes is asked only about documents with such terms;
// others are asked about every new term.
constexpr size_t kBeginningMin = 2;

class Maker {
  public:
    explicit Maker(QueryTerms& terms) : terms_(terms) {}

    Status Add(const Query& query, Role role);
    StandingQuery& made() { return made_; }

  private:
    size_t Begin(Kind kind, Role role, uint32_t value = 0) {
        made_.nodes.push_back({.kind = kind, .role = role, .size = 1, .value = value});
        return made_.nodes.size() - 1;
    }
    void End(size_t node) {
        made_.nodes[node].size = static_cast<uint32_t>(made_.nodes.size() - node);
    }
    void AddTerm(QueryTerms::Kind kind, std::string_view field, std::string_view text, Role role) {
        Begin(Kind::kTerm, role, terms_.AddTerm(kind, field, text));
    }
    template <typename Leaf>
    void AddLeaf(Leaf leaf, Role role) {
        Begin(Kind::kLeaf, role, static_cast<uint32_t>(made_.leaves.size()));
        made_.leaves.emplace_back(std::move(leaf));
    }
    void AddPhrase(const PhraseQuery& phrase, Role role);
    void AddIds(const IdsQuery& ids, Role role);
    void AddNumbers(const NumberRangeQuery& range, Role role);
    template <typename Area>
    void AddPlace(const Area& area, double south, double north, Role role);
    Status AddTermLeaf(const Query& query, std::string_view field, Role role);
    Status AddBoolean(const BooleanQuery& boolean, Role role);
    Status AddParts(const std::vector<QueryPtr>& parts, Role role);

    QueryTerms& terms_;
    StandingQuery made_;
};

void Maker::AddPhrase(const PhraseQuery& phrase, Role role) {
    if (phrase.places.empty()) {
        Begin(Kind::kNone, role);
        return;
    }
    const size_t node = Begin(Kind::kPhrase, role, phrase.slop);
    for (const PhraseQuery::Place& place : phrase.places) {
        const size_t at = Begin(Kind::kPlace, Role::kMust, place.position);
        for (const std::string& term : place.terms)
            AddTerm(QueryTerms::Kind::kTerm, phrase.field, term, Role::kShould);
        End(at);
    }
    End(node);
}

void Maker::AddIds(const IdsQuery& ids, Role role) {
    const size_t node = Begin(ids.keys.empty() ? Kind::kNone : Kind::kBoolean, role, 1);
    for (const std::string& key : ids.keys) AddTerm(QueryTerms::Kind::kKey, {}, key, Role::kShould);
    End(node);
}

void Maker::AddNumbers(const NumberRangeQuery& range, Role role) {
    if (!(range.min <= range.max)) {
        Begin(Kind::kNone, role);
        return;
    }
    AddLeaf(NumberLeaf{.field = terms_.AddField(range.field),
                       .includes_min = range.includes_min,
                       .includes_max = range.includes_max,
                       .min = range.min,
                       .max = range.max},
            role);
}

template <typename Area>
void Maker::AddPlace(const Area& area, double south, double north, Role role) {
    if (south > north) {
        Begin(Kind::kNone, role);
        return;
    }
    constexpr double kFar = std::numeric_limits<double>::infinity();
    auto leaf = std::make_unique<PlaceLeaf>();
    leaf->field = terms_.AddField(area.field);
    leaf->south = std::isnan(south) || std::isnan(north) ? -kFar : south;
    leaf->north = std::isnan(south) || std::isnan(north) ? kFar : north;
    leaf->area = area;
    AddLeaf(std::unique_ptr<const PlaceLeaf>(std::move(leaf)), role);
}

Status Maker::AddTermLeaf(const Query& query, std::string_view field, Role role) {
    BLASTY_ASSIGN_OR_RETURN(TermMatcherPtr matcher, MakeMatcher(query));
    const std::string beginning = matcher->Beginning();
    if (beginning.size() < kBeginningMin) {
        Begin(Kind::kTerm, role, terms_.AddFitting(field, SetKeyOf(query), std::move(matcher)));
        return OkStatus();
    }
    AddLeaf(TermLeaf{.field = terms_.AddField(field),
                     .prefix = terms_.AddTerm(QueryTerms::Kind::kPrefix, field, beginning),
                     .matcher = std::move(matcher)},
            role);
    return OkStatus();
}

Status Maker::AddParts(const std::vector<QueryPtr>& parts, Role role) {
    for (const QueryPtr& part : parts) BLASTY_RETURN_IF_ERROR(Add(*part, role));
    return OkStatus();
}

Status Maker::AddBoolean(const BooleanQuery& boolean, Role role) {
    const bool alone = boolean.must.empty() && boolean.filter.empty();
    const uint32_t min =
        std::max<uint32_t>(boolean.min_should, alone && !boolean.should.empty() ? 1 : 0);
    const size_t node = Begin(Kind::kBoolean, role, min);
    BLASTY_RETURN_IF_ERROR(AddParts(boolean.must, Role::kMust));
    BLASTY_RETURN_IF_ERROR(AddParts(boolean.filter, Role::kMust));
    BLASTY_RETURN_IF_ERROR(AddParts(boolean.must_not, Role::kMustNot));
    // What is not needed only lifts the score, but it may be wrong.
    BLASTY_RETURN_IF_ERROR(AddParts(boolean.should, Role::kShould));
    End(node);
    return OkStatus();
}

Status Maker::Add(const Query& query, Role role) {
    if (const auto* term = std::get_if<TermQuery>(&query.node)) {
        AddTerm(QueryTerms::Kind::kTerm, term->field, term->term, role);
    } else if (const auto* prefix = std::get_if<PrefixQuery>(&query.node)) {
        AddTerm(QueryTerms::Kind::kPrefix, prefix->field, prefix->prefix, role);
    } else if (const auto* exists = std::get_if<ExistsQuery>(&query.node)) {
        AddTerm(QueryTerms::Kind::kExists, exists->field, {}, role);
    } else if (const auto* ids = std::get_if<IdsQuery>(&query.node)) {
        AddIds(*ids, role);
    } else if (const auto* phrase = std::get_if<PhraseQuery>(&query.node)) {
        AddPhrase(*phrase, role);
    } else if (const auto* wildcard = std::get_if<WildcardQuery>(&query.node)) {
        return AddTermLeaf(query, wildcard->field, role);
    } else if (const auto* regexp = std::get_if<RegexpQuery>(&query.node)) {
        return AddTermLeaf(query, regexp->field, role);
    } else if (const auto* words = std::get_if<TermRangeQuery>(&query.node)) {
        return AddTermLeaf(query, words->field, role);
    } else if (const auto* fuzzy = std::get_if<FuzzyQuery>(&query.node)) {
        return AddTermLeaf(query, fuzzy->field, role);
    } else if (const auto* range = std::get_if<NumberRangeQuery>(&query.node)) {
        AddNumbers(*range, role);
    } else if (const auto* box = std::get_if<GeoBoxQuery>(&query.node)) {
        AddPlace(*box, box->bottom, box->top, role);
    } else if (const auto* circle = std::get_if<GeoDistanceQuery>(&query.node)) {
        // Around a place that is none, latitudes say nothing.
        const bool sane = std::abs(circle->center.latitude) <= 90;
        const double degrees = sane ? DegreesOfMeters(circle->meters) : 1e9;
        AddPlace(*circle, circle->center.latitude - degrees, circle->center.latitude + degrees,
                 role);
    } else if (const auto* polygon = std::get_if<GeoPolygonQuery>(&query.node)) {
        double south = 90, north = -90;
        for (const Point& corner : polygon->corners) {
            south = std::min(south, corner.latitude);
            north = std::max(north, corner.latitude);
        }
        AddPlace(*polygon, south, north, role);
    } else if (const auto* boolean = std::get_if<BooleanQuery>(&query.node)) {
        return AddBoolean(*boolean, role);
    } else if (const auto* best = std::get_if<BestOfQuery>(&query.node)) {
        const size_t node = Begin(best->queries.empty() ? Kind::kNone : Kind::kBoolean, role, 1);
        BLASTY_RETURN_IF_ERROR(AddParts(best->queries, Role::kShould));
        End(node);
    } else {
        Begin(std::holds_alternative<AllQuery>(query.node) ? Kind::kAll : Kind::kNone, role);
    }
    return OkStatus();
}

}  // namespace

Result<StandingQuery> MakeStandingQuery(const Query& query, QueryTerms& terms) {
    Maker maker(terms);
    const Status made = maker.Add(query, Role::kMust);
    if (!made.ok()) {
        ReleaseStandingQuery(maker.made(), terms);
        return made;
    }
    maker.made().nodes.shrink_to_fit();
    return std::move(maker.made());
}

void ReleaseStandingQuery(const StandingQuery& query, QueryTerms& terms) {
    for (const QueryNode& node : query.nodes) {
        if (node.kind == Kind::kTerm) terms.ReleaseTerm(node.value);
    }
    for (const QueryLeaf& leaf : query.leaves) {
        if (const auto* place = std::get_if<std::unique_ptr<const PlaceLeaf>>(&leaf)) {
            terms.ReleaseField((*place)->field);
        } else if (const auto* numbers = std::get_if<NumberLeaf>(&leaf)) {
            terms.ReleaseField(numbers->field);
        } else if (const auto* words = std::get_if<TermLeaf>(&leaf)) {
            terms.ReleaseTerm(words->prefix);
            terms.ReleaseField(words->field);
        }
    }
}

}  // namespace blasty::index::internal
