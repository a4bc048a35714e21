// How a conjunction of terms is indexed: which terms become keys, which one an interval.
#include <algorithm>

#include "live/internal/table_index.h"

namespace blasty::live::internal {
namespace {

using tables::Affinity;
using tables::Value;

// Composites of the values of IN lists, for one conjunction.
constexpr size_t kCompositesMax = 256;

bool IsNull(const Value& value) { return std::holds_alternative<tables::Null>(value); }

bool IsEquality(int op) {
    return op == SQLITE_INDEX_CONSTRAINT_EQ || op == SQLITE_INDEX_CONSTRAINT_IS ||
           op == SQLITE_INDEX_CONSTRAINT_ISNULL;
}

struct Equality {
    Placement::KeyColumn key;
    std::vector<Value> values;
};

// False: no row satisfies the term.
bool ReadEquality(const Term& term, Affinity affinity, std::vector<Equality>* out) {
    Equality equality;
    equality.values = term.values;
    if (term.op == SQLITE_INDEX_CONSTRAINT_ISNULL) equality.values = {tables::Null()};
    if (term.op == SQLITE_INDEX_CONSTRAINT_EQ) std::erase_if(equality.values, IsNull);
    if (equality.values.empty()) return false;
    const bool taken = std::any_of(out->begin(), out->end(), [&](const Equality& other) {
        return other.key.column == term.column;
    });
    const auto mode = ModeOf(affinity, term.collation, equality.values);
    if (taken || !mode.has_value()) return true;
    equality.key = {term.column, *mode, term.collation};
    // Texts stay texts in these modes only when they are compared as such; elsewhere the
    // collation is part of the key all the same.
    out->push_back(std::move(equality));
    return true;
}

// Bytes of a LIKE or GLOB pattern that every match begins with.
std::string_view FixedPrefix(std::string_view pattern, bool glob) {
    const std::string_view special = glob ? "*?[" : "%_";
    size_t size = 0;
    while (size < pattern.size() && pattern[size] > '\0' &&
           special.find(pattern[size]) == std::string_view::npos) {
        ++size;
    }
    return pattern.substr(0, size);
}

struct Range {
    Placement::RangeColumn column;
    Interval interval;
};

std::optional<Range> ReadPattern(const Term& term, const tables::Text& pattern) {
    const bool glob = term.op == SQLITE_INDEX_CONSTRAINT_GLOB;
    const std::string_view prefix = FixedPrefix(pattern.bytes, glob);
    if (prefix.empty()) return std::nullopt;
    Range range;
    range.column = {term.column, true, glob ? Collation::kBinary : Collation::kNoCase};
    range.interval.low = PointOf(prefix, range.column.collation);
    std::string last(prefix);
    last.append(8, '\xff');
    range.interval.high = PointOf(last, range.column.collation);
    return range;
}

// Nullopt: not indexable. Bounds are taken as included.
std::optional<Range> ReadRange(const Term& term, Affinity affinity) {
    if (term.values.size() != 1) return std::nullopt;
    const Value& value = term.values[0];
    const auto* text = std::get_if<tables::Text>(&value);
    if (term.op == SQLITE_INDEX_CONSTRAINT_LIKE || term.op == SQLITE_INDEX_CONSTRAINT_GLOB) {
        if (affinity != Affinity::kText || text == nullptr) return std::nullopt;
        return ReadPattern(term, *text);
    }
    Range range;
    uint64_t point = 0;
    if (affinity == Affinity::kText) {
        if (text == nullptr || term.collation == Collation::kRTrim ||
            term.collation == Collation::kOther) {
            return std::nullopt;
        }
        range.column = {term.column, true, term.collation};
        point = PointOf(text->bytes, term.collation);
    } else {
        if (affinity == Affinity::kBlob) return std::nullopt;
        range.column = {term.column, false, Collation::kBinary};
        if (const auto* integer = std::get_if<int64_t>(&value); integer != nullptr) {
            point = PointOf(static_cast<double>(*integer));
        } else if (const auto* real = std::get_if<double>(&value); real != nullptr) {
            point = PointOf(*real);
        } else {
            return std::nullopt;
        }
    }
    const bool lower =
        term.op == SQLITE_INDEX_CONSTRAINT_GT || term.op == SQLITE_INDEX_CONSTRAINT_GE;
    (lower ? range.interval.low : range.interval.high) = point;
    return range;
}

// The range of the column that is bounded most often; the first of several.
std::optional<Range> BestRange(const std::vector<Range>& ranges) {
    std::optional<Range> best;
    int best_terms = 0;
    for (const Range& first : ranges) {
        Range merged = first;
        int terms = 0;
        for (const Range& other : ranges) {
            if (!(other.column == first.column)) continue;
            ++terms;
            merged.interval.low = std::max(merged.interval.low, other.interval.low);
            merged.interval.high = std::min(merged.interval.high, other.interval.high);
        }
        if (terms <= best_terms) continue;
        best = merged;
        best_terms = terms;
    }
    return best;
}

// Fewer composites by leaving out the longest lists.
void Bound(std::vector<Equality>* equalities) {
    const auto composites = [&] {
        size_t product = 1;
        for (const Equality& equality : *equalities) {
            product *= equality.values.size();
            if (product > kCompositesMax) break;
        }
        return product;
    };
    while (composites() > kCompositesMax) {
        equalities->erase(std::max_element(equalities->begin(), equalities->end(),
                                           [](const Equality& a, const Equality& b) {
                                               return a.values.size() < b.values.size();
                                           }));
    }
}

}  // namespace

uint64_t CombineKeys(uint64_t key, uint64_t hash) {
    key ^= hash + 0x9e3779b97f4a7c15u + (key << 6) + (key >> 2);
    key *= 0xd6e8feb86659fd93u;
    return key ^ (key >> 32);
}

bool Placement::Uses(int column) const {
    return (range.has_value() && range->column == column) ||
           std::any_of(equalities.begin(), equalities.end(),
                       [&](const KeyColumn& key) { return key.column == column; });
}

Placement TableIndex::Place(const Conjunction& conjunction) {
    Placement out;
    std::vector<Equality> equalities;
    std::vector<Range> ranges;
    for (const Term& term : conjunction) {
        const Affinity affinity = table_.columns[static_cast<size_t>(term.column)].affinity;
        if (IsEquality(term.op)) {
            if (!ReadEquality(term, affinity, &equalities)) out.never = true;
            continue;
        }
        if (term.values.size() == 1 && IsNull(term.values[0])) out.never = true;
        if (auto range = ReadRange(term, affinity); range.has_value()) ranges.push_back(*range);
    }
    if (out.never) return out;
    Bound(&equalities);
    std::sort(equalities.begin(), equalities.end(),
              [](const Equality& a, const Equality& b) { return a.key.column < b.key.column; });
    if (const auto range = BestRange(ranges); range.has_value()) {
        out.range = range->column;
        out.interval = range->interval;
    }
    out.keys = {0};
    for (const Equality& equality : equalities) {
        out.equalities.push_back(equality.key);
        std::vector<uint64_t> keys;
        for (const uint64_t key : out.keys) {
            for (const Value& value : equality.values) {
                keys.push_back(
                    CombineKeys(key, values_.HashOf(tables::ViewOf(value), equality.key.mode,
                                                    equality.key.collation)));
            }
        }
        out.keys = std::move(keys);
    }
    std::sort(out.keys.begin(), out.keys.end());
    out.keys.erase(std::unique(out.keys.begin(), out.keys.end()), out.keys.end());
    return out;
}

}  // namespace blasty::live::internal
