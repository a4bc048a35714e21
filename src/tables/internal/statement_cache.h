// Prepared statements of a connection, kept for the next time their text comes.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "tables/internal/guard.h"
#include "tables/internal/statement.h"

namespace blasty::tables::internal {

struct CachedStatement {
    std::string sql;
    sqlite3_stmt* stmt = nullptr;
    StatementFacts facts;
    std::shared_ptr<const ResultColumns> columns;
    uint64_t used_at = 0;
    bool busy = false;      // a Statement has it
    bool orphaned = false;  // the cache was cleared meanwhile: finalize instead of keeping
};

// One thread at a time. Empty it before the connection is closed.
class StatementCache {
  public:
    static constexpr size_t kStatementsMax = 128;
    static constexpr size_t kSqlBytesMax = 16 << 10;  // longer ones are not kept

    ~StatementCache() { Clear(); }
    // Null: not there, or in use.
    CachedStatement* Take(std::string_view sql, Access access);
    // Keeps a new one (busy); null when it cannot be kept, then it stays the caller's.
    CachedStatement* Add(std::string_view sql, Access access, sqlite3_stmt* stmt,
                         const StatementFacts& facts);
    void GiveBack(CachedStatement* cached);
    // After a schema change, for example.
    void Clear();

  private:
    // By the text inside of the statement.
    using Map = absl::flat_hash_map<std::string_view, std::unique_ptr<CachedStatement>>;
    void EvictOldest();

    Map maps_[2];  // by Access: a text of ours is not the same text of a user
    uint64_t uses_ = 0;
};

}  // namespace blasty::tables::internal
