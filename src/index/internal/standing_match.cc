// The part of standing queries that asks them of a document.
#include <algorithm>

#include "index/internal/geo.h"
#include "index/internal/standing_query.h"

namespace blasty::index::internal {
namespace {

using Kind = QueryNode::Kind;
using Role = QueryNode::Role;

}  // namespace

bool StandingMatch::Fits(const StandingQuery& query, const QueryNode* node) {
    switch (node->kind) {
        case Kind::kAll:
            return true;
        case Kind::kNone:
        case Kind::kPlace:
            return false;
        case Kind::kTerm:
            return terms_.Has(node->value);
        case Kind::kPhrase:
            return FitsPhrase(*node);
        case Kind::kLeaf:
            return std::visit([this](const auto& leaf) { return FitsLeaf(leaf); },
                              query.leaves[node->value]);
        case Kind::kBoolean:
            return FitsBoolean(query, *node);
    }
    return false;
}

bool StandingMatch::FitsBoolean(const StandingQuery& query, const QueryNode& node) {
    uint32_t missing = node.value;
    for (const QueryNode* part = node.first(); part != node.next(); part = part->next()) {
        if (part->role == Role::kShould && missing == 0) return true;
        const bool fits = Fits(query, part);
        if (part->role == Role::kShould) {
            missing -= fits ? 1 : 0;
        } else if (fits != (part->role == Role::kMust)) {
            return false;
        }
    }
    return missing == 0;
}

bool StandingMatch::FitsPhrase(const QueryNode& phrase) {
    const auto has = [this](const QueryNode& place) {
        for (const QueryNode* term = place.first(); term != place.next(); term = term->next()) {
            if (terms_.Has(term->value)) return true;
        }
        return false;
    };
    for (const QueryNode* place = phrase.first(); place != phrase.next(); place = place->next()) {
        if (!has(*place)) return false;
    }
    size_t count = 0;
    for (const QueryNode* place = phrase.first(); place != phrase.next(); place = place->next()) {
        if (count == positions_.size()) positions_.emplace_back();
        std::vector<int64_t>& positions = positions_[count++];
        positions.clear();
        for (const QueryNode* term = place->first(); term != place->next(); term = term->next()) {
            if (!terms_.Has(term->value)) continue;
            for (const Document::Impl::Token& token :
                 terms_.document().TokensOf(terms_.TermOf(term->value)))
                positions.push_back(int64_t{token.position} - place->value);
        }
        if (place->size > 2) std::sort(positions.begin(), positions.end());
        positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    }
    phrase_.Clear();
    count = 0;
    for (const QueryNode* place = phrase.first(); place != phrase.next(); place = place->next())
        phrase_.Add(&positions_[count++], place->value);
    return phrase_.Frequency(phrase.value) > 0;
}

bool StandingMatch::FitsLeaf(const TermLeaf& leaf) const {
    const Document::Impl::Field* field = terms_.FieldOf(leaf.field);
    if (field == nullptr) return false;
    if (!terms_.Has(leaf.prefix)) return false;
    for (uint32_t i = field->first_term; i < field->end_term; ++i) {
        if (leaf.matcher->Fits(terms_.document().TextOf(terms_.document().terms[i]))) return true;
    }
    return false;
}

bool StandingMatch::FitsLeaf(const NumberLeaf& leaf) const {
    const Document::Impl::Field* field = terms_.FieldOf(leaf.field);
    if (field == nullptr) return false;
    return std::any_of(field->numbers.begin(), field->numbers.end(), [&](double value) {
        return (leaf.includes_min ? value >= leaf.min : value > leaf.min) &&
               (leaf.includes_max ? value <= leaf.max : value < leaf.max);
    });
}

bool StandingMatch::FitsLeaf(const std::unique_ptr<const PlaceLeaf>& leaf) const {
    const Document::Impl::Field* field = terms_.FieldOf(leaf->field);
    if (field == nullptr) return false;
    return std::any_of(field->points.begin(), field->points.end(), [&](const Point& point) {
        if (const auto* box = std::get_if<GeoBoxQuery>(&leaf->area)) return Inside(point, *box);
        if (const auto* polygon = std::get_if<GeoPolygonQuery>(&leaf->area))
            return Inside(point, polygon->corners);
        const auto* circle = std::get_if<GeoDistanceQuery>(&leaf->area);
        return circle != nullptr && DistanceMeters(point, circle->center) <= circle->meters;
    });
}

}  // namespace blasty::index::internal
