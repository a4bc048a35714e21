// A prepared statement of a Handle.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tables/internal/guard.h"
#include "tables/statement_list.h"
#include "tables/value.h"

namespace blasty::tables::internal {

class Handle;
struct CachedStatement;

struct ResultColumns {
    std::vector<std::string> names;
    std::vector<std::string> types;  // declared; "" for expressions
};

using NamedValues = std::vector<std::pair<std::string, Value>>;

// Movable; finalized, or handed back to the cache of its handle, by the destructor. The handle must
// outlive it. One thread at a time.
class Statement {
  public:
    // Exactly one statement. SQL_ERROR (INVALID_ARGUMENT) with line and column, STATEMENT_REFUSED.
    static Result<Statement> Prepare(Handle& handle, std::string_view sql, Access access);
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    // `named` supplies parameters by name (mark included), `row` the others in the order of their
    // numbers. Every parameter must get a value and every value a parameter: INVALID_PARAMETERS
    // (INVALID_ARGUMENT). Both must stay until the statement is reset or gone.
    Status Bind(const Row& row, const NamedValues& named = {});
    Status Bind(std::span<const ValueView> row, std::span<const NamedView> named);
    // One value, number from 1; `bytes` of a view must stay.
    Status Bind(int number, const ValueView& value);

    // True: there is a row. False, at the end, and an error leave the statement reset (its values
    // stay bound).
    Result<bool> Step();
    // Step until the end, rows are thrown away; then reset.
    Status Run();
    // Also forgets the values bound.
    void Reset();

    // Of the present row.
    void AppendRow(std::string* out) const;  // encoded (value.h)
    ValueView Column(int column) const;      // until the next Step or Reset
    int64_t Integer(int column) const { return sqlite3_column_int64(stmt_, column); }

    int column_count() const { return sqlite3_column_count(stmt_); }
    const std::shared_ptr<const ResultColumns>& columns();
    // EXPLAIN only reads, whatever it explains.
    bool read_only() const {
        return sqlite3_stmt_readonly(stmt_) != 0 || sqlite3_stmt_isexplain(stmt_) != 0;
    }
    const StatementFacts& facts() const { return facts_; }
    sqlite3_stmt* get() const { return stmt_; }

  private:
    friend class Handle;
    Statement(Handle& handle, sqlite3_stmt* stmt, Access access, StatementFacts facts)
        : handle_(&handle), stmt_(stmt), access_(access), facts_(std::move(facts)) {}
    void Release();
    Status BindNamed(std::span<const NamedView> named, std::vector<bool>* bound);
    std::string NameOf(int number) const;

    Handle* handle_;
    sqlite3_stmt* stmt_;
    CachedStatement* cached_ = nullptr;  // null: not of the cache
    Access access_;
    StatementFacts facts_;
    std::shared_ptr<const ResultColumns> columns_;  // null: not asked for yet
};

// SQLite's code. The bytes of `value` must stay while they are bound.
int BindView(sqlite3_stmt* statement, int number, const ValueView& value);
// Appends the value as SQLite has it, with its storage class.
void PutSqliteValue(std::string& out, sqlite3_value* value);
// `bytes` until the value changes.
ValueView ViewOfSqlite(sqlite3_value* value);

}  // namespace blasty::tables::internal
