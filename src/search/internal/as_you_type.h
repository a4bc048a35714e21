// Words that are still being typed: what they may become, and what they may have been meant to be.
#pragma once

#include <string_view>

#include "index/query.h"
#include "search/fields.h"

namespace blasty::search::internal {

struct TypedWord {
    std::string_view text;
    bool last = false;  // it may go on
    // Of the field among those searched: its boost by the highest one, above 0 and up to 1.
    double weight = 1;
};

// Letters that may be wrong in a word of so many characters: none below 4, two from 8 on.
uint32_t TypedEdits(size_t characters);

// A query whose score says first how the word was found, then how good a match it is. Between two
// fields: as it stands or as the beginning of a word, in the better field, before both in the
// other; misspelt by one letter behind all of these, by two last. Nothing when the field has no
// term of it. `removed`: the field's analyzer leaves the word out. REQUIRES: HasTerms(field).
index::QueryPtr TypedWordQuery(const TypedWord& word, const FieldUse& field, bool* removed);

}  // namespace blasty::search::internal
