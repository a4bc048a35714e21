// Queries of words in fields: what query strings and JSON queries both come down to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"

namespace blasty::search::internal {

// BAD_QUERY.
Status BadQuery(std::string_view message);

// For messages: "text", "keyword", "true or false", "number", "date" or "place".
std::string_view KindName(const FieldUse& field);
bool HasTerms(const FieldUse& field);

// "there is no field 'x'; there are: a, b".
Result<const FieldUse*> FindField(const Fields& fields, std::string_view name);
// The fields searched when none is named. BAD_QUERY when there are none.
Result<std::vector<const FieldUse*>> DefaultFields(const Fields& fields);

// The query with its boost multiplied.
index::QueryPtr Boosted(const index::QueryPtr& query, double boost);
// One stays as it is; more become the best of them, with a tenth of the others. None: nothing.
index::QueryPtr BestOf(std::vector<index::QueryPtr> queries);

struct Word {
    uint32_t position = 0;
    std::vector<std::string> terms = {};  // more than one: any of them (synonyms)
};
std::vector<Word> Analyzed(const analysis::Analyzer& analyzer, std::string_view text);

// The words side by side; one alone is a term. Nothing without words.
index::QueryPtr PhraseOf(std::string_view field, std::vector<Word> words, uint32_t slop);

// A field whose terms are `T` and `F`: what stands for true and false. Else nothing.
std::optional<std::string> BooleanTerm(std::string_view text);

// Documents whose field has this very value: a number, or a date or day. BAD_QUERY when it is none.
Result<index::QueryPtr> NumberQuery(const FieldUse& field, std::string_view text);

// One end of a range; nothing: open.
struct RangeEnd {
    std::optional<std::string> value = {};
    bool included = true;
};
// From words, by the kind of the field. `whole_days`: a date without a time is its whole day, else
// its first moment. BAD_QUERY when the field cannot say it.
Result<index::QueryPtr> RangeQuery(const FieldUse& field, const RangeEnd& min, const RangeEnd& max,
                                   bool whole_days);

// Letters brought to the form the field's terms have; a keyword stays as it is.
std::string Normalized(const FieldUse& field, std::string_view word);
// The same for the letters of a wildcard pattern or regular expression, leaving its signs alone.
std::string NormalizedWildcard(const FieldUse& field, std::string_view pattern);
std::string NormalizedRegexp(const FieldUse& field, std::string_view pattern);

}  // namespace blasty::search::internal
