// Fields for the tests of the query languages, and queries as text.
#pragma once

#include <string>
#include <variant>

#include "analysis/chain.h"
#include "base/strings.h"
#include "index/query.h"
#include "search/fields.h"
#include "search/internal/json_writer.h"

namespace blasty::search::internal {

inline Fields TestFields() {
    using index::FieldKind;
    const auto english = *analysis::MakeAnalyzer("english");
    const auto standard = *analysis::MakeAnalyzer("standard");
    Fields fields;
    fields.all = {
        {.name = "name", .boost = 3, .analyzer = standard, .by_default = true},
        {.name = "text", .analyzer = english, .by_default = true},
        {.name = "section", .kind = FieldKind::kKeyword},
        {.name = "price", .kind = FieldKind::kNumber},
        {.name = "day", .kind = FieldKind::kNumber, .date = true},
        {.name = "sold", .kind = FieldKind::kKeyword, .boolean = true},
        {.name = "place", .kind = FieldKind::kPoint},
    };
    return fields;
}

std::string QueryText(const index::QueryPtr& query);

inline std::string ListText(const std::vector<index::QueryPtr>& list, std::string_view sign) {
    std::string out;
    for (const auto& query : list) StrAppend(out, out.empty() ? "" : " ", sign, QueryText(query));
    return out;
}

struct NodeText {
    static std::string Number(double number) {
        if (number > 1e300) return "*";
        if (number < -1e300) return "*";
        std::string out;
        AppendJsonNumber(out, number);
        return out;
    }
    static std::string Ends(bool min, const std::string& text, bool max) {
        return StrCat(min ? "[" : "{", text, max ? "]" : "}");
    }
    std::string operator()(const index::AllQuery& /*node*/) const { return "all"; }
    std::string operator()(const index::NoneQuery& /*node*/) const { return "none"; }
    std::string operator()(const index::TermQuery& node) const {
        return StrCat(node.field, "=", node.term);
    }
    std::string operator()(const index::PhraseQuery& node) const {
        std::string out = node.field + "=\"";
        for (const auto& place : node.places) {
            StrAppend(out, place.position, ":");
            for (const auto& term : place.terms) StrAppend(out, term, " ");
        }
        out.back() = '"';
        return node.slop == 0 ? out : StrCat(out, "~", node.slop);
    }
    std::string operator()(const index::PrefixQuery& node) const {
        return StrCat(node.field, "=prefix ", node.prefix);
    }
    std::string operator()(const index::WildcardQuery& node) const {
        return StrCat(node.field, "=wild ", node.pattern);
    }
    std::string operator()(const index::RegexpQuery& node) const {
        return StrCat(node.field, "=/", node.pattern, "/");
    }
    std::string operator()(const index::TermRangeQuery& node) const {
        return StrCat(node.field, "=",
                      Ends(node.includes_min, StrCat(node.min, "..", node.max), node.includes_max));
    }
    std::string operator()(const index::FuzzyQuery& node) const {
        return StrCat(node.field, "=", node.term, "~", node.edits,
                      node.prefix_length > 0 ? StrCat("/", node.prefix_length) : "");
    }
    std::string operator()(const index::NumberRangeQuery& node) const {
        return StrCat(node.field, "=",
                      Ends(node.includes_min, StrCat(Number(node.min), "..", Number(node.max)),
                           node.includes_max));
    }
    std::string operator()(const index::GeoBoxQuery& node) const {
        return StrCat(node.field, "=box ", Number(node.top), " ", Number(node.left), " ",
                      Number(node.bottom), " ", Number(node.right));
    }
    std::string operator()(const index::GeoDistanceQuery& node) const {
        return StrCat(node.field, "=near ", Number(node.center.latitude), " ",
                      Number(node.center.longitude), " ", Number(node.meters));
    }
    std::string operator()(const index::GeoPolygonQuery& node) const {
        return StrCat(node.field, "=polygon of ", node.corners.size());
    }
    std::string operator()(const index::IdsQuery& node) const {
        std::string out = "ids";
        for (const auto& key : node.keys) StrAppend(out, " ", key);
        return out;
    }
    std::string operator()(const index::ExistsQuery& node) const {
        return StrCat(node.field, "=any");
    }
    std::string operator()(const index::BooleanQuery& node) const {
        std::string out = "(";
        for (const auto& part : {ListText(node.must, "+"), ListText(node.should, ""),
                                 ListText(node.must_not, "-"), ListText(node.filter, "#")}) {
            if (!part.empty()) StrAppend(out, out.size() > 1 ? " " : "", part);
        }
        return node.min_should == 0 ? out + ")" : StrCat(out, ")/", node.min_should);
    }
    std::string operator()(const index::BestOfQuery& node) const {
        return StrCat("{", ListText(node.queries, ""), "}");
    }
};

inline std::string QueryText(const index::QueryPtr& query) {
    std::string out = std::visit(NodeText(), query->node);
    return query->boost == 1 ? out : StrCat(out, "^", NodeText::Number(query->boost));
}

}  // namespace blasty::search::internal
