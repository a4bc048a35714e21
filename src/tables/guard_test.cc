// What statements of users may not do.
#include "tables/internal/guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "io/memory_file_system.h"
#include "tables/internal/test_file.h"

namespace blasty::tables::internal {
namespace {

// A table `users` with an index, a view and a trigger.
class GuardTest : public ::testing::Test {
  protected:
    GuardTest() : file_(fs_) {
        EXPECT_TRUE(file_.status().ok()) << file_.status();
        EXPECT_TRUE(file_
                        .Run("CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
                             "CREATE INDEX users_name ON users(name);"
                             "CREATE VIEW names AS SELECT name FROM users;"
                             "CREATE TRIGGER logged AFTER INSERT ON users BEGIN"
                             " UPDATE users SET name = name WHERE id = new.id; END;"
                             "INSERT INTO users VALUES(1, 'ged'), (2, 'ana')")
                        .ok());
    }
    // Prepares and runs it as a user's; the error.
    Status Run(const std::string& sql) {
        auto statement = Statement::Prepare(file_.writer(), sql, Access::kUser);
        return statement.ok() ? statement->Run() : statement.status();
    }

    io::MemoryFileSystem fs_;
    TestFile file_;
};

TEST_F(GuardTest, RefusesWithAReasonAndARemedy) {
    const struct {
        const char* sql;
        const char* says;  // a part of the message
    } cases[] = {
        {"ATTACH 'other.db' AS other", "connection to it"},
        {"ATTACH ':memory:' AS other", "ATTACH"},
        {"DETACH main", "DETACH"},
        {"PRAGMA journal_mode = DELETE", "journal_mode"},
        {"PRAGMA writable_schema = 1", "settings belong to the server"},
        {"PRAGMA user_version", "table_info"},
        {"SELECT * FROM pragma_database_list", "settings"},
        {"SELECT * FROM pragma_table_info('__blasty_state')", "belongs to the server"},
        {"VACUUM", "backup"},
        {"VACUUM INTO 'copy.db'", "backup"},
        {" /* a */ -- b\n ; vacuum", "VACUUM"},
        {"BEGIN", "one transaction"},
        {"COMMIT", "one transaction"},
        {"ROLLBACK", "one transaction"},
        {"SAVEPOINT s", "one transaction"},
        {"RELEASE s", "one transaction"},
        {"CREATE TEMP TABLE t(a)", "temporary"},
        {"CREATE TABLE temp.t(a)", "temporary"},
        {"CREATE VIEW temp.v AS SELECT 1", "temporary"},
        {"CREATE TEMP VIEW v AS SELECT 1", "temporary"},
        {"CREATE TEMP TRIGGER x AFTER INSERT ON users BEGIN SELECT 1; END", "temporary"},
        {"CREATE VIRTUAL TABLE t USING fts5(a)", "json_each"},
        {"CREATE VIRTUAL TABLE t USING rtree(id, a, b)", "virtual tables"},
        {"CREATE TABLE copy AS SELECT * FROM users", "INSERT INTO"},
        {"ANALYZE", "ANALYZE"},
        {"REINDEX users", "REINDEX"},
        {"SELECT load_extension('x')", "parameter"},
        {"SELECT fts3_tokenizer('simple')", "fts3_tokenizer"},
        {"SELECT * FROM dbstat", "inside of SQLite"},
        {"SELECT * FROM sqlite_stmt", "inside of SQLite"},
        {"SELECT * FROM fts3tokenize('simple', 'a b')", "inside of SQLite"},
        {"SELECT * FROM __blasty_state", "belong to the server"},
        {"SELECT count(*) FROM __BLASTY_STATE", "belong to the server"},
        {"SELECT (SELECT applied FROM __blasty_state)", "belong to the server"},
        {"UPDATE __blasty_state SET applied = 7", "belong to the server"},
        {"DELETE FROM __blasty_requests", "belong to the server"},
        {"INSERT INTO __blasty_tables VALUES(1, 'x', 1)", "belong to the server"},
        {"DROP TABLE __blasty_state", "belong to the server"},
        {"ALTER TABLE __blasty_state ADD COLUMN x", "belong to the server"},
        {"CREATE TABLE __blasty_mine(id INTEGER PRIMARY KEY)", "another name"},
        {"CREATE INDEX __blasty_i ON users(name)", "another name"},
        {"CREATE INDEX i ON __blasty_tables(name)", "belong to the server"},
        {"CREATE VIEW __blasty_v AS SELECT 1", "another name"},
        {"CREATE TRIGGER __blasty_t AFTER INSERT ON users BEGIN SELECT 1; END", "another name"},
        {"CREATE TRIGGER t AFTER INSERT ON __blasty_tables BEGIN SELECT 1; END",
         "belong to the server"},
        {"UPDATE sqlite_sequence SET seq = 100", "belongs to SQLite"},
        {"DELETE FROM sqlite_sequence", "belongs to SQLite"},
        {"EXPLAIN ATTACH 'x' AS y", "ATTACH"},
    };
    for (const auto& one : cases) {
        const Status status = Run(one.sql);
        EXPECT_EQ(ReasonOf(status), "STATEMENT_REFUSED") << one.sql << ": " << status;
        EXPECT_EQ(status.code(), StatusCode::kPermissionDenied) << one.sql;
        EXPECT_NE(MessageOf(status).find(one.says), std::string_view::npos)
            << one.sql << ": " << status;
    }
    // SQLite's own refusals.
    for (const char* const sql :
         {"INSERT INTO sqlite_master VALUES('table', 'x', 'x', 2, '')", "DELETE FROM sqlite_schema",
          "CREATE TABLE sqlite_mine(a)", "DROP TABLE sqlite_sequence", "SELECT readfile('x')"})
        EXPECT_FALSE(Run(sql).ok()) << sql;
}

TEST_F(GuardTest, HiddenTablesCannotBeReachedByDetours) {
    EXPECT_TRUE(Run("CREATE VIEW peek AS SELECT * FROM __blasty_state").ok());
    EXPECT_EQ(ReasonOf(Run("SELECT * FROM peek")), "STATEMENT_REFUSED");
    EXPECT_TRUE(Run("CREATE TRIGGER poke AFTER DELETE ON users BEGIN"
                    " UPDATE __blasty_state SET applied = 9; END")
                    .ok());
    EXPECT_EQ(ReasonOf(Run("DELETE FROM users")), "STATEMENT_REFUSED");
    EXPECT_EQ(file_.Number("SELECT applied FROM __blasty_state"), 0);
}

TEST_F(GuardTest, AllowsWhatAUserNeeds) {
    for (const char* const sql : {
             "SELECT * FROM users JOIN names USING(name)",
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)"
             " SELECT sum(i) OVER (ORDER BY i) FROM n",
             "SELECT value FROM json_each('[1, 2]')",
             "SELECT name FROM sqlite_schema WHERE type = 'table'",
             "SELECT name FROM pragma_table_info('users')",
             "PRAGMA table_xinfo(users)",
             "PRAGMA integrity_check",
             "EXPLAIN QUERY PLAN SELECT * FROM users WHERE name = 'x'",
             "INSERT INTO users(name) VALUES('new') RETURNING id",
             "INSERT OR REPLACE INTO users VALUES(1, 'again')",
             "UPDATE users SET name = upper(name)",
             "DELETE FROM users WHERE id = 2",
             "CREATE TABLE other(id INTEGER PRIMARY KEY AUTOINCREMENT, a CHECK(a > 0), b TEXT"
             " GENERATED ALWAYS AS (a + 1) STORED, c REFERENCES users(id))",
             "CREATE TABLE IF NOT EXISTS other(id)",
             "ALTER TABLE other ADD COLUMN d CHECK(d > 1)",
             "ALTER TABLE other ADD COLUMN e NOT NULL DEFAULT 1",
             "ALTER TABLE other RENAME COLUMN d TO f",
             "ALTER TABLE other DROP COLUMN e",
             "ALTER TABLE other RENAME TO others",
             "CREATE UNIQUE INDEX others_a ON others(a) WHERE a > 5",
             "DROP INDEX others_a",
             "DROP TABLE others",
             "DROP VIEW names",
             "DROP TRIGGER logged",
             "VALUES(1), (2)",
             "SELECT 'VACUUM'",
         }) {
        const Status status = Run(sql);
        EXPECT_TRUE(status.ok()) << sql << ": " << status;
    }
    EXPECT_EQ(file_.Integrity(), "ok");
}

TEST_F(GuardTest, TellsWhatAStatementDoesToTheSchema) {
    const auto actions = [this](const std::string& sql) {
        const auto statement = Statement::Prepare(file_.writer(), sql, Access::kUser);
        EXPECT_TRUE(statement.ok()) << sql << ": " << statement.status();
        std::string out;
        if (statement.ok()) {
            for (const SchemaAction& action : statement->facts().actions)
                StrAppend(out, action.action, " ", action.name, " ", action.table, ";");
        }
        return out;
    };
    EXPECT_EQ(actions("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE)"),
              StrCat(SQLITE_CREATE_TABLE, " t ;"));
    EXPECT_EQ(actions("DROP TABLE users").find(StrCat(SQLITE_DROP_TABLE, " users ;")), 0u);
    EXPECT_EQ(actions("ALTER TABLE users ADD COLUMN x"), StrCat(SQLITE_ALTER_TABLE, " users ;"));
    EXPECT_EQ(actions("CREATE INDEX i ON users(id)"), StrCat(SQLITE_CREATE_INDEX, " i users;"));
    EXPECT_EQ(actions("DROP TRIGGER logged"), StrCat(SQLITE_DROP_TRIGGER, " logged users;"));
    EXPECT_EQ(actions("CREATE VIEW v AS SELECT 1"), StrCat(SQLITE_CREATE_VIEW, " v ;"));
    EXPECT_EQ(actions("INSERT INTO users SELECT 5, name FROM users"), "");
    EXPECT_EQ(actions("SELECT * FROM users"), "");
    EXPECT_EQ(actions("EXPLAIN DROP TABLE users"), "");
}

TEST_F(GuardTest, ErrorsNameThePlace) {
    const auto message = [this](const std::string& sql) {
        const Status status = Run(sql);
        EXPECT_EQ(ReasonOf(status), "SQL_ERROR") << sql << ": " << status;
        return std::string(MessageOf(status));
    };
    EXPECT_EQ(message("SELECT *\nFORM users"), "near \"FORM\": syntax error (line 2, column 1)");
    EXPECT_EQ(message("SELECT nix FROM users"), "no such column: nix (line 1, column 8)");
    EXPECT_NE(message("SELECT 1; SELECT 2").find("line 1, column 11"), std::string::npos);
    EXPECT_NE(message("SELECT 1;;\n-- a\n  x").find("line 3, column 3"), std::string::npos);
    EXPECT_NE(message("").find("no statement"), std::string::npos);
    EXPECT_NE(message(" ; -- nothing").find("no statement"), std::string::npos);
    EXPECT_NE(message(std::string("SELECT '\0'", 10)).find("column 9"), std::string::npos);
    EXPECT_TRUE(Run("SELECT 1; -- and that is it\n /* really").ok());
    EXPECT_TRUE(Run(";;SELECT 1;;").ok());
    EXPECT_EQ(ReasonOf(Run("INSERT INTO users VALUES(1, 'x')")), "CONSTRAINT_FAILED");
}

TEST_F(GuardTest, TimeLimit) {
    file_.writer().guard().Arm(SystemClock().MonotonicMicros() + 10'000, nullptr);
    const Status status =
        Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n");
    EXPECT_EQ(ReasonOf(status), "STATEMENT_TIMEOUT") << status;
    EXPECT_EQ(status.code(), StatusCode::kDeadlineExceeded);
    EXPECT_EQ(ReasonOf(file_.writer().guard().Check()), "STATEMENT_TIMEOUT");
    file_.writer().guard().Disarm();
    EXPECT_TRUE(Run("SELECT 1").ok());
}

TEST_F(GuardTest, CancelledFromAnotherThread) {
    std::atomic<bool> cancelled{false};
    file_.writer().guard().Arm(INT64_MAX, &cancelled);
    std::thread other([&cancelled] { cancelled = true; });
    const Status status =
        Run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " INSERT INTO users(name) SELECT i FROM n");
    other.join();
    file_.writer().guard().Disarm();
    EXPECT_EQ(ReasonOf(status), "CANCELLED") << status;
    EXPECT_EQ(file_.Number("SELECT count(*) FROM users"), 2);
}

TEST_F(GuardTest, MemoryLimit) {
    HeapBudget budget(8 << 20);
    const auto handle = Handle::Open(
        file_.vfs(), {.path = kTestPath, .heap = &budget, .page_cache_bytes = 1 << 20});
    ASSERT_TRUE(handle.ok()) << handle.status();
    const auto run = [&handle](const std::string& sql) {
        const HeapScope scope(&(*handle)->heap());
        auto statement = (*handle)->Cached(sql, Access::kUser);
        return statement.ok() ? statement->Run() : statement.status();
    };
    const std::string sort =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
        " SELECT i, printf('%060d', i) AS p FROM n ORDER BY p DESC";
    for (int i = 0; i < 3; ++i) {
        for (const std::string& sql :
             {sort,
              std::string("SELECT group_concat(hex(zeroblob(1000000))) FROM users a, users b,"
                          " users c"),
              std::string("SELECT randomblob(50000000)")}) {
            const Status status = run(sql);
            ASSERT_EQ(ReasonOf(status), "STATEMENT_TOO_LARGE") << sql << ": " << status;
        }
        ASSERT_TRUE(run("SELECT name FROM users ORDER BY name").ok());
        (*handle)->heap().Settle();
        ASSERT_LE(budget.used.load(), 4 << 20);
    }
    EXPECT_TRUE(run("SELECT randomblob(1000000)").ok());
    EXPECT_TRUE(Run(sort).ok()) << "another connection, without a limit";
}

}  // namespace
}  // namespace blasty::tables::internal
