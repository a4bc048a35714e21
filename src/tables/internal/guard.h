// What statements of users may do: an authorizer that refuses with a reason and a remedy, and a
// progress handler for time limits and cancellation.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace blasty::tables::internal {

enum class Access : uint8_t {
    kInternal = 0,  // our own statements: anything
    kUser = 1,      // what a user may say, reading or writing
};

// A change of the schema, as the authorizer told it.
struct SchemaAction {
    int action = 0;     // SQLITE_CREATE_TABLE, SQLITE_ALTER_TABLE, SQLITE_DROP_INDEX, …
    std::string name;   // of the table, index, view or trigger; SQLITE_ALTER_TABLE: of the table
    std::string table;  // of an index or trigger
};

// What the authorizer saw of a statement.
struct StatementFacts {
    std::vector<SchemaAction> actions;  // in order
    // CREATE … IF NOT EXISTS of what there is has no action, but is a schema statement too.
    bool writes_schema = false;
    bool changes_schema() const { return writes_schema || !actions.empty(); }
};

// True for names that are ours or SQLite's: `__blasty…`, `sqlite_…`. (The authorizer does not see
// the new name of ALTER TABLE … RENAME: check the schema after it.)
bool IsReservedName(std::string_view name);

// Of one connection, used by its thread.
class Guard {
  public:
    explicit Guard(const Clock& clock) : clock_(clock) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    // Sets both handlers on `db`, which must not outlive the guard.
    void Install(sqlite3* db);

    // Refuses what the authorizer never hears of (VACUUM, EXPLAIN of refused things, …) and forgets
    // the facts of the statement before. Called for each statement before it is prepared.
    Status Begin(Access access, std::string_view sql);
    // For the statement that runs now: it may be prepared again by SQLite.
    void Resume(Access access) {
        access_ = access;
        refusal_.clear();
    }
    const StatementFacts& facts() const { return facts_; }
    Access access() const { return access_; }
    // Whether the statement that runs or was prepared last was refused, and why: STATEMENT_REFUSED.
    bool refused() const { return !refusal_.empty(); }
    Status Refusal() const;

    // Statements stop when the time is over (monotonic; INT64_MAX: never) or `cancelled` (may be
    // null, must stay until Disarm) is set.
    void Arm(int64_t deadline_us, const std::atomic<bool>* cancelled);
    void Disarm() { Arm(INT64_MAX, nullptr); }
    int64_t deadline_us() const { return deadline_us_; }
    bool must_stop() { return MustStop(); }
    // Asks at once; the error of Interruption.
    Status Check();
    // Why SQLITE_INTERRUPT came back: STATEMENT_TIMEOUT or CANCELLED.
    Status Interruption() const;

  private:
    friend class InternalScope;
    static int Authorize(void* self, int action, const char* first, const char* second,
                         const char* schema, const char* source);
    static int Progress(void* self);
    // Why not, or empty.
    std::string Judge(int action, std::string_view first, std::string_view second,
                      std::string_view schema) const;
    bool MustStop();

    const Clock& clock_;
    Access access_ = Access::kInternal;
    StatementFacts facts_;
    std::string refusal_;
    int64_t deadline_us_ = INT64_MAX;
    const std::atomic<bool>* cancelled_ = nullptr;
    bool timed_out_ = false;
};

// While it lives, statements of ours may be prepared inside one of a user's.
class InternalScope {
  public:
    explicit InternalScope(Guard& guard) : guard_(guard), access_(guard.access_) {
        guard.access_ = Access::kInternal;
    }
    ~InternalScope() { guard_.access_ = access_; }
    InternalScope(const InternalScope&) = delete;
    InternalScope& operator=(const InternalScope&) = delete;

  private:
    Guard& guard_;
    const Access access_;
};

}  // namespace blasty::tables::internal
