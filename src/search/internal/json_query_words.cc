// Words that are analysed, and phrases.
#include <utility>
#include <vector>

#include "base/strings.h"
#include "search/internal/json_query_leaf.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

Result<QueryPtr> JsonLeaf::MatchWords(const FieldUse& field, std::string_view text,
                                      bool all) const {
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

Result<QueryPtr> JsonLeaf::Match() const {
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

Result<QueryPtr> JsonLeaf::MatchPhrase() const {
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
Result<QueryPtr> JsonLeaf::Phrase() const {
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

}  // namespace blasty::search::internal
