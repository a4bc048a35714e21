#include "tables/past_shapes.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "tables/commit.h"
#include "tables/connection.h"
#include "tables/internal/guard.h"
#include "tables/internal/heap.h"
#include "tables/internal/schema_loader.h"
#include "tables/internal/search_tables.h"

namespace blasty::tables {
namespace {

// With requests that have ids nearly every commit is in the stream of schema changes.
constexpr int kFramesMax = 100'000;

bool SameColumns(const std::vector<Column>& a, const std::vector<Column>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Column& x, const Column& y) {
        return x.name == y.name && x.declared_type == y.declared_type;
    });
}

// A database in memory that goes through the schema statements; ids are given as SchemaEdit does.
class Replayed {
  public:
    Replayed() = default;
    ~Replayed() { sqlite3_close_v2(db_); }
    Replayed(const Replayed&) = delete;
    Replayed& operator=(const Replayed&) = delete;

    Status Open() {
        internal::InitializeSqlite();
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        const int code = sqlite3_open_v2(":memory:", &db_, flags, nullptr);
        if (code != SQLITE_OK) return SqliteError(db_, code);
        search_ =
            std::make_unique<internal::SearchTables>(db_, guard_, internal::SearchTablesOptions());
        return search_->Register();
    }

    Status Execute(std::string_view sql) {
        const int code = sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return SqliteError(db_, code);
        BLASTY_ASSIGN_OR_RETURN(std::vector<Table> after, internal::LoadTables(db_));
        const auto is_in = [](const std::vector<Table>& tables, const Table& table) {
            return std::any_of(tables.begin(), tables.end(),
                               [&table](const Table& other) { return other.name == table.name; });
        };
        const Table* gone = nullptr;
        for (const Table& table : tables_) {
            if (!is_in(after, table)) gone = &table;
        }
        for (Table& table : after) {
            if (!is_in(tables_, table)) {
                table.id = gone != nullptr ? gone->id : TableId(next_++);
                continue;
            }
            for (const Table& before : tables_) {
                if (before.name == table.name) table.id = before.id;
            }
        }
        tables_ = std::move(after);
        return OkStatus();
    }

    const Table* Find(TableId id) const {
        for (const Table& table : tables_) {
            if (table.id == id) return &table;
        }
        return nullptr;
    }

  private:
    internal::Guard guard_{SystemClock()};
    std::unique_ptr<internal::SearchTables> search_;  // outlives db_
    sqlite3* db_ = nullptr;
    std::vector<Table> tables_;
    uint32_t next_ = 1;
};

}  // namespace

Result<std::vector<PastShape>> PastShapes(log::Log& log, TableId table, Sequence up_to) {
    Replayed replayed;
    BLASTY_RETURN_IF_ERROR(replayed.Open());
    std::vector<PastShape> shapes;
    const auto cursor = log.NewCursor({.from = Sequence(1), .stream = StreamId(kTablesStreamBase)});
    for (int frames = 0;; ++frames) {
        if (frames == kFramesMax) return std::vector<PastShape>();
        BLASTY_ASSIGN_OR_RETURN(const log::FramePtr frame, cursor->Next());
        if (frame == nullptr || frame->first > up_to) return shapes;
        BLASTY_ASSIGN_OR_RETURN(const Commit commit, DecodeCommit(frame));
        if (!commit.schema_changed) continue;
        for (const std::string_view sql : commit.schema_sql)
            BLASTY_RETURN_IF_ERROR(replayed.Execute(sql));
        const Table* const now = replayed.Find(table);
        if (now == nullptr) continue;
        if (shapes.empty() || !SameColumns(shapes.back().columns, now->columns))
            shapes.push_back({commit.last, now->columns});
    }
}

const PastShape* ShapeAfter(const std::vector<PastShape>& shapes, Sequence sequence) {
    const PastShape* found = nullptr;
    for (const PastShape& shape : shapes) {
        if (shape.from <= sequence) found = &shape;
    }
    return found;
}

}  // namespace blasty::tables
