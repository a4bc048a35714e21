// The module `search` of a connection: what SQLite asks about virtual tables USING search(…).
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/search_module.h"

namespace blasty::tables::internal {

class Guard;
struct SearchCursor;
struct SearchVtab;

struct SearchTablesOptions {
    std::shared_ptr<SearchModule> module;  // null: search tables are there, but answer nothing
    // A statement that finds rows here may write: it would not see what it has written itself.
    bool writes = false;
};

// A search table as the schema of a connection has it.
struct SearchTableInfo {
    std::string name;
    std::string sql;
    std::optional<SearchTable> over;  // none: there is no module, or it no longer understands it
};

// Of one connection, used by its thread; outlives the connection.
class SearchTables {
  public:
    // `db` and `guard` are those of the connection.
    SearchTables(sqlite3* db, Guard& guard, SearchTablesOptions options)
        : db_(db), guard_(guard), options_(std::move(options)) {}
    SearchTables(const SearchTables&) = delete;
    SearchTables& operator=(const SearchTables&) = delete;

    // Makes the module and its functions known to the connection.
    Status Register();
    // In the order of the schema. The guard must let our own statements pass.
    Result<std::vector<SearchTableInfo>> List();
    // The error of ours that SQLite tells by `message`; ok: that one is not ours.
    Status ErrorOf(std::string_view message) const;

  private:
    friend struct SearchVtab;
    friend struct SearchCursor;
    friend struct SearchCallbacks;
    friend class SearchFunctions;

    // Keeps `status` for ErrorOf; returns the code for SQLite.
    int Fail(const Status& status, char** message);
    SearchCursor* CursorOf(int64_t token) const;

    sqlite3* const db_;
    Guard& guard_;
    const SearchTablesOptions options_;
    Status error_;                                          // the newest
    absl::flat_hash_map<std::string, SearchVtab*> tables_;  // connected ones, by name
    absl::flat_hash_map<int64_t, SearchCursor*> cursors_;   // open ones, by number
    int64_t next_cursor_ = 1;
};

}  // namespace blasty::tables::internal
