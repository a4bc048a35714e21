#include "search/json_result.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "base/strings.h"
#include "search/internal/json_writer.h"
#include "search/internal/query_string_dates.h"

namespace blasty::search {
namespace {

using index::FacetBucket;
using index::FacetRequest;
using index::FacetResult;
using internal::AppendJsonName;
using internal::AppendJsonNumber;
using internal::AppendJsonString;

void Comma(std::string& out) {
    if (out.back() != '[' && out.back() != '{') out.push_back(',');
}

void AppendLocations(std::string& out, const JsonHit& extra) {
    AppendJsonName(out, "locations");
    out += "{";
    for (const auto& [field, locations] : extra.locations) {
        AppendJsonName(out, field);
        out += "{";
        std::vector<const TermLocation*> sorted;
        for (const TermLocation& location : locations) sorted.push_back(&location);
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto* a, const auto* b) { return a->term < b->term; });
        for (size_t i = 0; i < sorted.size();) {
            const std::string& term = sorted[i]->term;
            AppendJsonName(out, term);
            out += "[";
            for (; i < sorted.size() && sorted[i]->term == term; ++i) {
                Comma(out);
                // Bleve counts words from 1.
                StrAppend(out, "{\"pos\":", sorted[i]->position + 1,
                          ",\"start\":", sorted[i]->start, ",\"end\":", sorted[i]->end,
                          ",\"array_positions\":null}");
            }
            out += "]";
        }
        out += "}";
    }
    out += "}";
}

void AppendSort(std::string& out, const std::vector<index::SortValue>& values) {
    AppendJsonName(out, "sort");
    out += "[";
    for (const index::SortValue& value : values) {
        Comma(out);
        if (const auto* number = std::get_if<double>(&value))
            AppendJsonNumber(out, *number);
        else if (const auto* text = std::get_if<std::string>(&value))
            AppendJsonString(out, *text);
        else
            out += "null";
    }
    out += "]";
}

void AppendHit(std::string& out, const JsonRequest& request, const index::Hit& hit,
               const JsonHit* extra, const std::string& index) {
    Comma(out);
    out += "{";
    if (!index.empty()) {
        AppendJsonName(out, "index");
        AppendJsonString(out, index);
    }
    AppendJsonName(out, "id");
    AppendJsonString(out, hit.key);
    AppendJsonName(out, "score");
    AppendJsonNumber(out, request.scores ? hit.score : 0.0F);
    if (extra != nullptr && !extra->explanation.empty()) {
        AppendJsonName(out, "explanation");
        out += extra->explanation;
    }
    if (extra != nullptr && !extra->locations.empty()) AppendLocations(out, *extra);
    if (extra != nullptr && !extra->fragments.empty()) {
        AppendJsonName(out, "fragments");
        out += "{";
        for (const auto& [field, fragments] : extra->fragments) {
            AppendJsonName(out, field);
            out += "[";
            for (const std::string& fragment : fragments) {
                Comma(out);
                AppendJsonString(out, fragment);
            }
            out += "]";
        }
        out += "}";
    }
    if (!hit.sort.empty()) AppendSort(out, hit.sort);
    if (extra != nullptr && !extra->fields.empty()) {
        AppendJsonName(out, "fields");
        out += "{";
        for (const auto& [name, value] : extra->fields) {
            AppendJsonName(out, name);
            out += value;
        }
        out += "}";
    }
    if (hit.collapsed > 0) StrAppend(out, ",\"collapsed\":", hit.collapsed);
    out += "}";
}

void AppendBound(std::string& out, std::string_view name, double value, bool date) {
    if (!std::isfinite(value)) return;
    AppendJsonName(out, name);
    if (date)
        AppendJsonString(out, internal::FormatDate(value));
    else
        AppendJsonNumber(out, value);
}

void AppendBucket(std::string& out, const FacetResult& facet, const FacetBucket& bucket, bool dates,
                  bool sums) {
    Comma(out);
    out += "{";
    const bool terms = facet.kind == FacetRequest::Kind::kTerms;
    if (facet.kind != FacetRequest::Kind::kHistogram) {
        AppendJsonName(out, terms ? "term" : "name");
        AppendJsonString(out, bucket.name);
    }
    if (!terms) {
        AppendBound(out, dates ? "start" : "min", bucket.min, dates);
        AppendBound(out, dates ? "end" : "max", bucket.max, dates);
    }
    AppendJsonName(out, "count");
    StrAppend(out, bucket.count);
    if (sums) {
        AppendJsonName(out, "sums");
        StrAppend(out, "{\"values\":", bucket.sums.values);
        AppendBound(out, "sum", bucket.sums.sum, false);
        AppendBound(out, "min", bucket.sums.min, false);
        AppendBound(out, "max", bucket.sums.max, false);
        out += "}";
    }
    out += "}";
}

void AppendFacet(std::string& out, const JsonRequest& request, const FacetResult& facet) {
    const bool dates = std::find(request.date_facets.begin(), request.date_facets.end(),
                                 facet.name) != request.date_facets.end();
    const auto asked =
        std::find_if(request.search.facets.begin(), request.search.facets.end(),
                     [&facet](const FacetRequest& it) { return it.name == facet.name; });
    const bool sums = asked != request.search.facets.end() && !asked->sums_field.empty();
    AppendJsonName(out, facet.name);
    out += "{";
    AppendJsonName(out, "field");
    AppendJsonString(out, facet.field);
    StrAppend(out, ",\"total\":", facet.total, ",\"missing\":", facet.missing,
              ",\"other\":", facet.other);
    AppendJsonName(out, facet.kind == FacetRequest::Kind::kTerms       ? "terms"
                        : facet.kind == FacetRequest::Kind::kHistogram ? "histogram"
                        : dates                                        ? "date_ranges"
                                                                       : "numeric_ranges");
    out += "[";
    for (const FacetBucket& bucket : facet.buckets) {
        // Bleve leaves out ranges in which there is nothing.
        if (bucket.count == 0 && facet.kind == FacetRequest::Kind::kRanges) continue;
        AppendBucket(out, facet, bucket, dates, sums);
    }
    out += "]}";
}

}  // namespace

std::string WriteJsonResult(const JsonRequest& request, const index::SearchResult& result,
                            std::span<const JsonHit> hits, const JsonResultOptions& options) {
    std::string out =
        "{\"status\":{\"total\":1,\"failed\":0,\"successful\":1},\"request\":" + request.echo;
    AppendJsonName(out, "hits");
    out += "[";
    for (size_t n = 0; n < result.hits.size(); ++n) {
        const size_t i = request.backwards ? result.hits.size() - 1 - n : n;
        AppendHit(out, request, result.hits[i], i < hits.size() ? &hits[i] : nullptr,
                  options.index);
    }
    StrAppend(out, "],\"total_hits\":", result.total, ",\"max_score\":");
    AppendJsonNumber(out, request.scores ? result.max_score : 0.0F);
    StrAppend(out, ",\"took\":", options.took_ns);
    if (!result.total_is_exact) out += ",\"total_is_exact\":false";
    AppendJsonName(out, "facets");
    out += "{";
    for (const FacetResult& facet : result.facets) AppendFacet(out, request, facet);
    return out + "}}";
}

}  // namespace blasty::search
