// What all kinds have in common, and terms as they are. In the order of their keys, which is
// Bleve's.
#include "search/internal/json_query_leaf.h"

#include <utility>
#include <vector>

#include "analysis/chain.h"
#include "base/strings.h"
#include "search/internal/json_query_parser.h"
#include "search/internal/query_string_leaves.h"
#include "search/internal/row_ids.h"

namespace blasty::search::internal {

using index::MakeQuery;
using index::QueryPtr;

Result<QueryPtr> JsonLeaf::Parse() {
    if (Has("match")) return Match();
    if (Has("match_phrase")) return MatchPhrase();
    if (Has("terms")) return Phrase();
    if (Has("fuzziness")) return Fuzzy();
    if (Has("term")) return Term();
    if (Has("min") || Has("max")) return Range();
    if (Has("start") || Has("end")) return Dates();
    if (Has("prefix") || Has("regexp") || Has("wildcard")) return Patterns();
    if (Has("match_all")) return MakeQuery(index::AllQuery{});
    if (Has("match_none")) return MakeQuery(index::NoneQuery{});
    if (Has("ids")) {
        BLASTY_ASSIGN_OR_RETURN(auto ids, TextsMember(object_, "ids"));
        if (fields_.key_columns == 0) return MakeQuery(index::IdsQuery{.keys = std::move(ids)});
        index::IdsQuery query;
        for (const std::string& id : ids) {
            for (std::string& key : KeysOf(id, fields_.key_columns))
                query.keys.push_back(std::move(key));
        }
        return MakeQuery(std::move(query));
    }
    if (Has("bool")) return Truth();
    if (Has("top_left") && Has("bottom_right")) return Box();
    if (Has("distance")) return Distance();
    if (Has("polygon_points")) return Polygon();
    return QueryPtr();
}

Result<QueryPtr> JsonLeaf::InFields(const Make& make) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string name, Text("field"));
    if (!name.empty() && name != "_all") {
        BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields_, name));
        BLASTY_ASSIGN_OR_RETURN(const QueryPtr query, make(*field));
        ++*leaves_;
        return query == nullptr ? MakeQuery(index::NoneQuery{}) : Boosted(query, field->boost);
    }
    BLASTY_ASSIGN_OR_RETURN(const auto searched, DefaultFields(fields_));
    std::vector<QueryPtr> queries;
    for (const FieldUse* field : searched) {
        Result<QueryPtr> query = make(*field);
        // Nobody named the field, so it is no mistake that it cannot hold what is asked for. What
        // is wrong in itself is wrong in every field.
        if (!query.ok() && searched.size() == 1) return query.status();
        if (query.ok() && *query != nullptr) queries.push_back(Boosted(*query, field->boost));
    }
    *leaves_ += queries.size();
    if (queries.empty()) return MakeQuery(index::NoneQuery{});
    return BestOf(std::move(queries));
}

Result<const FieldUse*> JsonLeaf::NamedField(std::string_view kind) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string name, Text("field"));
    if (name.empty()) return BadQuery(StrCat(kind, " needs a \"field\""));
    return FindField(fields_, name);
}

Result<std::shared_ptr<const analysis::Analyzer>> JsonLeaf::AnalyzerOf(
    const FieldUse& field) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string name, Text("analyzer"));
    if (name.empty()) return field.analyzer;
    auto analyzer = analysis::MakeAnalyzer(name);
    if (analyzer.ok()) return analyzer;
    return BadQuery(StrCat("\"analyzer\": ", MessageOf(analyzer.status())));
}

Result<uint32_t> JsonLeaf::Edits(std::string_view word) const {
    const auto given = Member(object_, "fuzziness");
    if (!given) return 0u;
    std::string_view name;
    if (!given->get_string().get(name)) {
        if (name != "auto") return BadQuery("\"fuzziness\" must be a number of 0 to 2 or \"auto\"");
        size_t characters = 0;
        for (const char c : word) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        return characters > 5 ? 2u : characters > 2 ? 1u : 0u;
    }
    BLASTY_ASSIGN_OR_RETURN(const uint64_t edits, CountMember(object_, "fuzziness", 0, 2));
    return static_cast<uint32_t>(edits);
}

Result<QueryPtr> JsonLeaf::OfTerms(
    std::string_view what, const std::string& name,
    const std::function<QueryPtr(const FieldUse&, std::string)>& make) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text(name));
    return InFields([&](const FieldUse& field) -> Result<QueryPtr> {
        if (HasTerms(field)) return make(field, text);
        return BadQuery(StrCat(what, " needs a text or keyword field, but '", Printable(field.name),
                               "' is a ", KindName(field)));
    });
}

Result<QueryPtr> JsonLeaf::Fuzzy() const {
    if (!Has("term")) return BadQuery("\"fuzziness\" needs a \"term\"");
    BLASTY_ASSIGN_OR_RETURN(const std::string term, Text("term"));
    BLASTY_ASSIGN_OR_RETURN(const uint32_t edits, Edits(term));
    BLASTY_ASSIGN_OR_RETURN(const uint32_t prefix_length, PrefixLength());
    return OfTerms("a misspelt term", "term", [&](const FieldUse& field, std::string text) {
        return MakeQuery(index::FuzzyQuery{.field = field.name,
                                           .term = std::move(text),
                                           .edits = edits,
                                           .prefix_length = prefix_length});
    });
}

Result<QueryPtr> JsonLeaf::Term() const {
    return OfTerms("\"term\"", "term", [](const FieldUse& field, std::string text) {
        if (field.boolean) text = BooleanTerm(text).value_or(text);
        return MakeQuery(index::TermQuery{.field = field.name, .term = std::move(text)});
    });
}

Result<QueryPtr> JsonLeaf::Patterns() const {
    if (Has("prefix")) {
        return OfTerms("\"prefix\"", "prefix", [](const FieldUse& field, std::string text) {
            return MakeQuery(index::PrefixQuery{.field = field.name, .prefix = std::move(text)});
        });
    }
    if (Has("regexp")) {
        return OfTerms("\"regexp\"", "regexp", [](const FieldUse& field, const std::string& text) {
            // It fits whole terms anyway.
            const size_t from = text.find_first_not_of('^') == 1 ? 1 : 0;
            return MakeQuery(index::RegexpQuery{.field = field.name, .pattern = text.substr(from)});
        });
    }
    return OfTerms("\"wildcard\"", "wildcard", [](const FieldUse& field, std::string text) {
        return MakeQuery(index::WildcardQuery{.field = field.name, .pattern = std::move(text)});
    });
}

Result<QueryPtr> ParseLeaf(const JsonMembers& object, const Fields& fields, size_t* leaves) {
    return JsonLeaf(object, fields, leaves).Parse();
}

}  // namespace blasty::search::internal
