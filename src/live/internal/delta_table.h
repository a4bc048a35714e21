// Virtual tables that stand for the tables of a schema and yield the row images handed to them, so
// that SQLite itself evaluates a SELECT over a change; and that tell what SQLite's planner asks of
// them: the constraints of a query.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::live::internal {

struct SchemaChange;

enum class Collation : uint8_t { kBinary, kNoCase, kRTrim, kOther };

// One condition on a column: `column op value`. Several values: one of them (IN).
struct Term {
    int column = 0;
    int op = 0;  // SQLITE_INDEX_CONSTRAINT_…
    Collation collation = Collation::kBinary;
    bool in = false;
    std::vector<tables::Value> values;
};
// All of them hold for a row that matters. Empty: every row may.
using Conjunction = std::vector<Term>;

// One row image, its columns found.
struct Image {
    std::vector<tables::ValueView> values;
    int64_t rowid = 0;  // distinct among the images of one run
};

// What xBestIndex was asked about one table, once a call.
struct PlannedAccess {
    uint64_t columns = 0;   // read of the table (SQLite's colUsed)
    Conjunction constants;  // terms whose value is written in the statement
};

// The virtual tables of one SQLite connection, in its temp schema. One thread at a time.
class DeltaTables {
  public:
    // A new connection in memory with empty tables of the schema in `main` (so that main.T is told
    // apart), virtual tables that shadow them, and the views of the user over these.
    static Result<std::unique_ptr<DeltaTables>> Make(tables::SchemaPtr schema);
    ~DeltaTables();
    DeltaTables(const DeltaTables&) = delete;
    DeltaTables& operator=(const DeltaTables&) = delete;

    // Brings it to the next schema. No statement may be running; those that are prepared stay valid
    // (SQLite compiles each of them again by itself when it runs next).
    Status Change(const SchemaChange& change);

    sqlite3* db() const { return db_; }
    // Null with an error in `*status` when it does not compile.
    sqlite3_stmt* Prepare(std::string_view sql, Status* status);

    // From now on the tables are empty, and every scan is written down in `probes`: complete for a
    // statement over one table that runs to its end.
    void BeginProbe(std::vector<Conjunction>* probes);
    // From now on `table` yields `images`, and the others nothing.
    void BeginRun(const tables::Table* table, std::span<const Image* const> images);
    // Place in the images of the row that was read last.
    size_t current() const { return current_; }
    // From now on preparing a statement writes down what is asked, by table. Null: no more.
    void Plan(absl::flat_hash_map<const tables::Table*, std::vector<PlannedAccess>>* accesses);

    struct Module;  // callbacks of SQLite

  private:
    explicit DeltaTables(tables::SchemaPtr schema) : schema_(std::move(schema)) {}
    Status Open();
    Status CreateTable(const tables::Table& table);

    sqlite3* db_ = nullptr;
    tables::SchemaPtr schema_;
    std::vector<Conjunction>* probes_ = nullptr;
    absl::flat_hash_map<const tables::Table*, std::vector<PlannedAccess>>* accesses_ = nullptr;
    const tables::Table* table_ = nullptr;
    std::span<const Image* const> images_;
    size_t current_ = 0;
};

// A value of SQLite's, copied.
tables::Value ValueFrom(sqlite3_value* value);
// Binds `?index`. The value must live as long as the binding.
void BindView(sqlite3_stmt* statement, int index, const tables::ValueView& value);
// Appends the columns of the present row, encoded, from column `first` on.
void PutResultRow(std::string& out, sqlite3_stmt* statement, int first = 0);

}  // namespace blasty::live::internal
