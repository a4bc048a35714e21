#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "search/internal/json_request_parts.h"
#include "search/internal/query_string_dates.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {
namespace {

using index::FacetRequest;
using index::FieldKind;

constexpr size_t kFacetsMax = 64, kBucketsMax = 10'000;
// Ranges of a facet, and values of it that were picked.
constexpr size_t kRangesMax = 256, kChosenMax = 1000;

bool HasName(const FacetRequest& facet, std::string_view name) {
    return std::any_of(facet.ranges.begin(), facet.ranges.end(),
                       [name](const FacetRequest::Range& range) { return range.name == name; });
}

Status ParseNumericRanges(const JsonValue& list, FacetRequest* facet) {
    BLASTY_ASSIGN_OR_RETURN(const auto array, ArrayOf(list, "numeric_ranges"));
    for (const JsonValue element : array) {
        BLASTY_ASSIGN_OR_RETURN(const auto object, ObjectOf(element, "numeric_ranges"));
        BLASTY_ASSIGN_OR_RETURN(const auto name, TextMember(object, "name"));
        FacetRequest::Range range{.name = name.value_or("")};
        if (HasName(*facet, range.name)) {
            return BadQuery(
                StrCat("numeric ranges contains duplicate name '", Printable(range.name), "'"));
        }
        BLASTY_ASSIGN_OR_RETURN(const auto min, NumberMember(object, "min"));
        BLASTY_ASSIGN_OR_RETURN(const auto max, NumberMember(object, "max"));
        if (!min && !max) {
            return BadQuery(
                StrCat("numeric range query must specify either min, max or both for range name '",
                       Printable(range.name), "'"));
        }
        range.min = min.value_or(range.min);
        range.max = max.value_or(range.max);
        facet->ranges.push_back(std::move(range));
    }
    return OkStatus();
}

Result<double> DateOf(const std::string& text) {
    if (const auto date = ParseDate(text)) return date->us;
    return BadQuery(StrCat("'", Printable(text), "' is no date; write ", kDateForms));
}

Status ParseDateRanges(const JsonValue& list, FacetRequest* facet) {
    BLASTY_ASSIGN_OR_RETURN(const auto array, ArrayOf(list, "date_ranges"));
    for (const JsonValue element : array) {
        BLASTY_ASSIGN_OR_RETURN(const auto object, ObjectOf(element, "date_ranges"));
        BLASTY_ASSIGN_OR_RETURN(const auto name, TextMember(object, "name"));
        FacetRequest::Range range{.name = name.value_or("")};
        if (HasName(*facet, range.name)) {
            return BadQuery(
                StrCat("date ranges contains duplicate name '", Printable(range.name), "'"));
        }
        BLASTY_ASSIGN_OR_RETURN(const auto start, TextMember(object, "start"));
        BLASTY_ASSIGN_OR_RETURN(const auto end, TextMember(object, "end"));
        if (!start && !end) {
            return BadQuery(
                StrCat("date range query must specify either start, end or both for range name '",
                       Printable(range.name), "'"));
        }
        if (start) {
            BLASTY_ASSIGN_OR_RETURN(range.min, DateOf(*start));
        }
        if (end) {
            BLASTY_ASSIGN_OR_RETURN(range.max, DateOf(*end));
        }
        facet->ranges.push_back(std::move(range));
    }
    return OkStatus();
}

Status CheckKind(const FacetRequest& facet, const FieldUse& field, bool dates) {
    const bool terms = facet.kind == FacetRequest::Kind::kTerms;
    if (field.kind != (terms ? FieldKind::kKeyword : FieldKind::kNumber)) {
        return BadQuery(StrCat("field '", Printable(field.name), "' is a ", KindName(field), "; ",
                               terms ? "terms are counted of keywords, and numbers need "
                                       "\"numeric_ranges\", \"date_ranges\" or \"interval\""
                                     : "ranges are counted of numbers and dates"));
    }
    if (dates && !field.date)
        return BadQuery(StrCat("\"date_ranges\" need dates, but field '", Printable(field.name),
                               "' holds numbers"));
    return OkStatus();
}

Result<FacetRequest> ParseFacet(std::string_view name, const JsonMembers& object,
                                const Fields& fields, bool* dates) {
    FacetRequest facet{.name = std::string(name)};
    BLASTY_ASSIGN_OR_RETURN(const auto field_name, TextMember(object, "field"));
    BLASTY_ASSIGN_OR_RETURN(const uint64_t size, CountMember(object, "size", 10, kBucketsMax));
    facet.size = size;
    const auto numeric = Member(object, "numeric_ranges");
    const auto date = Member(object, "date_ranges");
    *dates = date.has_value();
    // Bleve's own words.
    if (numeric && date)
        return BadQuery("facet can only conain numeric ranges or date ranges, not both");
    if (numeric || date) facet.kind = FacetRequest::Kind::kRanges;
    if (numeric) BLASTY_RETURN_IF_ERROR(ParseNumericRanges(*numeric, &facet));
    if (date) BLASTY_RETURN_IF_ERROR(ParseDateRanges(*date, &facet));
    BLASTY_ASSIGN_OR_RETURN(const auto interval, NumberMember(object, "interval"));
    if (interval) {
        if (numeric || date || !(*interval > 0))
            return BadQuery("\"interval\" must be more than 0, and stand without ranges");
        facet.kind = FacetRequest::Kind::kHistogram;
        facet.interval = *interval;
    }
    BLASTY_ASSIGN_OR_RETURN(facet.chosen, TextsMember(object, "chosen"));
    if (facet.ranges.size() > kRangesMax || facet.chosen.size() > kChosenMax) {
        return BadQuery(StrCat("a facet has at most ", kRangesMax, " ranges and ", kChosenMax,
                               " chosen values"));
    }
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields, field_name.value_or("")));
    facet.field = field->name;
    BLASTY_RETURN_IF_ERROR(CheckKind(facet, *field, *dates));
    BLASTY_ASSIGN_OR_RETURN(const auto sums, TextMember(object, "sums"));
    if (!sums) return facet;
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* summed, FindField(fields, *sums));
    if (summed->kind != FieldKind::kNumber)
        return BadQuery(StrCat("\"sums\": field '", Printable(*sums), "' holds no numbers"));
    facet.sums_field = summed->name;
    return facet;
}

}  // namespace

Status ParseFacets(const JsonMembers& facets, const Fields& fields, JsonRequest* request) {
    if (facets.size() > kFacetsMax)
        return BadQuery(StrCat(facets.size(), " facets; at most ", kFacetsMax, " are counted"));
    for (const auto& [name, value] : facets) {
        BLASTY_ASSIGN_OR_RETURN(const JsonMembers object, ObjectOf(value, "facets"));
        bool dates = false;
        Result<FacetRequest> facet = ParseFacet(name, object, fields, &dates);
        // Errors of Bleve keep its words from the first to the last.
        if (!facet.ok()) return facet.status();
        if (dates) request->date_facets.push_back(facet->name);
        request->search.facets.push_back(*std::move(facet));
    }
    return OkStatus();
}

}  // namespace blasty::search::internal
