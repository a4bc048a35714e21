#include "search/json_request.h"

#include <utility>

#include "base/strings.h"
#include "search/internal/json_query_parser.h"
#include "search/internal/json_request_parts.h"
#include "search/internal/json_writer.h"
#include "search/internal/query_string_leaves.h"
#include "search/json_query.h"

namespace blasty::search {
namespace {

using index::SortKey;
using internal::BadQuery;
using internal::JsonMembers;
using internal::JsonValue;
using internal::Member;

// As of other searches; further on "search_after" goes.
constexpr size_t kHitsMax = 10'000;

// Turns every key around, so that what came before comes after.
void TurnAround(std::vector<SortKey>* sort) {
    for (SortKey& key : *sort) {
        if (key.mode == SortKey::Mode::kDefault)
            key.mode = key.descending ? SortKey::Mode::kMax : SortKey::Mode::kMin;
        key.descending = !key.descending;
        key.missing_first = !key.missing_first;
    }
}

Status ParsePaging(const JsonMembers& object, const Fields& fields, JsonRequest* request) {
    index::SearchRequest& search = request->search;
    BLASTY_ASSIGN_OR_RETURN(search.size, internal::CountMember(object, "size", 10, kHitsMax));
    BLASTY_ASSIGN_OR_RETURN(search.from, internal::CountMember(object, "from", 0, kHitsMax));
    if (search.from + search.size > kHitsMax) {
        return BadQuery(StrCat("\"from\" and \"size\" are more than ", kHitsMax,
                               " together; go on with \"search_after\""));
    }
    if (const auto sort = Member(object, "sort")) {
        BLASTY_ASSIGN_OR_RETURN(search.sort, internal::ParseSort(*sort, fields));
    }
    const auto after = Member(object, "search_after");
    const auto before = Member(object, "search_before");
    if (after && before) return BadQuery("cannot use search after and search before together");
    if (!after && !before) return OkStatus();
    const std::string_view which = after ? "after" : "before";
    if (search.from != 0) return BadQuery(StrCat("cannot use search ", which, " with from !=0"));
    BLASTY_ASSIGN_OR_RETURN(const auto values,
                            internal::ArrayOf(after ? *after : *before, StrCat("search_", which)));
    if (search.sort.empty()) search.sort.push_back({.by = SortKey::By::kScore, .descending = true});
    if (values.size() != search.sort.size())
        return BadQuery(StrCat("search ", which, " must have same size as sort order"));
    BLASTY_ASSIGN_OR_RETURN(search.after, internal::ParseAfter(values, search.sort, fields));
    request->backwards = before.has_value();
    if (request->backwards) TurnAround(&search.sort);
    return OkStatus();
}

Status ParseShown(const JsonMembers& object, const Fields& fields, JsonRequest* request) {
    BLASTY_ASSIGN_OR_RETURN(request->fields, internal::TextsMember(object, "fields"));
    BLASTY_ASSIGN_OR_RETURN(request->explain, internal::TruthMember(object, "explain", false));
    BLASTY_ASSIGN_OR_RETURN(request->include_locations,
                            internal::TruthMember(object, "includeLocations", false));
    if (const auto value = Member(object, "highlight")) {
        BLASTY_ASSIGN_OR_RETURN(const JsonMembers highlight,
                                internal::ObjectOf(*value, "highlight"));
        request->highlight = true;
        BLASTY_ASSIGN_OR_RETURN(const auto style, internal::TextMember(highlight, "style"));
        request->highlight_style = style.value_or("html");
        if (request->highlight_style != "html" && request->highlight_style != "ansi") {
            return BadQuery(StrCat("no highlighter with name '",
                                   Printable(request->highlight_style),
                                   "' registered; there are: html, ansi"));
        }
        BLASTY_ASSIGN_OR_RETURN(request->highlight_fields,
                                internal::TextsMember(highlight, "fields"));
        for (const std::string& name : request->highlight_fields)
            BLASTY_RETURN_IF_ERROR(internal::FindField(fields, name).status());
    }
    BLASTY_ASSIGN_OR_RETURN(const auto score, internal::TextMember(object, "score"));
    request->scores = score != "none";
    if (score && !score->empty() && *score != "none" && *score != "default") {
        return BadQuery(StrCat("\"score\": '", Printable(*score),
                               "' is not possible here; leave it out or write \"none\""));
    }
    return OkStatus();
}

// As Bleve writes a request: what was not given is null or what it means.
std::string Echo(const JsonMembers& object) {
    std::string out = "{";
    const auto add = [&](std::string_view name, std::string_view otherwise) {
        internal::AppendJsonName(out, name);
        const auto value = Member(object, name);
        if (value)
            out += simdjson::minify(*value);
        else
            out += otherwise;
    };
    add("query", "null");
    add("size", "10");
    add("from", "0");
    add("highlight", "null");
    add("fields", "null");
    add("facets", "null");
    add("explain", "false");
    add("sort", "[\"-_score\"]");
    add("includeLocations", "false");
    add("search_after", "null");
    add("search_before", "null");
    return out + "}";
}

}  // namespace

Result<JsonRequest> ParseJsonRequest(std::string_view json, const Fields& fields) {
    simdjson::dom::parser parser;
    BLASTY_ASSIGN_OR_RETURN(const JsonValue value,
                            internal::ReadJson(parser, json, kJsonQueryBytesMax));
    BLASTY_ASSIGN_OR_RETURN(const JsonMembers object, internal::ObjectOf(value, "request"));
    JsonRequest request;
    if (Member(object, "knn")) return BadQuery("\"knn\": vectors are not possible here");
    request.search.query = index::MakeQuery(index::NoneQuery{});
    if (const auto query = Member(object, "query")) {
        auto parsed = internal::JsonQueryParser(fields).Parse(*query);
        if (!parsed.ok()) return Annotate(parsed.status(), "query");
        request.search.query = *std::move(parsed);
    }
    BLASTY_RETURN_IF_ERROR(ParsePaging(object, fields, &request));
    BLASTY_RETURN_IF_ERROR(ParseShown(object, fields, &request));
    if (const auto facets = Member(object, "facets")) {
        BLASTY_ASSIGN_OR_RETURN(const JsonMembers members, internal::ObjectOf(*facets, "facets"));
        BLASTY_RETURN_IF_ERROR(internal::ParseFacets(members, fields, &request));
    }
    BLASTY_ASSIGN_OR_RETURN(request.search.exact_total,
                            internal::TruthMember(object, "exact_total", true));
    BLASTY_ASSIGN_OR_RETURN(const auto collapse, internal::TextMember(object, "collapse"));
    if (collapse) {
        BLASTY_RETURN_IF_ERROR(internal::FindField(fields, *collapse).status());
        request.search.collapse = *collapse;
    }
    request.echo = Echo(object);
    return request;
}

}  // namespace blasty::search
