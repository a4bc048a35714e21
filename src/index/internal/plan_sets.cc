// The part of Plan that makes sets.
#include <algorithm>
#include <cmath>
#include <utility>

#include "index/internal/geo.h"
#include "index/internal/plan.h"

namespace blasty::index::internal {
namespace {

template <typename Column>
void AddWhere(const Column* column, DocSet* set, const auto& fits) {
    if (column == nullptr) return;
    const ColumnShape& shape = column->shape();
    for (uint32_t doc = 0; doc < shape.documents(); ++doc) {
        const uint32_t end = shape.end(doc);
        for (uint32_t i = shape.begin(doc); i < end; ++i) {
            if (!fits(column->Value(i))) continue;
            set->Add(doc);
            break;
        }
    }
}

}  // namespace

DocSet Plan::SetOfTerms(std::string_view field, const TermMatcher& matcher, size_t i) const {
    DocSet set(segment(i).documents());
    const SegmentField* in = segment(i).Field(field);
    const Dictionary* dictionary = in == nullptr ? nullptr : in->dictionary();
    if (dictionary == nullptr) return set;
    if (const auto interval = matcher.IntervalOf(*dictionary)) {
        TermCursor cursor(*dictionary);
        if (!cursor.ForEachMeta(interval->begin, interval->end,
                                [&](const TermMeta& meta) { in->AddList(meta, &set); }))
            segment(i).SetDamaged();
        return set;
    }
    matcher.ForEach(*dictionary, [&](TermCursor& cursor, uint32_t /*distance*/) {
        TermMeta meta;
        if (!cursor.Meta(&meta)) {
            segment(i).SetDamaged();
            return false;
        }
        in->AddList(meta, &set);
        return true;
    });
    return set;
}

DocSet Plan::SetOfNumbers(const NumberRangeQuery& range, size_t i) const {
    DocSet set(segment(i).documents());
    const SegmentField* in = segment(i).Field(range.field);
    const NumberColumn* column = in == nullptr ? nullptr : in->numbers();
    if (column == nullptr || column->min() > range.max || column->max() < range.min) return set;
    AddWhere(column, &set, [&](double value) {
        return (range.includes_min ? value >= range.min : value > range.min) &&
               (range.includes_max ? value <= range.max : value < range.max);
    });
    return set;
}

template <typename Inside>
DocSet Plan::SetOfPoints(std::string_view field, size_t i, const Inside& inside) const {
    DocSet set(segment(i).documents());
    const SegmentField* in = segment(i).Field(field);
    if (in != nullptr) AddWhere(in->points(), &set, inside);
    return set;
}

DocSet Plan::SetOfIds(const IdsQuery& ids, size_t i) const {
    DocSet set(segment(i).documents());
    for (const std::string& key : ids.keys) {
        const uint32_t doc = segment(i).Find(key);
        if (doc != kEnd) set.Add(doc);
    }
    return set;
}

DocSet Plan::SetOfExisting(std::string_view field, size_t i) const {
    DocSet set(segment(i).documents());
    const SegmentField* in = segment(i).Field(field);
    if (in == nullptr) return set;
    if (const LengthColumn* lengths = in->lengths()) {
        for (uint32_t doc = 0; doc < set.documents(); ++doc) {
            if ((*lengths)[doc] > 0) set.Add(doc);
        }
    }
    const auto any = [](const auto& /*value*/) { return true; };
    AddWhere(in->ordinals(), &set, any);
    AddWhere(in->numbers(), &set, any);
    AddWhere(in->points(), &set, any);
    return set;
}

void Plan::ForgetOtherSegments(size_t i) {
    if (std::exchange(remembered_segment_, i) == i) return;
    sets_.clear();
    phrases_.clear();
}

DocSet Plan::SetOfPhrase(const PhraseQuery& phrase, size_t i) {
    ForgetOtherSegments(i);
    std::shared_ptr<const PhraseHits>& hits = phrases_[&phrase];
    if (hits == nullptr) {
        auto found = std::make_shared<PhraseHits>();
        const std::unique_ptr<PhraseScorer> scorer = MakePhrase(phrase, i, 0);
        for (uint32_t doc = scorer == nullptr ? kEnd : scorer->Next(); doc != kEnd;
             doc = scorer->Next()) {
            found->docs.push_back(doc);
            found->frequencies.push_back(scorer->frequency());
        }
        hits = std::move(found);
    }
    DocSet set(segment(i).documents());
    for (const uint32_t doc : hits->docs) set.Add(doc);
    return set;
}

DocSet Plan::SetOfBoolean(const BooleanQuery& query, size_t i) {
    const uint32_t documents = segment(i).documents();
    DocSet set(documents, true);
    for (const auto* parts : {&query.must, &query.filter}) {
        for (const QueryPtr& part : *parts) set.And(*SetOf(*part, i));
    }
    const bool alone = query.must.empty() && query.filter.empty();
    const uint32_t min =
        std::max<uint32_t>(query.min_should, alone && !query.should.empty() ? 1 : 0);
    if (min > query.should.size()) return DocSet(documents);
    if (min == 1) {
        DocSet any(documents);
        for (const QueryPtr& part : query.should) any.Or(*SetOf(*part, i));
        set.And(any);
    } else if (min > 1) {
        std::vector<uint32_t> matches(documents, 0);
        for (const QueryPtr& part : query.should)
            SetOf(*part, i)->ForEach([&](uint32_t doc) { ++matches[doc]; });
        for (uint32_t doc = 0; doc < documents; ++doc) {
            if (matches[doc] < min) set.Remove(doc);
        }
    }
    for (const QueryPtr& part : query.must_not) set.AndNot(*SetOf(*part, i));
    return set;
}

struct Plan::SetVisitor {
    Plan& plan;
    size_t i;
    uint32_t documents;

