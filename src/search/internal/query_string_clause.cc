#include "search/internal/query_string_clause.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "base/strings.h"
#include "search/internal/as_you_type.h"

namespace blasty::search::internal {
namespace {

using index::FieldKind;
using index::MakeQuery;
using index::QueryPtr;

// `pre*` alone.
bool IsPrefix(const Clause& clause) {
    return clause.pattern.size() > 1 &&
           clause.pattern.find_first_of("*?\\") == clause.pattern.size() - 1 &&
           clause.pattern.back() == '*';
}

Status NoPattern(const FieldUse& field, std::string_view what) {
    return BadQuery(StrCat(what, " needs a text or keyword field, but '", Printable(field.name),
                           "' is a ", KindName(field)));
}

QueryPtr PatternQuery(const Clause& clause, const FieldUse& field) {
    if (clause.kind == Clause::Kind::kRegexp) {
        return MakeQuery(index::RegexpQuery{.field = field.name,
                                            .pattern = NormalizedRegexp(field, clause.text)});
    }
    if (clause.wild) {
        if (IsPrefix(clause)) {
            const std::string_view prefix(clause.pattern.data(), clause.pattern.size() - 1);
            return MakeQuery(
                index::PrefixQuery{.field = field.name, .prefix = Normalized(field, prefix)});
        }
        return MakeQuery(index::WildcardQuery{
            .field = field.name, .pattern = NormalizedWildcard(field, clause.pattern)});
    }
    return MakeQuery(index::FuzzyQuery{.field = field.name,
                                       .term = Normalized(field, clause.text),
                                       .edits = clause.near.value_or(1)});
}

// Documents whose keyword is the text.
Result<QueryPtr> KeywordQuery(const Clause& clause, const FieldUse& field) {
    std::string term = clause.text;
    if (field.boolean) {
        auto truth = BooleanTerm(clause.text);
        if (!truth) {
            return BadQuery(StrCat("'", Printable(clause.text), "' is neither true nor false, as '",
                                   Printable(field.name), "' holds"));
        }
        term = *std::move(truth);
    }
    return MakeQuery(index::TermQuery{.field = field.name, .term = std::move(term)});
}

// The clause in one field; nothing when it has no term there.
Result<QueryPtr> InField(const Clause& clause, const FieldUse& field) {
    if (clause.kind == Clause::Kind::kRange)
        return RangeQuery(field, clause.min, clause.max, /*whole_days=*/true);
    const bool phrase = clause.kind == Clause::Kind::kPhrase;
    if (clause.kind == Clause::Kind::kRegexp || clause.wild || (!phrase && clause.near)) {
        if (HasTerms(field) && !field.boolean) return PatternQuery(clause, field);
        return NoPattern(field, clause.wild   ? "a word with * or ?"
                                : clause.near ? "a word with ~"
                                              : "a regular expression");
    }
    switch (field.kind) {
        case FieldKind::kText:
            return PhraseOf(field.name, Analyzed(*field.analyzer, clause.text),
                            phrase ? clause.near.value_or(0) : 0);
        case FieldKind::kKeyword:
            return KeywordQuery(clause, field);
        case FieldKind::kNumber:
            return NumberQuery(field, clause.text);
        case FieldKind::kPoint:
            break;
    }
    return BadQuery(StrCat("field '", Printable(field.name),
                           "' is a place; ask for places with a JSON query (distance, top_left, "
                           "polygon_points)"));
}

bool IsTyped(const Clause& clause) {
    return clause.typed && clause.kind == Clause::Kind::kWord && !clause.wild && !clause.near;
}

ClauseQuery TypedInFields(const Clause& clause, const std::vector<const FieldUse*>& fields) {
    double most = 0;
    for (const FieldUse* field : fields) most = std::max(most, field->boost);
    ClauseQuery made;
    std::vector<QueryPtr> queries;
    for (const FieldUse* field : fields) {
        if (!HasTerms(*field)) continue;
        bool removed = false;
        QueryPtr query = TypedWordQuery(
            {.text = clause.text, .last = clause.last, .weight = field->boost / most}, *field,
            &removed);
        made.removed = made.removed || removed;
        if (query == nullptr) continue;
        ++made.leaves;
        // The best of the best of each is the best of all: in one go that is quicker.
        const auto* best = std::get_if<index::BestOfQuery>(&query->node);
        if (best == nullptr || best->tie != 0 || query->boost != 1)
            queries.push_back(std::move(query));
        else
            queries.insert(queries.end(), best->queries.begin(), best->queries.end());
    }
    if (queries.size() == 1) {
        made.query = std::move(queries[0]);
    } else if (!queries.empty()) {
        made.query = MakeQuery(index::BestOfQuery{.queries = std::move(queries)});
    } else if (!made.removed) {
        made.query = MakeQuery(index::NoneQuery{});
    }
    return made;
}

Result<ClauseQuery> InDefaultFields(const Clause& clause, const Fields& fields) {
    BLASTY_ASSIGN_OR_RETURN(const auto searched, DefaultFields(fields));
    if (clause.kind == Clause::Kind::kRange)
        return BadQuery("a range needs a field, as in price:[10 TO 20]");
    if (IsTyped(clause)) return TypedInFields(clause, searched);
    ClauseQuery made;
    std::vector<QueryPtr> queries;
    for (const FieldUse* field : searched) {
        // What a field cannot hold is not there; that is no mistake as nobody named the field.
        Result<QueryPtr> query = InField(clause, *field);
        if (!query.ok()) continue;
        if (*query == nullptr)
            made.removed = true;
        else
            queries.push_back(Boosted(*query, field->boost));
    }
    made.leaves = queries.size();
    if (!queries.empty())
        made.query = BestOf(std::move(queries));
    else if (!made.removed)
        made.query = MakeQuery(index::NoneQuery{});
    return made;
}

}  // namespace

Result<ClauseQuery> MakeClauseQuery(const Clause& clause, const Fields& fields) {
    const bool word = clause.kind == Clause::Kind::kWord && clause.wild;
    if (word && clause.pattern == "*") {
        if (clause.field.empty() || clause.field == "*")
            return ClauseQuery{.query = MakeQuery(index::AllQuery{}), .leaves = 1};
        BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields, clause.field));
        return ClauseQuery{.query = MakeQuery(index::ExistsQuery{.field = field->name}),
                           .leaves = 1};
    }
    if (clause.field.empty()) return InDefaultFields(clause, fields);
    BLASTY_ASSIGN_OR_RETURN(const FieldUse* field, FindField(fields, clause.field));
    if (IsTyped(clause) && HasTerms(*field)) return TypedInFields(clause, {field});
    BLASTY_ASSIGN_OR_RETURN(const QueryPtr query, InField(clause, *field));
    return ClauseQuery{
        .query = Boosted(query, field->boost), .removed = query == nullptr, .leaves = 1};
}

}  // namespace blasty::search::internal
