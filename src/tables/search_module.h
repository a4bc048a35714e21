// What the tables need from a search engine, so that `CREATE VIRTUAL TABLE … USING search(…)` and
// `WHERE packages_text MATCH 'query'` work: implemented above, given in TablesOptions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/status.h"

namespace blasty::tables {

// What a search index is over.
struct SearchTable {
    std::string table;                 // the base table, or the topic
    bool topic = false;                // there is no base table: nothing can be found in SQL
    std::vector<std::string> columns;  // of it, each once; the columns of the virtual table
};

struct SearchQuery {
    std::string index;  // name of the virtual table
    std::string_view text;
    Sequence at;               // the rows as they were after this commit of tables
    int64_t deadline_us = 0;   // monotonic; INT64_MAX: none
    uint64_t rows_likely = 0;  // how many will be read, from LIMIT and OFFSET; 0: not known
};

// What stands around a match.
struct SearchMarks {
    std::string_view before, after;
};

struct SnippetForm {
    SearchMarks marks;
    std::string_view ellipsis;  // where the text was cut
    int tokens = 0;             // at most so many words, above 0
};

struct MarkedText {
    std::string text;
    bool matched = false;  // something is marked
};

// The rows found, best first. One thread at a time.
class SearchRows {
  public:
    virtual ~SearchRows() = default;
    // To the first row, then to each next one; false at the end. Every row is one that the table
    // has at SearchQuery::at.
    virtual Result<bool> Next() = 0;
    // Of the present row: its encoded primary key (value.h), and the score, larger is better.
    virtual std::string_view key() const = 0;
    virtual double score() const = 0;
    // `text` of column `column` (a place in SearchTable::columns) of the present row: whole with
    // the matches marked, and the best part of it (its beginning when nothing matches).
    virtual Result<MarkedText> Highlight(int column, std::string_view text,
                                         const SearchMarks& marks) = 0;
    virtual Result<MarkedText> Snippet(int column, std::string_view text,
                                       const SnippetForm& form) = 0;
};

// Thread-safe.
class SearchModule {
  public:
    virtual ~SearchModule() = default;
    // What the arguments of the virtual table say; depends on nothing else.
    // BAD_INDEX_DEFINITION (INVALID_ARGUMENT).
    virtual Result<SearchTable> Describe(std::string_view name,
                                         const std::vector<std::string>& arguments) const = 0;
    // May block until the index has come to `query.at`. The errors go to the user as they are.
    virtual Result<std::unique_ptr<SearchRows>> Find(const SearchQuery& query) = 0;
};

}  // namespace blasty::tables
