#include "search/json_query.h"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/json_query_parser.h"
#include "search/internal/query_string_leaves.h"
#include "search/query_string.h"

namespace blasty::search {

using index::MakeQuery;
using index::QueryPtr;

namespace internal {
namespace {

bool HasAny(const JsonMembers& object, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (Member(object, name)) return true;
    }
    return false;
}

}  // namespace

Status JsonQueryParser::Count(size_t leaves) {
    leaves_ += leaves;
    if (++clauses_ > kQueryClausesMax) {
        return BadQuery(
            StrCat("there are more than ", kQueryClausesMax, " queries; ask for fewer"));
    }
    if (leaves_ <= kQueryLeavesMax) return OkStatus();
    return BadQuery(StrCat("words times fields are more than ", kQueryLeavesMax,
                           "; name the fields to search"));
}

Result<QueryPtr> JsonQueryParser::Parse(const JsonValue& value, size_t depth) {
    if (depth >= kQueryDepthMax) {
        return BadQuery(StrCat("queries stand more than ", kQueryDepthMax,
                               " deep within each other; take some away"));
    }
    std::string_view text;
    if (!value.get_string().get(text)) return QueryString(text);
    BLASTY_ASSIGN_OR_RETURN(const JsonMembers object, ObjectOf(value, "query"));
    BLASTY_ASSIGN_OR_RETURN(const auto boost, NumberMember(object, "boost"));
    if (boost && (!(*boost >= 0) || *boost > 1e6))
        return BadQuery("\"boost\" must be a number of 0 to 1000000");
    BLASTY_ASSIGN_OR_RETURN(const QueryPtr query, OfKind(object, depth));
    return Boosted(query, boost.value_or(1));
}

// The order is Bleve's: an object may have the keys of more than one kind.
Result<QueryPtr> JsonQueryParser::OfKind(const JsonMembers& object, size_t depth) {
    if (object.size() == 0) return MakeQuery(index::NoneQuery{});
    constexpr std::array<std::string_view, 5> kWords = {"match", "match_phrase", "terms", "term",
                                                        "fuzziness"};
    bool words = false;
    for (const std::string_view name : kWords) words = words || Member(object, name).has_value();
    if (!words) {
        if (HasAny(object, {"must", "should", "must_not", "filter"})) return Boolean(object, depth);
        if (const auto list = Member(object, "conjuncts")) return Conjunction(*list, depth);
        if (Member(object, "disjuncts")) return Disjunction(object, depth);
        if (Member(object, "query")) {
            BLASTY_ASSIGN_OR_RETURN(const auto text, TextMember(object, "query"));
            return QueryString(text.value_or(""));
        }
    }
    size_t leaves = 0;
    BLASTY_ASSIGN_OR_RETURN(QueryPtr query, ParseLeaf(object, fields_, &leaves));
    BLASTY_RETURN_IF_ERROR(Count(leaves));
    if (query != nullptr) return query;
    for (const std::string_view name :
         {"custom_filter", "custom_score", "geometry", "cidr", "knn"}) {
        if (Member(object, name))
            return BadQuery(StrCat("queries of the kind \"", name, "\" are not possible here"));
    }
    return BadQuery("unknown query type");
}

Result<std::vector<QueryPtr>> JsonQueryParser::ParseList(const JsonValue& list,
                                                         std::string_view name, size_t depth) {
    BLASTY_ASSIGN_OR_RETURN(const auto array, ArrayOf(list, name));
    std::vector<QueryPtr> queries;
    for (const JsonValue element : array) {
        Result<QueryPtr> query = Parse(element, depth + 1);
        if (!query.ok()) return Annotate(query.status(), StrCat(name, "[", queries.size(), "]"));
        queries.push_back(*std::move(query));
    }
    return queries;
}

Result<QueryPtr> JsonQueryParser::Conjunction(const JsonValue& list, size_t depth) {
    BLASTY_ASSIGN_OR_RETURN(auto queries, ParseList(list, "conjuncts", depth));
    if (queries.empty()) return MakeQuery(index::NoneQuery{});
    return MakeQuery(index::BooleanQuery{.must = std::move(queries)});
}

Result<QueryPtr> JsonQueryParser::Disjunction(const JsonMembers& object, size_t depth) {
    BLASTY_ASSIGN_OR_RETURN(const uint64_t min, CountMember(object, "min", 0, kQueryClausesMax));
    BLASTY_ASSIGN_OR_RETURN(auto queries,
                            ParseList(*Member(object, "disjuncts"), "disjuncts", depth));
    if (queries.empty() || min > queries.size()) return MakeQuery(index::NoneQuery{});
    return MakeQuery(index::BooleanQuery{.should = std::move(queries),
                                         .min_should = static_cast<uint32_t>(min)});
}

// Each part is a query; those that are lists themselves become the boolean query's own.
Result<QueryPtr> JsonQueryParser::Boolean(const JsonMembers& object, size_t depth) {
    index::BooleanQuery made;
    const std::array<std::pair<std::string_view, std::vector<QueryPtr>*>, 4> parts = {
        {{"must", &made.must},
         {"should", &made.should},
         {"must_not", &made.must_not},
         {"filter", &made.filter}}};
    for (const auto& [name, queries] : parts) {
        const auto part = Member(object, name);
        if (!part) continue;
        const bool one_of = name == "should" || name == "must_not";
        const std::string_view list_name = one_of ? "disjuncts" : "conjuncts";
        JsonMembers members;
        std::optional<JsonValue> list;
        if (!part->get_object().get(members) && members.size() > 0 && !Member(members, "boost") &&
            !HasAny(members, {"match", "match_phrase", "terms", "term", "fuzziness"}))
            list = Member(members, list_name);
        if (list && name == "must_not" && Member(members, "min")) list.reset();
        if (!list) {
            Result<QueryPtr> query = Parse(*part, depth + 1);
            if (!query.ok()) return Annotate(query.status(), name);
            queries->push_back(*std::move(query));
            continue;
        }
        Result<std::vector<QueryPtr>> parsed = ParseList(*list, list_name, depth + 1);
        if (!parsed.ok()) return Annotate(parsed.status(), name);
        *queries = *std::move(parsed);
        if (name != "should") continue;
        Result<uint64_t> min = CountMember(members, "min", 0, kQueryClausesMax);
        if (!min.ok()) return Annotate(min.status(), name);
        if (*min > made.should.size()) return MakeQuery(index::NoneQuery{});
        made.min_should = static_cast<uint32_t>(*min);
    }
    return MakeQuery(std::move(made));
}

Result<QueryPtr> JsonQueryParser::QueryString(std::string_view text) {
    BLASTY_RETURN_IF_ERROR(Count(1));
    text_bytes_ += text.size();
    if (text_bytes_ > kQueryStringBytesMax) {
        return BadQuery(StrCat("query strings are longer than ", kQueryStringBytesMax,
                               " bytes in all; ask for less"));
    }
    return ParseQueryString(text, fields_);
}

}  // namespace internal

Result<QueryPtr> ParseJsonQuery(std::string_view json, const Fields& fields) {
    simdjson::dom::parser parser;
    BLASTY_ASSIGN_OR_RETURN(const internal::JsonValue value,
                            internal::ReadJson(parser, json, kJsonQueryBytesMax));
    return internal::JsonQueryParser(fields).Parse(value);
}

}  // namespace blasty::search
