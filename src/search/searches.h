// The search indexes of a database: views of its log over tables. Defined in SQL
// (`CREATE VIRTUAL TABLE name USING search(table, column TYPE …)`, definition.h), fed by every
// commit, searched at one sequence.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "index/index.h"
#include "index/search.h"
#include "io/file_system.h"
#include "log/log.h"
#include "tables/search_module.h"
#include "tables/tables.h"

namespace blasty::search {

struct SearchesOptions {
    std::string directory;  // one folder an index inside
    // Of the segments of one index in memory; more is flushed to disk.
    uint64_t memory_bytes_max = 64ull << 20;
    int64_t checkpoint_every_us = 10'000'000;
    size_t indexes_max = 64;  // each has a thread
};

enum class IndexState { kBuilding, kReady, kFailed };

struct IndexFieldInfo {
    std::string name;
    std::string type;      // TEXT, FACET, NUMERIC, DATE, BOOLEAN or GEO
    std::string analyzer;  // of TEXT
    double boost = 1;
};

struct IndexInfo {
    std::string name, table;
    std::vector<IndexFieldInfo> fields;
    IndexState state = IndexState::kBuilding;
    double built = 0;     // 0 to 1 while it is built
    std::string problem;  // kFailed, or why it was built again
    index::IndexStats stats;
};

enum class Marks { kNone, kHtml, kAnsi };

struct Request {
    std::string index;
    // One of: a query string (query_string.h), or JSON in Bleve's shape (json_query.h). Both empty:
    // everything.
    std::string query, query_json;
    bool all_words = false;  // words of a query string without + or - must all be there
    size_t from = 0, size = 10;
    // "-_score", "_id", "price", "-price" …; empty: by score.
    std::vector<std::string> sort;
    std::vector<index::SortValue> after;
    std::vector<index::FacetRequest> facets;
    std::string collapse;
    Marks marks = Marks::kNone;
    size_t fragments = 1;             // of each field, best first
    std::vector<std::string> fields;  // columns to return; "*": all of the table
    bool exact_total = true;
    Sequence fresh;  // waits until everything up to it can be found
    int64_t timeout_us = 10'000'000;
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
};

struct Response {
    std::vector<ResultHit> hits;
    uint64_t total = 0;
    bool total_is_exact = true;
    double max_score = 0;
    std::vector<index::FacetResult> facets;
    Sequence sequence;  // what it was answered at
    int64_t took_us = 0;
};

// Thread-safe.
class Searches {
  public:
    // Arguments must outlive it; `tables` must be open.
    static Result<std::unique_ptr<Searches>> Open(io::FileSystem& fs,
                                                  const SearchesOptions& options, log::Log& log,
                                                  tables::Tables& tables, const Clock& clock);
    ~Searches();

    // Blocks. INDEX_NOT_FOUND (NOT_FOUND), INDEX_BUILDING (UNAVAILABLE: it is not built yet, or
    // did not get to `fresh` in time: DEADLINE_EXCEEDED), BAD_QUERY (INVALID_ARGUMENT),
    // INDEX_DAMAGED (DATA_LOSS; it is built again).
    Result<Response> Search(const Request& request);
    // For SqlModule: the rows of a MATCH exactly as of a commit of tables.
    Result<std::unique_ptr<tables::SearchRows>> FindRows(const tables::SearchQuery& query);
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
