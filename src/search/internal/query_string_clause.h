// One word, phrase or range of a query string, and the query it stands for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"
#include "search/internal/query_string_leaves.h"

namespace blasty::search::internal {

struct Clause {
    enum class Kind { kWord, kPhrase, kRegexp, kRange };
    Kind kind = Kind::kWord;
    std::string field = {};        // empty: those searched by default
    std::string text = {};         // as it is meant, or the regular expression
    std::string pattern = {};      // of a word: with `\` before what is no wildcard
    bool wild = false;             // the pattern has wildcards
    std::optional<uint32_t> near;  // `~`: edits of a word, slop of a phrase
    // Of a word: it is being typed (as_you_type.h), and may go on.
    bool typed = false, last = false;
    RangeEnd min = {}, max = {};
};

struct ClauseQuery {
    index::QueryPtr query = {};  // nothing: no field has a term of it
    // Some text field removes the word: it must not keep documents from being found.
    bool removed = false;
    size_t leaves = 0;
};

// BAD_QUERY without the place.
Result<ClauseQuery> MakeClauseQuery(const Clause& clause, const Fields& fields);

}  // namespace blasty::search::internal
