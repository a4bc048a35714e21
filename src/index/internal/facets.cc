#include "index/internal/facets.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/strings.h"
#include "index/limits.h"

namespace blasty::index::internal {
namespace {

void AddValue(double value, FacetSums* sums) {
    ++sums->values;
    sums->sum += value;
    sums->min = std::min(sums->min, value);
    sums->max = std::max(sums->max, value);
}

void AddSums(const FacetSums& from, FacetSums* to) {
    to->values += from.values;
    to->sum += from.sum;
    to->min = std::min(to->min, from.min);
    to->max = std::max(to->max, from.max);
}

void AddAllOf(const NumberColumn& column, uint32_t doc, FacetSums* sums) {
    const uint32_t end = column.shape().end(doc);
    for (uint32_t i = column.shape().begin(doc); i < end; ++i) AddValue(column.Value(i), sums);
}

const NumberColumn* NumbersOf(const Segment& segment, const std::string& name) {
    const SegmentField* field = name.empty() ? nullptr : segment.Field(name);
    return field == nullptr ? nullptr : field->numbers();
}

bool MoreFirst(const FacetBucket& a, const FacetBucket& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
}

}  // namespace

FacetCounter::FacetCounter(const FacetRequest& request)
    : request_(request), ranges_(request.ranges.size()) {
    result_.name = request.name;
    result_.field = request.field;
    result_.kind = request.kind;
}

Status FacetCounter::Add(const Segment& segment, const DocSet& documents) {
    if (request_.kind != FacetRequest::Kind::kTerms) return AddNumbers(segment, documents);
    AddTerms(segment, documents);
    return OkStatus();
}

void FacetCounter::AddTerms(const Segment& segment, const DocSet& documents) {
    const SegmentField* field = segment.Field(request_.field);
    const OrdinalColumn* column = field == nullptr ? nullptr : field->ordinals();
    if (column == nullptr) {
        result_.missing += documents.Count();
        return;
    }
    const ColumnShape& shape = column->shape();
    std::vector<uint64_t> counts(field->terms(), 0);
    std::vector<FacetSums> sums;
    const NumberColumn* numbers = NumbersOf(segment, request_.sums_field);
    if (numbers != nullptr) sums.resize(counts.size());
    uint64_t missing = 0;
    const size_t limit = counts.size();
    if (shape.full() && numbers == nullptr) {
        column->array().Visit([&](const auto& ordinals) {
            documents.ForEach([&](uint32_t doc) {
                const size_t ordinal = ordinals[doc];
                if (ordinal < limit) ++counts[ordinal];
            });
        });
    } else {
        documents.ForEach([&](uint32_t doc) {
            const uint32_t begin = shape.begin(doc), end = shape.end(doc);
            missing += begin == end ? 1 : 0;
            for (uint32_t i = begin; i < end; ++i) {
                const uint32_t ordinal = column->Value(i);
                if (ordinal >= limit) continue;
                ++counts[ordinal];
                if (numbers != nullptr) AddAllOf(*numbers, doc, &sums[ordinal]);
            }
        });
    }
    result_.missing += missing;
    AddCounts(*field, counts, sums);
}

void FacetCounter::AddCounts(const SegmentField& field, const std::vector<uint64_t>& counts,
                             const std::vector<FacetSums>& sums) {
    const Dictionary* dictionary = field.dictionary();
    if (dictionary == nullptr) return;
    TermCursor cursor(*dictionary);
    bool there = cursor.First();
    for (uint32_t ordinal = 0; ordinal < counts.size(); ++ordinal) {
        if (counts[ordinal] == 0) continue;
        // Near ones are reached by stepping.
        if (there && ordinal > cursor.ordinal() && ordinal - cursor.ordinal() < 8) {
            while (there && cursor.ordinal() < ordinal) there = cursor.Next();
        } else if (!there || cursor.ordinal() != ordinal) {
            there = cursor.SeekOrdinal(ordinal);
        }
        if (!there) return;
        Bucket& bucket = terms_[std::string(cursor.term())];
        bucket.count += counts[ordinal];
        result_.total += counts[ordinal];
        if (!sums.empty()) AddSums(sums[ordinal], &bucket.sums);
    }
}

Status FacetCounter::AddNumbers(const Segment& segment, const DocSet& documents) {
    const NumberColumn* column = NumbersOf(segment, request_.field);
    if (column == nullptr) {
        result_.missing += documents.Count();
        return OkStatus();
    }
    const NumberColumn* numbers = NumbersOf(segment, request_.sums_field);
    const auto count = [&](Bucket& bucket, uint32_t doc) {
        ++bucket.count;
        ++result_.total;
        if (numbers != nullptr) AddAllOf(*numbers, doc, &bucket.sums);
    };
    documents.ForEach([&](uint32_t doc) {
        const uint32_t begin = column->shape().begin(doc), end = column->shape().end(doc);
        result_.missing += begin == end ? 1 : 0;
        for (uint32_t i = begin; i < end; ++i) {
            const double value = column->Value(i);
            if (request_.kind == FacetRequest::Kind::kHistogram) {
                const double place = std::floor(value / request_.interval);
                if (std::abs(place) < 9e15 && histogram_.size() <= kHistogramBucketsMax)
                    count(histogram_[static_cast<int64_t>(place)], doc);
                continue;
            }
            for (size_t range = 0; range < ranges_.size(); ++range) {
                if (value >= request_.ranges[range].min && value < request_.ranges[range].max)
                    count(ranges_[range], doc);
            }
        }
    });
    if (histogram_.size() <= kHistogramBucketsMax) return OkStatus();
    return MakeError(StatusCode::kResourceExhausted, "FACET_TOO_LARGE",
                     StrCat("the histogram '", Printable(request_.name), "' has more than ",
                            kHistogramBucketsMax, " buckets; take a larger interval"));
}

void FacetCounter::FinishTerms() {
    for (const auto& [term, bucket] : terms_) {
        FacetBucket& to = result_.buckets.emplace_back();
        to.name = term;
        to.count = bucket.count;
        to.sums = bucket.sums;
    }
}

FacetResult FacetCounter::Finish() {
    if (request_.kind == FacetRequest::Kind::kHistogram) {
        for (const auto& [place, bucket] : histogram_) {
            FacetBucket& to = result_.buckets.emplace_back();
            to.min = static_cast<double>(place) * request_.interval;
            to.max = to.min + request_.interval;
            to.count = bucket.count;
            to.sums = bucket.sums;
        }
    } else if (request_.kind == FacetRequest::Kind::kRanges) {
        for (size_t i = 0; i < ranges_.size(); ++i) {
            if (ranges_[i].count == 0) continue;
            result_.buckets.push_back({.name = request_.ranges[i].name,
                                       .min = request_.ranges[i].min,
                                       .max = request_.ranges[i].max,
                                       .count = ranges_[i].count,
                                       .sums = ranges_[i].sums});
        }
        std::sort(result_.buckets.begin(), result_.buckets.end(), MoreFirst);
    } else {
        FinishTerms();
        const size_t shown = std::min(request_.size, result_.buckets.size());
        std::partial_sort(result_.buckets.begin(),
                          result_.buckets.begin() + static_cast<ptrdiff_t>(shown),
                          result_.buckets.end(), MoreFirst);
    }
    if (result_.buckets.size() > request_.size) result_.buckets.resize(request_.size);
    uint64_t shown = 0;
    for (const FacetBucket& bucket : result_.buckets) shown += bucket.count;
    result_.other = result_.total - shown;
    return std::move(result_);
}

}  // namespace blasty::index::internal
