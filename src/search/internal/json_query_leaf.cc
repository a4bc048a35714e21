// The queries that hold no others. In the order of their keys, which is Bleve's.
#include <array>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "analysis/chain.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "search/internal/json_query_parser.h"
#include "search/internal/query_string_dates.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {
namespace {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

class Leaf {
  public:
    Leaf(const JsonMembers& object, const Fields& fields, size_t* leaves)
        : object_(object), fields_(fields), leaves_(leaves) {}

    Result<QueryPtr> Parse();

  private:
    bool Has(std::string_view name) const { return Member(object_, name).has_value(); }
    Result<std::string> Text(std::string_view name) const {
        BLASTY_ASSIGN_OR_RETURN(auto text, TextMember(object_, name));
        return std::move(text).value_or("");
    }

    // In the field that is named, else the best of those searched by default that `fits`.
    using Make = std::function<Result<QueryPtr>(const FieldUse&)>;
    Result<QueryPtr> InFields(const Make& make) const;
    Result<const FieldUse*> NamedField(std::string_view kind) const;
    Result<QueryPtr> OfTerms(
        std::string_view what, const std::string& name,
        const std::function<QueryPtr(const FieldUse&, std::string)>& make) const;
    Result<std::shared_ptr<const analysis::Analyzer>> AnalyzerOf(const FieldUse& field) const;

    Result<QueryPtr> Match() const;
    Result<QueryPtr> MatchWords(const FieldUse& field, std::string_view text, bool all) const;
    Result<QueryPtr> MatchPhrase() const;
    Result<QueryPtr> Phrase() const;
    Result<QueryPtr> Fuzzy() const;
    Result<QueryPtr> Term() const;
    Result<QueryPtr> Range() const;
    Result<QueryPtr> Dates() const;
    Result<QueryPtr> Patterns() const;
    Result<QueryPtr> Truth() const;
    Result<QueryPtr> Box() const;
    Result<QueryPtr> Distance() const;
    Result<QueryPtr> Polygon() const;
    Result<index::Point> Place(std::string_view name) const;
    // Of a word; nothing given: 0.
    Result<uint32_t> Edits(std::string_view word) const;
    Result<uint32_t> PrefixLength() const {
        BLASTY_ASSIGN_OR_RETURN(const uint64_t length,
                                CountMember(object_, "prefix_length", 0, 1000));
        return static_cast<uint32_t>(length);
    }

    const JsonMembers& object_;
    const Fields& fields_;
    size_t* leaves_;
};

Result<QueryPtr> Leaf::Parse() {
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
        BLASTY_ASSIGN_OR_RETURN(auto keys, TextsMember(object_, "ids"));
        return MakeQuery(index::IdsQuery{.keys = std::move(keys)});
    }
    if (Has("bool")) return Truth();
    if (Has("top_left") && Has("bottom_right")) return Box();
    if (Has("distance")) return Distance();
    if (Has("polygon_points")) return Polygon();
    return QueryPtr();
}

Result<QueryPtr> Leaf::InFields(const Make& make) const {
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

Result<const FieldUse*> Leaf::NamedField(std::string_view kind) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string name, Text("field"));
    if (name.empty()) return BadQuery(StrCat(kind, " needs a \"field\""));
    return FindField(fields_, name);
}

Result<std::shared_ptr<const analysis::Analyzer>> Leaf::AnalyzerOf(const FieldUse& field) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string name, Text("analyzer"));
    if (name.empty()) return field.analyzer;
    auto analyzer = analysis::MakeAnalyzer(name);
    if (analyzer.ok()) return analyzer;
    return BadQuery(StrCat("\"analyzer\": ", MessageOf(analyzer.status())));
}

