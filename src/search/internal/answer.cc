#include "search/internal/answer.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "index/explain.h"
#include "search/highlight.h"
#include "search/internal/corrections.h"
#include "search/internal/hit_rows.h"
#include "search/internal/row_ids.h"
#include "search/json_query.h"
#include "search/query_string.h"
#include "tables/value.h"

namespace blasty::search::internal {
namespace {

constexpr size_t kFacetsMax = 64;
constexpr size_t kSortKeysMax = 16;

Status Bad(std::string_view message) {
    return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", message);
}

std::string KnownFields(const Fields& fields) {
    std::string known;
    for (const FieldUse& field : fields.all)
        StrAppend(known, known.empty() ? "" : ", ", field.name);
    return known;
}

Status AddTexts(const Request& request, const LiveIndex::View& view, const index::QueryPtr& query,
                tables::Tables& tables, Response* response) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<int> columns, ColumnsOf(request, *view.table));
    if (columns.empty() && request.marks == Marks::kNone) return OkStatus();
    if (response->hits.size() > kRowsReadMax) {
        return Bad(StrCat("columns or highlights of ", response->hits.size(), " hits; at most ",
                          kRowsReadMax, " are read at once"));
    }
    const Highlighter highlighter(query, view.mapping->fields());
    const HighlightOptions options = HighlightOptionsOf(request);
    HitRows rows(tables, view);
    for (ResultHit& hit : response->hits) {
        BLASTY_ASSIGN_OR_RETURN(const tables::Row row, rows.Read(hit.key));
        if (row.size() != view.table->columns.size()) continue;
        for (const int column : columns) {
            const auto place = static_cast<size_t>(column);
            hit.fields.emplace_back(view.table->columns[place].name, row[place]);
        }
        if (request.marks != Marks::kNone)
            hit.fragments = FragmentsOf(highlighter, *view.mapping, row, options);
    }
    return OkStatus();
}

Result<std::string> DidYouMean(const Request& request, const LiveIndex::View& view,
                               tables::Tables& tables) {
    std::vector<QueryWord> words;
    const ParseOptions options{.as_you_type = request.as_you_type, .words = &words};
    BLASTY_RETURN_IF_ERROR(
        ParseQueryString(request.query, view.mapping->fields(), options).status());
    return Corrected(request.query, words, request.as_you_type, view, tables);
}

}  // namespace

HighlightOptions HighlightOptionsOf(const Request& request) {
    HighlightOptions options =
        request.marks == Marks::kAnsi ? HighlightOptions::Ansi() : HighlightOptions::Html();
    options.fragments_max = request.fragments;
    return options;
}

FieldFragments FragmentsOf(const Highlighter& highlighter, const Mapping& mapping,
                           const tables::Row& row, const HighlightOptions& options) {
    FieldFragments all;
    const auto& fields = mapping.fields().all;
    for (size_t i = 0; i < fields.size(); ++i) {
        if (!highlighter.Has(fields[i].name)) continue;
        std::vector<std::string> found;
        for (const std::string& text :
             mapping.TextsOf(i, row[static_cast<size_t>(mapping.ColumnOf(i))])) {
            for (std::string& piece : highlighter.Fragments(fields[i].name, text, options))
                found.push_back(std::move(piece));
            if (found.size() >= options.fragments_max) break;
        }
        if (found.size() > options.fragments_max) found.resize(options.fragments_max);
        if (!found.empty()) all.emplace_back(fields[i].name, std::move(found));
    }
    return all;
}

Result<index::QueryPtr> QueryOf(const Request& request, const Fields& fields) {
    if (!request.query_json.empty() && !request.query.empty())
        return Bad("give a query string or a query as JSON, not both");
    if (!request.query_json.empty()) return ParseJsonQuery(request.query_json, fields);
    if (request.query.empty()) return index::MakeQuery(index::AllQuery());
    return ParseQueryString(request.query, fields,
                            {.all_words = request.all_words, .as_you_type = request.as_you_type});
}

Status CheckFacets(const Request& request, const Fields& fields) {
    if (request.facets.size() > kFacetsMax)
        return Bad(StrCat(request.facets.size(), " facets; at most ", kFacetsMax, " are counted"));
    for (const index::FacetRequest& facet : request.facets) {
        const FieldUse* field = fields.Find(facet.field);
        if (field == nullptr) {
            return Bad(StrCat("facet over '", Printable(facet.field),
                              "': the index has no such field; it has ", KnownFields(fields)));
        }
        const bool terms = facet.kind == index::FacetRequest::Kind::kTerms;
        if (field->kind != (terms ? index::FieldKind::kKeyword : index::FieldKind::kNumber)) {
            return Bad(StrCat("facet over '", Printable(facet.field), "': ",
                              terms ? "values are counted of FACET and BOOLEAN fields"
                                    : "ranges are counted of NUMERIC and DATE fields"));
        }
        if (facet.sums_field.empty()) continue;
        const FieldUse* sums = fields.Find(facet.sums_field);
        if (sums == nullptr || sums->kind != index::FieldKind::kNumber) {
            return Bad(
                StrCat("sums over '", Printable(facet.sums_field), "': take a NUMERIC field"));
        }
    }
    return OkStatus();
}

