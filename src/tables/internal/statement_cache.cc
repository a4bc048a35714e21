#include "tables/internal/statement_cache.h"

#include <utility>

namespace blasty::tables::internal {

CachedStatement* StatementCache::Take(std::string_view sql, Access access) {
    Map& map = maps_[static_cast<size_t>(access)];
    const auto it = map.find(sql);
    if (it == map.end() || it->second->busy) return nullptr;
    it->second->busy = true;
    it->second->used_at = ++uses_;
    return it->second.get();
}

CachedStatement* StatementCache::Add(std::string_view sql, Access access, sqlite3_stmt* stmt,
                                     const StatementFacts& facts) {
    if (sql.size() > kSqlBytesMax) return nullptr;
    Map& map = maps_[static_cast<size_t>(access)];
    if (map.contains(sql)) return nullptr;
    if (maps_[0].size() + maps_[1].size() >= kStatementsMax) EvictOldest();
    auto entry = std::make_unique<CachedStatement>();
    entry->sql = sql;
    entry->stmt = stmt;
    entry->facts = facts;
    entry->used_at = ++uses_;
    entry->busy = true;
    const std::string_view key = entry->sql;
    return map.emplace(key, std::move(entry)).first->second.get();
}

void StatementCache::GiveBack(CachedStatement* cached) {
    if (cached->orphaned) {
        sqlite3_finalize(cached->stmt);
        delete cached;
        return;
    }
    sqlite3_reset(cached->stmt);
    sqlite3_clear_bindings(cached->stmt);
    cached->busy = false;
}

void StatementCache::Clear() {
    for (Map& map : maps_) {
        for (auto& [sql, entry] : map) {
            if (entry->busy) {
                // Its Statement gives it back, and frees it then.
                entry.release()->orphaned = true;
                continue;
            }
            sqlite3_finalize(entry->stmt);
        }
        map.clear();
    }
}

void StatementCache::EvictOldest() {
    const CachedStatement* oldest = nullptr;
    for (const Map& map : maps_) {
        for (const auto& [sql, entry] : map)
            if (!entry->busy && (oldest == nullptr || entry->used_at < oldest->used_at))
                oldest = entry.get();
    }
    if (oldest == nullptr) return;
    sqlite3_finalize(oldest->stmt);
    const std::string sql = oldest->sql;
    for (Map& map : maps_) {
        const auto it = map.find(sql);
        if (it != map.end() && it->second.get() == oldest) map.erase(it);
    }
}

}  // namespace blasty::tables::internal
