#include "index/internal/query_cover.h"

#include <algorithm>
#include <utility>

namespace blasty::index::internal {
namespace {

using Kind = QueryNode::Kind;
using Role = QueryNode::Role;

// Ranges are not counted: terms are preferred to them.
constexpr double kNumbersChance = 0.5, kLatitudesChance = 0.25;
// Worse than any number of keys: nothing leads to the query.
constexpr double kEveryChance = 1e9;

double ChanceOf(const CoverKey& key, const QueryTerms& terms) {
    switch (key.kind) {
        case CoverKey::Kind::kTerm:
            return terms.Chance(key.number);
        case CoverKey::Kind::kNumbers:
            return kNumbersChance;
        case CoverKey::Kind::kLatitudes:
            return kLatitudesChance;
        case CoverKey::Kind::kEvery:
            return kEveryChance;
    }
    return kEveryChance;
}

class Chooser {
  public:
    Chooser(const StandingQuery& query, const QueryTerms& terms) : query_(query), terms_(terms) {}

    Cover Of(const QueryNode& node) const {
        switch (node.kind) {
            case Kind::kAll:
                return One({.kind = CoverKey::Kind::kEvery, .sure = true});
            case Kind::kNone:
                return {};
            case Kind::kTerm:
                return One({.kind = CoverKey::Kind::kTerm, .sure = true, .number = node.value});
            case Kind::kPhrase:
                return OfPhrase(node);
            case Kind::kPlace:
                return OfAny(node, 1);
            case Kind::kLeaf:
                return OfLeaf(node.value);
            case Kind::kBoolean:
                return OfBoolean(node);
        }
        return {};
    }

  private:
    Cover One(CoverKey key) const { return {.keys = {key}, .chance = ChanceOf(key, terms_)}; }

    static Cover Unsure(Cover cover) {
        for (CoverKey& key : cover.keys) key.sure = false;
        return cover;
    }

    Cover OfLeaf(uint32_t number) const {
        const QueryLeaf& leaf = query_.leaves[number];
        if (const auto* words = std::get_if<TermLeaf>(&leaf))
            return One({.kind = CoverKey::Kind::kTerm, .number = words->prefix});
        return One({.kind = std::holds_alternative<NumberLeaf>(leaf) ? CoverKey::Kind::kNumbers
                                                                     : CoverKey::Kind::kLatitudes,
                    .number = number});
    }

    Cover OfPhrase(const QueryNode& phrase) const {
        Cover best = Of(*phrase.first());
        for (const QueryNode* place = phrase.first()->next(); place != phrase.next();
             place = place->next()) {
            Cover other = Of(*place);
            if (other.chance < best.chance) best = std::move(other);
        }
        return Unsure(std::move(best));
    }

    // Of the parts that are kShould, when at least `min` of them must fit: all but min - 1 of them
    // do, and the cheapest are taken.
    Cover OfAny(const QueryNode& node, uint32_t min) const {
        std::vector<Cover> covers;
        for (const QueryNode* part = node.first(); part != node.next(); part = part->next()) {
            if (part->role == Role::kShould) covers.push_back(Of(*part));
        }
        if (covers.size() < min) return {};
        std::stable_sort(covers.begin(), covers.end(),
                         [](const Cover& a, const Cover& b) { return a.chance < b.chance; });
        Cover all;
        for (size_t i = 0; i + min <= covers.size(); ++i) {
            all.keys.insert(all.keys.end(), covers[i].keys.begin(), covers[i].keys.end());
            all.chance += covers[i].chance;
        }
        return min > 1 ? Unsure(std::move(all)) : all;
    }

    Cover OfBoolean(const QueryNode& node) const {
        Cover best = One({.kind = CoverKey::Kind::kEvery, .sure = true});
        bool alone = true, chosen = false;
        const auto offer = [&](Cover cover) {
            alone = alone && !chosen;
            if (!chosen || cover.chance < best.chance) best = std::move(cover);
            chosen = true;
        };
        for (const QueryNode* part = node.first(); part != node.next(); part = part->next()) {
            if (part->role == Role::kMust) offer(Of(*part));
            if (part->role == Role::kMustNot) alone = false;
        }
        if (node.value > 0) offer(OfAny(node, node.value));
        return alone ? best : Unsure(std::move(best));
    }

    const StandingQuery& query_;
    const QueryTerms& terms_;
};

}  // namespace

Cover CoverOf(const StandingQuery& query, const QueryTerms& terms) {
    Cover cover = Chooser(query, terms).Of(query.nodes[0]);
    if (cover.chance >= kEveryChance) {
        // One of them is every document, which does for all.
        const bool sure = std::any_of(
            cover.keys.begin(), cover.keys.end(),
            [](const CoverKey& key) { return key.kind == CoverKey::Kind::kEvery && key.sure; });
        cover.keys = {{.kind = CoverKey::Kind::kEvery, .sure = sure}};
    }
    return cover;
}

double ChanceOf(const std::vector<CoverKey>& keys, const QueryTerms& terms) {
    double chance = 0;
    for (const CoverKey& key : keys) chance += ChanceOf(key, terms);
    return chance;
}

}  // namespace blasty::index::internal