Result<uint32_t> Leaf::Edits(std::string_view word) const {
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

Result<QueryPtr> Leaf::MatchWords(const FieldUse& field, std::string_view text, bool all) const {
    BLASTY_ASSIGN_OR_RETURN(const auto analyzer, AnalyzerOf(field));
    BLASTY_ASSIGN_OR_RETURN(const uint32_t prefix_length, PrefixLength());
    std::vector<QueryPtr> queries;
    for (const Word& word : Analyzed(*analyzer, text)) {
        std::vector<QueryPtr> terms;
        for (const std::string& term : word.terms) {
            BLASTY_ASSIGN_OR_RETURN(const uint32_t edits, Edits(term));
            if (edits == 0) {
                terms.push_back(MakeQuery(index::TermQuery{.field = field.name, .term = term}));
                continue;
            }
            terms.push_back(MakeQuery(index::FuzzyQuery{.field = field.name,
                                                        .term = term,
                                                        .edits = edits,
                                                        .prefix_length = prefix_length}));
        }
        *leaves_ += terms.size();
        queries.push_back(terms.size() == 1
                              ? std::move(terms[0])
                              : MakeQuery(index::BestOfQuery{.queries = std::move(terms)}));
    }
    if (queries.empty()) return QueryPtr();
    if (queries.size() == 1) return std::move(queries[0]);
    index::BooleanQuery words;
    (all ? words.must : words.should) = std::move(queries);
    return MakeQuery(std::move(words));
}

Result<QueryPtr> Leaf::Match() const {
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text("match"));
    BLASTY_ASSIGN_OR_RETURN(const std::string word, Text("operator"));
    const bool all = word == "and" || word == "AND";
    if (!all && !word.empty() && word != "or" && word != "OR")
        return BadQuery("\"operator\" must be \"or\" or \"and\"");
    // What is wrong in itself, and not only in one of the fields.
    BLASTY_RETURN_IF_ERROR(Edits("").status());
    BLASTY_RETURN_IF_ERROR(PrefixLength().status());
    BLASTY_RETURN_IF_ERROR(AnalyzerOf({}).status());
    return InFields([&](const FieldUse& field) -> Result<QueryPtr> {
        if (field.kind == FieldKind::kText) return MatchWords(field, text, all);
        if (field.kind == FieldKind::kNumber) return NumberQuery(field, text);
        if (field.kind == FieldKind::kPoint) return BadQuery("\"match\" does not search places");
        if (field.boolean) {
            const auto truth = BooleanTerm(text);
            if (!truth)
                return BadQuery(StrCat("'", Printable(text), "' is neither true nor false"));
            return MakeQuery(index::TermQuery{.field = field.name, .term = *truth});
        }
        BLASTY_ASSIGN_OR_RETURN(const uint32_t edits, Edits(text));
        if (edits == 0) return MakeQuery(index::TermQuery{.field = field.name, .term = text});
        BLASTY_ASSIGN_OR_RETURN(const uint32_t prefix_length, PrefixLength());
        return MakeQuery(index::FuzzyQuery{
            .field = field.name, .term = text, .edits = edits, .prefix_length = prefix_length});
    });
}

Result<QueryPtr> Leaf::MatchPhrase() const {
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text("match_phrase"));
    BLASTY_ASSIGN_OR_RETURN(const uint32_t edits, Edits("longer"));
    if (edits > 0)
        return BadQuery("\"fuzziness\" is not possible in a phrase; leave it out or use \"match\"");
    BLASTY_ASSIGN_OR_RETURN(const uint64_t slop, CountMember(object_, "slop", 0, 1'000'000));
    BLASTY_RETURN_IF_ERROR(AnalyzerOf({}).status());
    return InFields([&](const FieldUse& field) -> Result<QueryPtr> {
        if (field.kind == FieldKind::kKeyword)
            return MakeQuery(index::TermQuery{.field = field.name, .term = text});
        if (field.kind != FieldKind::kText)
            return BadQuery(StrCat("field '", Printable(field.name), "' has no phrases"));
        BLASTY_ASSIGN_OR_RETURN(const auto analyzer, AnalyzerOf(field));
        return PhraseOf(field.name, Analyzed(*analyzer, text), static_cast<uint32_t>(slop));
    });
}

