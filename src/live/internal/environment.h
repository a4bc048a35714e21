// A connection prepared to run queries with the keys of their rows, now or as of an older state.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "live/internal/analysis.h"
#include "live/internal/result.h"
#include "live/internal/row_tables.h"
#include "live/internal/shadow_schema.h"
#include "tables/connection.h"
#include "tables/tables.h"

namespace blasty::live::internal {

// One thread at a time.
class Environment {
  public:
    // kPlain runs texts over the tables themselves; the others see ShadowSchema::Mode.
    enum class Kind : uint8_t { kPlain, kKeyed, kAsOf, kAsOfKeyed };
    // Which one the plan's `keyed_sql` needs.
    static Kind KindFor(const QueryPlan& plan);
    static Kind AsOfKindFor(const QueryPlan& plan);

    static Result<std::unique_ptr<Environment>> Make(tables::Tables& tables, const Clock& clock,
                                                     Kind kind);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    // A snapshot, and the temp schema that fits it.
    Status Begin();
    void End();
    Sequence sequence() const { return snapshot_.sequence; }
    const tables::SchemaPtr& schema() const { return snapshot_.schema; }
    ShadowSchema& shadow() { return shadow_; }
    // kPlain, kKeyed: what the deltas of an IncrementPlan read.
    RowTables& rows() { return rows_; }

    struct Limits {
        uint64_t rows_max = 0;
        uint64_t bytes_max = 0;
        int64_t time_us = 0;
        const std::atomic<bool>* stop = nullptr;
    };
    // LIVE_LIMIT, LIVE_REFUSED, SQL_ERROR, CANCELLED.
    Result<std::shared_ptr<ResultSet>> Run(const QueryPlanPtr& plan, const tables::Row& parameters,
                                           const Limits& limits);

  private:
    // What a column of a result is to us.
    enum class Role : uint8_t { kEncodedKey, kKeyValue, kRow, kIgnored };
    struct Prepared {
        QueryPlanPtr plan;  // keeps the cache's key alive
        sqlite3_stmt* statement = nullptr;
        std::vector<Role> roles;
    };

    Environment(std::unique_ptr<tables::Connection> connection, const Clock& clock, Kind kind);
    Status Install(const tables::SchemaPtr& schema);
    Result<const Prepared*> Prepare(const QueryPlanPtr& plan);
    void ForgetStatements();
    Status Step(const Prepared& prepared, const Limits& limits, ResultSet* result);
    Status ErrorOf(int code) const;
    static int OnProgress(void* self);

    const std::unique_ptr<tables::Connection> connection_;
    const Clock& clock_;
    ShadowSchema shadow_;
    RowTables rows_;
    tables::Connection::Snapshot snapshot_;
    tables::SchemaPtr installed_;  // what the temp schema fits; null: nothing
    absl::flat_hash_map<const QueryPlan*, Prepared> statements_;
    int64_t deadline_us_ = 0;
    const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace blasty::live::internal