Result<std::vector<int>> ColumnsOf(const Request& request, const tables::Table& table) {
    std::vector<int> columns;
    for (const std::string& name : request.fields) {
        if (name == "*") {
            for (size_t i = 0; i < table.columns.size(); ++i)
                columns.push_back(static_cast<int>(i));
            continue;
        }
        const int place = table.ColumnOf(name);
        if (place < 0) {
            return Bad(StrCat("table '", Printable(table.name), "' has no column '",
                              Printable(name), "'"));
        }
        columns.push_back(place);
    }
    return columns;
}

Result<std::vector<index::SortKey>> ParseSort(const std::vector<std::string>& sort,
                                              const Fields& fields) {
    if (sort.size() > kSortKeysMax)
        return Bad(StrCat(sort.size(), " sort keys; at most ", kSortKeysMax));
    std::vector<index::SortKey> keys;
    for (const std::string& text : sort) {
        std::string_view name = text;
        index::SortKey& key = keys.emplace_back();
        if (name.starts_with('-')) key.descending = true;
        if (name.starts_with('-') || name.starts_with('+')) name.remove_prefix(1);
        if (name == "_score") {
            key.by = index::SortKey::By::kScore;
            continue;
        }
        if (name == "_id") {
            key.by = index::SortKey::By::kKey;
            continue;
        }
        const FieldUse* field = fields.Find(name);
        if (field == nullptr || (field->kind != index::FieldKind::kKeyword &&
                                 field->kind != index::FieldKind::kNumber)) {
            return Bad(StrCat("sort by '", Printable(text),
                              "': take _score, _id, or a FACET, NUMERIC, DATE or BOOLEAN field; "
                              "the index has ",
                              KnownFields(fields)));
        }
        key.by = index::SortKey::By::kField;
        key.field = field->name;
    }
    return keys;
}

Result<Response> Answer(const Request& request, const LiveIndex::View& view,
                        tables::Tables& tables) {
    const Fields& fields = view.mapping->fields();
    index::SearchRequest search{.from = request.from, .size = request.size};
    BLASTY_ASSIGN_OR_RETURN(search.query, QueryOf(request, fields));
    BLASTY_ASSIGN_OR_RETURN(search.sort, ParseSort(request.sort, fields));
    BLASTY_RETURN_IF_ERROR(CheckFacets(request, fields));
    search.after = request.after;
    search.facets = request.facets;
    search.exact_total = request.exact_total;
    search.collapse = request.collapse;
    if (!search.collapse.empty() && fields.Find(search.collapse) == nullptr) {
        return Bad(StrCat("collapse by '", Printable(search.collapse),
                          "': the index has no such field; it has ", KnownFields(fields)));
    }
    BLASTY_ASSIGN_OR_RETURN(index::SearchResult found, index::Search(*view.snapshot, search));
    Response response;
    response.total = found.total;
    response.total_is_exact = found.total_is_exact;
    response.max_score = found.max_score;
    response.facets = std::move(found.facets);
    response.sequence = view.snapshot->sequence;
    if (request.explain && found.hits.size() > kExplainedMax) {
        return Bad(StrCat("explanations of ", found.hits.size(), " hits; at most ", kExplainedMax,
                          " are made at once"));
    }
    for (index::Hit& hit : found.hits) {
        ResultHit& to = response.hits.emplace_back();
        if (request.explain) {
            BLASTY_ASSIGN_OR_RETURN(to.explanation,
                                    index::Explain(*view.snapshot, search.query, hit));
        }
        BLASTY_ASSIGN_OR_RETURN(to.key, tables::DecodeRow(hit.key));
        to.id = IdOf(to.key);
        to.score = hit.score;
        to.sort = std::move(hit.sort);
        to.collapsed = hit.collapsed;
    }
    BLASTY_RETURN_IF_ERROR(AddTexts(request, view, search.query, tables, &response));
    if (request.did_you_mean && !request.query.empty()) {
        BLASTY_ASSIGN_OR_RETURN(response.did_you_mean, DidYouMean(request, view, tables));
    }
    return response;
}

}  // namespace blasty::search::internal