// Terms as they are, one after the other: ["a","b"], or [["a","b"],["c"]].
Result<QueryPtr> Leaf::Phrase() const {
    BLASTY_ASSIGN_OR_RETURN(const auto list, ArrayOf(*Member(object_, "terms"), "terms"));
    BLASTY_ASSIGN_OR_RETURN(const uint32_t edits, Edits("longer"));
    if (edits > 0) return BadQuery("\"fuzziness\" is not possible in a phrase; leave it out");
    BLASTY_ASSIGN_OR_RETURN(const uint64_t slop, CountMember(object_, "slop", 0, 1'000'000));
    std::vector<Word> words;
    for (const JsonValue element : list) {
        Word word{.position = static_cast<uint32_t>(words.size())};
        std::string_view term;
        simdjson::dom::array any;
        if (!element.get_string().get(term)) {
            word.terms.emplace_back(term);
        } else if (!element.get_array().get(any)) {
            for (const JsonValue one : any) {
                if (one.get_string().get(term)) return BadQuery("\"terms\" must be strings");
                word.terms.emplace_back(term);
            }
        } else {
            return BadQuery("\"terms\" must be strings, or arrays of strings");
        }
        // An empty place may hold anything.
        if (word.terms.empty() || word.terms[0].empty()) continue;
        words.push_back(std::move(word));
    }
    return InFields([&](const FieldUse& field) -> Result<QueryPtr> {
        if (!HasTerms(field))
            return BadQuery(StrCat("field '", Printable(field.name), "' has no terms"));
        return PhraseOf(field.name, words, static_cast<uint32_t>(slop));
    });
}

Result<QueryPtr> Leaf::OfTerms(
    std::string_view what, const std::string& name,
    const std::function<QueryPtr(const FieldUse&, std::string)>& make) const {
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text(name));
    return InFields([&](const FieldUse& field) -> Result<QueryPtr> {
        if (HasTerms(field)) return make(field, text);
        return BadQuery(StrCat(what, " needs a text or keyword field, but '", Printable(field.name),
                               "' is a ", KindName(field)));
    });
}