    DocSet operator()(const AllQuery&) const { return DocSet(documents, true); }
    DocSet operator()(const NoneQuery&) const { return DocSet(documents); }
    DocSet operator()(const TermQuery& term) const {
        DocSet set(documents);
        const SegmentField* in = plan.segment(i).Field(term.field);
        if (in == nullptr) return set;
        const TermMeta& meta = plan.FactsOf(term.field, term.term).metas[i];
        if (meta.documents == 0) return set;
        in->AddList(meta, &set);
        return set;
    }
    DocSet operator()(const PhraseQuery& phrase) const { return plan.SetOfPhrase(phrase, i); }
    DocSet Terms(const auto& node) const {
        return plan.SetOfTerms(node.field, *plan.matchers_[&node], i);
    }
    DocSet operator()(const PrefixQuery& node) const { return Terms(node); }
    DocSet operator()(const WildcardQuery& node) const { return Terms(node); }
    DocSet operator()(const RegexpQuery& node) const { return Terms(node); }
    DocSet operator()(const TermRangeQuery& node) const { return Terms(node); }
    DocSet operator()(const FuzzyQuery& node) const { return Terms(node); }
    DocSet operator()(const NumberRangeQuery& range) const { return plan.SetOfNumbers(range, i); }
    DocSet operator()(const GeoBoxQuery& box) const {
        return plan.SetOfPoints(box.field, i,
                                [&](const Point& point) { return Inside(point, box); });
    }
    DocSet operator()(const GeoDistanceQuery& circle) const {
        return plan.SetOfPoints(circle.field, i, [&](const Point& point) {
            return DistanceMeters(point, circle.center) <= circle.meters;
        });
    }
    DocSet operator()(const GeoPolygonQuery& polygon) const {
        return plan.SetOfPoints(polygon.field, i,
                                [&](const Point& point) { return Inside(point, polygon.corners); });
    }
    DocSet operator()(const IdsQuery& ids) const { return plan.SetOfIds(ids, i); }
    DocSet operator()(const ExistsQuery& exists) const {
        return plan.SetOfExisting(exists.field, i);
    }
    DocSet operator()(const BooleanQuery& boolean) const { return plan.SetOfBoolean(boolean, i); }
    DocSet operator()(const BestOfQuery& best) const {
        DocSet set(documents);
        for (const QueryPtr& part : best.queries) set.Or(*plan.SetOf(*part, i));
        return set;
    }
};

DocSetPtr Plan::SetOf(const Query& query, size_t i) {
    const auto make = [&] {
        return std::make_shared<const DocSet>(std::visit(
            SetVisitor{.plan = *this, .i = i, .documents = segment(i).documents()}, query.node));
    };
    const std::string key = SetKeyOf(query);
    if (key.empty()) return make();
    ForgetOtherSegments(i);
    DocSetPtr& set = sets_[key];
    if (set == nullptr) set = segment(i).sets().Find(key);
    if (set == nullptr) {
        set = make();
        if (!segment(i).damaged()) segment(i).sets().Add(key, set);
    }
    return set;
}

}  // namespace blasty::index::internal
