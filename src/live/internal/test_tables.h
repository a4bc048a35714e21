// For tests: a schema from CREATE statements, and rows as SQLite stores them.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "live/internal/delta_table.h"
#include "tables/commit.h"
#include "tables/schema.h"
#include "tables/value.h"

namespace blasty::live::internal {

// Real tables in memory.
class TestTables {
  public:
    // Aborts the test when a statement fails. Ids of tables count from 1.
    explicit TestTables(const std::vector<std::string>& statements);
    ~TestTables();
    TestTables(const TestTables&) = delete;
    TestTables& operator=(const TestTables&) = delete;

    sqlite3* db() const { return db_; }
    const tables::SchemaPtr& schema() const { return schema_; }
    const tables::Table& table(std::string_view name) const { return *schema_->Find(name); }
    void Run(const std::string& sql);
    // Encoded rows of a SELECT, in order. False: it failed.
    bool Select(const std::string& sql, const tables::Row& parameters,
                std::vector<std::string>* rows);
    // The row that an INSERT of these values stores; the table is empty afterwards.
    std::string Stored(const tables::Table& table, const tables::Row& values);
    // The table holds just this row.
    void Hold(const tables::Table& table, std::string_view row);
    static std::string KeyOf(const tables::Table& table, std::string_view row);

  private:
    tables::Table Describe(const std::string& name, const std::string& sql);

    sqlite3* db_ = nullptr;
    tables::SchemaPtr schema_;
};

// A change from one image to the other; an empty one is absent. Owns its bytes.
struct TestChange {
    std::string key, old_row, new_row;
    tables::RowChange View(tables::TableId table) const;
};

}  // namespace blasty::live::internal
