// blasty_version(): what a SELECT tells is what a condition of a write wants.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

class RowVersionsTest : public testing::Test {
  protected:
    RowVersionsTest() : db_(fs_) {
        EXPECT_TRUE(db_.status().ok()) << db_.status();
        db_.Must(
            "CREATE TABLE t(a TEXT COLLATE NOCASE, b INTEGER, r REAL, v,"
            " g AS (b * 2) STORED, PRIMARY KEY(b, a))");
        db_.Must("INSERT INTO t VALUES ('x', 1, 5, 'one'), ('y', 2, 0.5, x'00ff')");
    }
    // The version as a SELECT tells it, of the one row.
    uint64_t Ask(const std::string& call) {
        const std::string shown = db_.Ask("SELECT " + call);
        EXPECT_EQ(shown.front(), '\'') << call << " is no text: " << shown;
        return std::strtoull(shown.c_str() + 1, nullptr, 10);
    }
    // Whether a write that wants `version` of the row with this key is done.
    std::string Write(Row key, uint64_t version) {
        WriteRequest request = Request("INSERT INTO other(v) VALUES (1)");
        request.conditions.push_back({"t", std::move(key), version});
        return ReasonOf(db_.Run(request).status());
    }

    io::MemoryFileSystem fs_;
    TestDatabase db_;
};

TEST_F(RowVersionsTest, IsWhatAConditionWants) {
    db_.Must("CREATE TABLE other(id INTEGER PRIMARY KEY, v)");
    const uint64_t first = Ask("blasty_version('t', 1, 'x')");
    EXPECT_NE(first, 0u);
    EXPECT_EQ(first, Ask("blasty_version('T', 1, 'X')")) << "names and keys as the table has them";
    EXPECT_EQ(Write({int64_t{1}, T("x")}, first), "");
    EXPECT_EQ(Write({int64_t{2}, T("y")}, Ask("blasty_version('t', 2, 'y')")), "");
    EXPECT_EQ(Write({int64_t{2}, T("y")}, first), "ROW_CHANGED");
    EXPECT_EQ(Ask("blasty_version('t', 3, 'x')"), 0u);
    EXPECT_EQ(Write({int64_t{3}, T("x")}, 0), "");
    db_.Must("UPDATE t SET v = 'two' WHERE b = 1");
    const uint64_t second = Ask("blasty_version('t', 1, 'x')");
    EXPECT_NE(second, first);
    EXPECT_EQ(Write({int64_t{1}, T("x")}, first), "ROW_CHANGED");
    db_.Must("ALTER TABLE t ADD COLUMN more DEFAULT 7");
    EXPECT_NE(Ask("blasty_version('t', 1, 'x')"), second);
    EXPECT_EQ(Write({int64_t{1}, T("x")}, Ask("blasty_version('t', 1, 'x')")), "");
    db_.Must("DROP TABLE t");
    EXPECT_EQ(db_.Ask("SELECT blasty_version('t', 1, 'x')"), "SQL_ERROR");
}

TEST_F(RowVersionsTest, OfManyRowsAndInAWrite) {
    EXPECT_EQ(db_.Ask("SELECT count(DISTINCT blasty_version('t', b, a)) FROM t"), "2");
    const auto written =
        db_.Run(Request("UPDATE t SET v = blasty_version('t', b, a) WHERE b = 1 RETURNING v"));
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_NE(Shown(written->results[0].rows), "'0'");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t WHERE v = blasty_version('t', b, a)"), "0");
}

TEST_F(RowVersionsTest, WrongUses) {
    for (const char* call :
         {"blasty_version()", "blasty_version('t')", "blasty_version('t', 1)",
          "blasty_version('t', 1, 'x', 2)", "blasty_version(1, 1)", "blasty_version(NULL)",
          "blasty_version('none', 1)", "blasty_version('__blasty_state', 1)",
          "blasty_version('sqlite_schema', 1)"})
        EXPECT_EQ(db_.Ask(StrCat("SELECT ", call)), "SQL_ERROR") << call;
    // Not in the schema, where it would tell another version each time.
    db_.Must("CREATE VIEW w AS SELECT blasty_version('t', b, a) FROM t");
    EXPECT_EQ(db_.Ask("SELECT * FROM w"), "SQL_ERROR");
    EXPECT_EQ(
        db_.Try("CREATE TABLE c(id INTEGER PRIMARY KEY, g AS (blasty_version('t', 1)) STORED)"),
        "SQL_ERROR");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t"), "2");
}

}  // namespace
}  // namespace blasty::tables
