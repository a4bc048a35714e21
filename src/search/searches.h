// The search indexes of a database: views of its log over tables. Defined in SQL
// (`CREATE VIRTUAL TABLE name USING search(table, column TYPE …)`, definition.h), fed by every
// commit, searched at one sequence.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "index/explain.h"
#include "index/index.h"
#include "index/search.h"
#include "io/file_system.h"
#include "log/log.h"
#include "search/suggest.h"
#include "tables/search_module.h"
#include "tables/tables.h"
#include "topics/topics.h"

namespace blasty::search {

namespace internal {
class LiveIndex;
}

struct SearchesOptions {
    std::string directory;  // one folder an index inside
    // Of the segments of one index in memory; more is flushed to disk.
    uint64_t memory_bytes_max = 64ull << 20;
    int64_t checkpoint_every_us = 10'000'000;
    size_t indexes_max = 64;  // each has a thread
};

enum class IndexState { kBuilding, kReady, kFailed };

struct IndexFieldInfo {
    std::string name = {};
    std::string type = {};      // TEXT, FACET, NUMERIC, DATE, BOOLEAN, GEO or JSON
    std::string analyzer = {};  // of TEXT and JSON
    double boost = 1;
    std::string column = {};
    std::string path = {};  // into the JSON of the column
    bool dynamic = false;   // found in a JSON field, not declared
};

struct IndexInfo {
    std::string name;
    std::string table, topic;  // it is over one of them
    std::vector<IndexFieldInfo> fields;
    IndexState state = IndexState::kBuilding;
    double built = 0;     // 0 to 1 while it is built
    std::string problem;  // kFailed, or why it was built again
    index::IndexStats stats;
    // Another definition is built beside it and will replace it: 0 to 1.
    std::optional<double> next_built;
};

// Each costs about as much as a search.
inline constexpr size_t kExplainedMax = 100;

enum class Marks { kNone, kHtml, kAnsi };

struct Request {
    std::string index = {};
    // One of: a query string (query_string.h), or JSON in Bleve's shape (json_query.h). Both empty:
    // everything.
    std::string query = {}, query_json = {};
    bool all_words = false;  // words of a query string without + or - must all be there
    size_t from = 0, size = 10;
    // "-_score", "_id", "price", "-price" …; empty: by score.
    std::vector<std::string> sort = {};
    std::vector<index::SortValue> after = {};
    std::vector<index::FacetRequest> facets = {};
    std::string collapse = {};
    Marks marks = Marks::kNone;
    size_t fragments = 1;                  // of each field, best first
    std::vector<std::string> fields = {};  // columns to return; "*": all of the table
    bool exact_total = true;
    Sequence fresh = {};  // waits until everything up to it can be found
    int64_t timeout_us = 10'000'000;
    bool explain = false;       // fills ResultHit::explanation, of at most kExplainedMax hits
    bool as_you_type = false;   // of `query`: ParseOptions::as_you_type (query_string.h)
    bool did_you_mean = false;  // of `query`: fills Response::did_you_mean
};

struct ResultHit {
    std::string id;   // the row's key for people: its values, joined by commas
    tables::Row key;  // and as values
    double score = 0;
    std::vector<index::SortValue> sort;
    uint64_t collapsed = 0;
    // Columns in the order asked for. A row that was deleted since the search has none.
    std::vector<std::pair<std::string, tables::Value>> fields;
    // Field -> pieces of its text with what matched marked.
    std::vector<std::pair<std::string, std::vector<std::string>>> fragments;
    std::optional<index::Explanation> explanation;  // how the score came about
};

struct Response {
    std::vector<ResultHit> hits;
    uint64_t total = 0;
    bool total_is_exact = true;
    double max_score = 0;
    std::vector<index::FacetResult> facets;
    Sequence sequence;  // what it was answered at
    int64_t took_us = 0;
    // The query string with words that the index does not have, or hardly, replaced by similar ones
    // that it has. Empty: nothing better is known.
    std::string did_you_mean;
};

// A whole search in the shape of Bleve (json_request.h, json_result.h).
struct JsonSearch {
    std::string index, json;
    Sequence fresh = {};
    int64_t timeout_us = 10'000'000;
};

// Thread-safe.
class Searches {
  public:
    // Arguments must outlive it; `tables` must be open. No `topics`: no indexes over them.
    static Result<std::unique_ptr<Searches>> Open(io::FileSystem& fs,
                                                  const SearchesOptions& options, log::Log& log,
                                                  tables::Tables& tables, const Clock& clock,
                                                  topics::Topics* topics = nullptr);
    ~Searches();

    // Blocks. INDEX_NOT_FOUND (NOT_FOUND), INDEX_BUILDING (UNAVAILABLE: it is not built yet, or
    // did not get to `fresh` in time: DEADLINE_EXCEEDED), BAD_QUERY (INVALID_ARGUMENT),
    // INDEX_DAMAGED (DATA_LOSS; it is built again).
    Result<Response> Search(const Request& request);
    // The same as JSON. Errors as Search.
    Result<std::string> SearchJson(const JsonSearch& search);
    // Blocks. INDEX_NOT_FOUND, INDEX_BUILDING, DEADLINE_EXCEEDED, FIELD_NOT_FOUND (NOT_FOUND),
    // BAD_QUERY, INDEX_DAMAGED.
    Result<SuggestResult> Suggest(const SuggestRequest& request);
    // For SqlModule: the rows of a MATCH exactly as of a commit of tables.
    Result<std::unique_ptr<tables::SearchRows>> FindRows(const tables::SearchQuery& query);
    // For LiveSearches: the index at work. INDEX_NOT_FOUND.
    Result<std::shared_ptr<internal::LiveIndex>> Find(const std::string& name);
    std::vector<IndexInfo> List() const;
    // INDEX_NOT_FOUND.
    Result<IndexInfo> Info(const std::string& name) const;
    // Builds it again from the table, beside the old one. INDEX_NOT_FOUND.
    Status Rebuild(const std::string& name);
    // Stops the threads, and writes checkpoints.
    void Close();

  private:
    struct Impl;
    explicit Searches(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::search
