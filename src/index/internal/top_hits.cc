#include "index/internal/top_hits.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "index/internal/geo.h"

namespace blasty::index::internal {

SortValues::SortValues(const Segment& segment, const std::vector<SortKey>& keys)
    : segment_(segment), keys_(keys), sources_(keys.size()) {
    for (size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].field.empty()) continue;
        Source& source = sources_[i];
        source.field = segment.Field(keys[i].field);
        if (source.field == nullptr) continue;
        source.ordinals = source.field->ordinals();
        source.numbers = source.field->numbers();
        source.points = source.field->points();
    }
}

namespace {

std::string TermOf(const SegmentField& field, uint32_t ordinal) {
    const Dictionary* dictionary = field.dictionary();
    if (dictionary == nullptr) return "";
    TermCursor cursor(*dictionary);
    return cursor.SeekOrdinal(ordinal) ? std::string(cursor.term()) : "";
}

// The largest or smallest of a document's values; false: it has none.
template <typename Column, typename Map, typename Value>
bool Extreme(const Column& column, uint32_t doc, bool largest, const Map& map, Value* out) {
    const uint32_t begin = column.shape().begin(doc), end = column.shape().end(doc);
    for (uint32_t i = begin; i < end; ++i) {
        const Value value = map(column.Value(i));
        if (i == begin || (largest ? value > *out : value < *out)) *out = value;
    }
    return begin < end;
}

}  // namespace

SortValue SortValues::Of(size_t i, uint32_t doc, float score) {
    const SortKey& key = keys_[i];
    const Source& source = sources_[i];
    const bool largest =
        key.mode == SortKey::Mode::kDefault ? key.descending : key.mode == SortKey::Mode::kMax;
    const auto same = [](const auto& value) { return value; };
    switch (key.by) {
        case SortKey::By::kScore:
            return static_cast<double>(score);
        case SortKey::By::kKey:
            return std::string(segment_.Key(doc));
        case SortKey::By::kDistance: {
            double meters = 0;
            const auto distance = [&](const Point& at) { return DistanceMeters(at, key.origin); };
            if (source.points != nullptr &&
                Extreme(*source.points, doc, largest, distance, &meters))
                return meters;
            return std::monostate();
        }
        case SortKey::By::kField:
            break;
    }
    if (uint32_t ordinal = 0;
        source.ordinals != nullptr && Extreme(*source.ordinals, doc, largest, same, &ordinal))
        return TermOf(*source.field, ordinal);
    if (double number = 0;
        source.numbers != nullptr && Extreme(*source.numbers, doc, largest, same, &number))
        return number;
    return std::monostate();
}

std::string SortValues::CollapseValue(const Segment& segment, const std::string& name,
                                      uint32_t doc) {
    const SegmentField* field = segment.Field(name);
    if (field == nullptr) return "";
    if (const OrdinalColumn* column = field->ordinals()) {
        const uint32_t begin = column->shape().begin(doc);
        return begin < column->shape().end(doc) ? TermOf(*field, column->Value(begin)) : "";
    }
    const NumberColumn* column = field->numbers();
    if (column == nullptr || !column->shape().Has(doc)) return "";
    char raw[32];
    const double value = column->Value(column->shape().begin(doc));
    return {raw, static_cast<size_t>(std::to_chars(raw, raw + sizeof(raw), value).ptr - raw)};
}

int TopHits::Compare(size_t key, const SortValue& a, const SortValue& b) const {
    const bool a_missing = a.index() == 0, b_missing = b.index() == 0;
    if (a_missing || b_missing) {
        if (a_missing == b_missing) return 0;
        return a_missing == keys_[key].missing_first ? -1 : 1;
    }
    if (a == b) return 0;
    return (a < b) != keys_[key].descending ? -1 : 1;
}

int TopHits::Compare(const std::vector<SortValue>& a, const std::vector<SortValue>& b) const {
    for (size_t i = 0; i < keys_.size(); ++i) {
        const int order = Compare(i, a[i], b[i]);
        if (order != 0) return order;
    }
    return 0;
}

bool TopHits::Before(const Hit& a, const Hit& b) const {
    const int order = Compare(a.sort, b.sort);
    if (order != 0) return order < 0;
    return a.segment != b.segment ? a.segment < b.segment : a.doc < b.doc;
}

void TopHits::Push(Hit hit) {
    const auto before = [this](const Hit& a, const Hit& b) { return Before(a, b); };
    heap_.push_back(std::move(hit));
    std::push_heap(heap_.begin(), heap_.end(), before);
    if (heap_.size() <= most_) return;
    std::pop_heap(heap_.begin(), heap_.end(), before);
    heap_.pop_back();
}

void TopHits::Offer(size_t segment, uint32_t doc, float score, SortValues& values) {
    if (most_ == 0) return;
    Hit hit{.segment = segment, .doc = doc, .score = score};
    hit.sort.reserve(keys_.size());
    hit.sort.push_back(values.Of(0, doc, score));
    // Most are not among the best by the first key already.
    if (heap_.size() == most_ && Compare(0, hit.sort[0], heap_[0].sort[0]) > 0) return;
    for (size_t i = 1; i < keys_.size(); ++i) hit.sort.push_back(values.Of(i, doc, score));
    if (!after_.empty() && Compare(hit.sort, after_) <= 0) return;
    Push(std::move(hit));
}

void TopHits::OfferCollapsed(size_t segment, uint32_t doc, float score, SortValues& values,
                             const std::string& value) {
    Hit hit{.segment = segment, .doc = doc, .score = score, .collapsed = 1};
    for (size_t i = 0; i < keys_.size(); ++i) hit.sort.push_back(values.Of(i, doc, score));
    const auto [at, fresh] = collapsed_.try_emplace(value, hit);
    if (fresh) return;
    hit.collapsed = at->second.collapsed + 1;
    at->second.collapsed = hit.collapsed;
    if (Before(hit, at->second)) at->second = std::move(hit);
}

std::vector<Hit> TopHits::Take(size_t from) {
    for (auto& [value, hit] : collapsed_) {
        if (after_.empty() || Compare(hit.sort, after_) > 0) Push(std::move(hit));
    }
    std::sort(heap_.begin(), heap_.end(),
              [this](const Hit& a, const Hit& b) { return Before(a, b); });
    heap_.erase(heap_.begin(),
                heap_.begin() + static_cast<ptrdiff_t>(std::min(from, heap_.size())));
    return std::move(heap_);
}

}  // namespace blasty::index::internal
