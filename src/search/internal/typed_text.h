// A text whose last word is to be completed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "search/fields.h"

namespace blasty::search::internal {

// The bytes where parts of it begin.
struct TypedText {
    size_t whole = 0;        // all of it, behind signs; with a field: as `word`
    size_t word = 0;         // the last word, behind signs and field; at the end: there is none
    std::string field = {};  // that was named before it
};

TypedText TakeApart(std::string_view text, const Fields& fields);

}  // namespace blasty::search::internal
