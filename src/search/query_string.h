// The query language people type: Bleve's, with parentheses and the words AND, OR and NOT besides.
//
//   word +must -not            words; at least one of those without a sign when there is no `+`
//   "a phrase" "a phrase"~2    words side by side; moved by at most 2 positions in all
//   field:word field:(a b)     in one field; else in all fields searched by default
//   pre* wild*c?rd /reg.*exp/  terms that begin so, or fit; a regular expression fits whole terms
//   word~ word~2               misspelt by one letter, by two
//   n:[10 TO 20] n:{10 TO *}   from 10 to 20; above 10. Numbers, dates, or words in byte order
//   n:>5 n:>=5 n:<5 n:<=5      likewise
//   day:2016-01-02             a date without a time is the whole day, in UTC; also RFC 3339 times
//   word^2                     counts twice as much
//   field:*  *                 documents that have the field; all documents
//   a AND b  a OR b  NOT b     in capitals; AND binds closer than OR, and OR closer than a space
//
// `\` before one of +-=&|><!(){}[]^"~*?:\/ or a space takes that character as it is. A word that a
// field's analyzer removes (a stop word) neither finds nor excludes anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"

namespace blasty::search {

inline constexpr size_t kQueryStringBytesMax = 64 * 1024;
// Words, phrases, ranges and so on of one query: bounds what it costs.
inline constexpr size_t kQueryClausesMax = 1024;
// The same, counted once for each field searched and each term of a match.
inline constexpr size_t kQueryLeavesMax = 16 * 1024;
inline constexpr size_t kQueryDepthMax = 32;  // queries within queries; bounds the stack

// Where a word or phrase of plain letters stands in a query: without quotes, signs and field. Those
// with `\\`, `*`, `?` or `~` are left out.
struct QueryWord {
    size_t begin = 0, end = 0;  // bytes of the text
    std::string field = {};     // empty: those searched by default
};

struct ParseOptions {
    bool all_words = false;  // words without a sign must all be found
    // The text is still being typed: words may be misspelt, by one letter from 4 letters on and by
    // two from 8 on, but not in the first one (the first 16 words); the last one may go on, unless
    // something follows it. The nearer, the higher the score (internal/as_you_type.h). Phrases,
    // patterns, ranges, signs and fields mean what they always do; what cannot be read, as an open
    // quote, is taken as words.
    bool as_you_type = false;
    std::vector<QueryWord>* words = nullptr;  // filled when given
};

// An empty text, or one of nothing but stop words, finds nothing (NoneQuery). BAD_QUERY
// (INVALID_ARGUMENT) names the column, in characters from 1, and what to write instead.
Result<index::QueryPtr> ParseQueryString(std::string_view text, const Fields& fields,
                                         const ParseOptions& options = {});

}  // namespace blasty::search