Result<QueryPtr> Leaf::Fuzzy() const {
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

Result<QueryPtr> Leaf::Term() const {
    return OfTerms("\"term\"", "term", [](const FieldUse& field, std::string text) {
        if (field.boolean) text = BooleanTerm(text).value_or(text);
        return MakeQuery(index::TermQuery{.field = field.name, .term = std::move(text)});
    });
}

Result<QueryPtr> Leaf::Patterns() const {
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

// Of numbers or of terms, as the ends are.
Result<QueryPtr> Leaf::Range() const {
    BLASTY_ASSIGN_OR_RETURN(const bool includes_min, TruthMember(object_, "inclusive_min", true));
    BLASTY_ASSIGN_OR_RETURN(const bool includes_max, TruthMember(object_, "inclusive_max", false));
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a range"));
    ++*leaves_;
    const auto is_text = [this](std::string_view name) {
        const auto value = Member(object_, name);
        return value && value->is_string();
    };
    if (is_text("min") || is_text("max")) {
        RangeEnd min{.included = includes_min}, max{.included = includes_max};
        BLASTY_ASSIGN_OR_RETURN(min.value, TextMember(object_, "min"));
        BLASTY_ASSIGN_OR_RETURN(max.value, TextMember(object_, "max"));
        if (field->kind == FieldKind::kNumber) return RangeQuery(*field, min, max, false);
        if (!HasTerms(*field)) return BadQuery("a range of terms needs a text or keyword field");
        if (max.value && max.value->empty()) max.value.reset();
        return MakeQuery(index::TermRangeQuery{.field = field->name,
                                               .min = min.value.value_or(""),
                                               .max = max.value.value_or(""),
                                               .includes_min = includes_min,
                                               .includes_max = includes_max},
                         field->boost);
    }
    BLASTY_ASSIGN_OR_RETURN(const auto min, NumberMember(object_, "min"));
    BLASTY_ASSIGN_OR_RETURN(const auto max, NumberMember(object_, "max"));
    if (field->kind != FieldKind::kNumber) {
        return BadQuery(StrCat("a range of numbers needs a number field, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    index::NumberRangeQuery range{
        .field = field->name, .includes_min = includes_min, .includes_max = includes_max};
    range.min = min.value_or(range.min);
    range.max = max.value_or(range.max);
    // An open end takes everything in.
    range.includes_min = range.includes_min || !min;
    range.includes_max = range.includes_max || !max;
    return MakeQuery(std::move(range), field->boost);
}

Result<QueryPtr> Leaf::Dates() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a range of dates"));
    ++*leaves_;
    if (!field->date) {
        return BadQuery(StrCat("\"start\" and \"end\" need a date field, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    BLASTY_ASSIGN_OR_RETURN(const std::string form, Text("datetime_parser"));
    if (!form.empty() && form != "dateTimeOptional")
        return BadQuery(
            StrCat("\"datetime_parser\" can only be \"dateTimeOptional\": ", kDateForms));
    RangeEnd start, end;
    BLASTY_ASSIGN_OR_RETURN(start.included, TruthMember(object_, "inclusive_start", true));
    BLASTY_ASSIGN_OR_RETURN(end.included, TruthMember(object_, "inclusive_end", false));
    BLASTY_ASSIGN_OR_RETURN(start.value, TextMember(object_, "start"));
    BLASTY_ASSIGN_OR_RETURN(end.value, TextMember(object_, "end"));
    if (start.value && start.value->empty()) start.value.reset();
    if (end.value && end.value->empty()) end.value.reset();
    return RangeQuery(*field, start, end, false);
}

Result<QueryPtr> Leaf::Truth() const {
    BLASTY_ASSIGN_OR_RETURN(const bool truth, TruthMember(object_, "bool", false));
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("\"bool\""));
    ++*leaves_;
    if (!field->boolean) {
        return BadQuery(StrCat("\"bool\" needs a field of true or false, but '",
                               Printable(field->name), "' is a ", KindName(*field)));
    }
    return MakeQuery(index::TermQuery{.field = field->name, .term = truth ? "T" : "F"},
                     field->boost);
}

Result<index::Point> Leaf::Place(std::string_view name) const {
    const auto value = Member(object_, name);
    if (!value) return BadQuery(StrCat("\"", name, "\" is missing"));
    Result<index::Point> point = ParsePoint(*value);
    if (!point.ok()) return Annotate(point.status(), StrCat("\"", name, "\""));
    return point;
}

Status NeedsPoint(const FieldUse& field) {
    if (field.kind == FieldKind::kPoint) return OkStatus();
    return BadQuery(
        StrCat("field '", Printable(field.name), "' is a ", KindName(field), ", not a place"));
}

Result<QueryPtr> Leaf::Box() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a box"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const index::Point top_left, Place("top_left"));
    BLASTY_ASSIGN_OR_RETURN(const index::Point bottom_right, Place("bottom_right"));
    ++*leaves_;
    return MakeQuery(index::GeoBoxQuery{.field = field->name,
                                        .top = top_left.latitude,
                                        .left = top_left.longitude,
                                        .bottom = bottom_right.latitude,
                                        .right = bottom_right.longitude});
}

Result<QueryPtr> Leaf::Distance() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a distance"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const index::Point center, Place("location"));
    BLASTY_ASSIGN_OR_RETURN(const std::string text, Text("distance"));
    const auto meters = ParseDistance(text);
    if (!meters) {
        return BadQuery(StrCat("\"distance\": '", Printable(text),
                               "' is no distance; write a number and a unit such as 5km, 100mi, "
                               "300ft or 20m"));
    }
    ++*leaves_;
    return MakeQuery(
        index::GeoDistanceQuery{.field = field->name, .center = center, .meters = *meters});
}

Result<QueryPtr> Leaf::Polygon() const {
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, NamedField("a polygon"));
    BLASTY_RETURN_IF_ERROR(NeedsPoint(*field));
    BLASTY_ASSIGN_OR_RETURN(const auto list,
                            ArrayOf(*Member(object_, "polygon_points"), "polygon_points"));
    index::GeoPolygonQuery polygon{.field = field->name};
    for (const JsonValue element : list) {
        Result<index::Point> point = ParsePoint(element);
        if (!point.ok()) {
            return Annotate(point.status(),
                            StrCat("\"polygon_points\"[", polygon.corners.size(), "]"));
        }
        polygon.corners.push_back(*point);
    }
    if (polygon.corners.size() < 3) return BadQuery("\"polygon_points\" needs at least 3 places");
    ++*leaves_;
    return MakeQuery(std::move(polygon));
}

}  // namespace

Result<QueryPtr> ParseLeaf(const JsonMembers& object, const Fields& fields, size_t* leaves) {
    return Leaf(object, fields, leaves).Parse();
}

}  // namespace blasty::search::internal
