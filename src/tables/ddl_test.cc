// Schema statements: what they do to ids, shapes and rows, and that a replay makes the same.
#include <gtest/gtest.h>

#include <limits>

#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

class DdlTest : public testing::Test {
  protected:
    DdlTest() : db_(fs_) {}
    void SetUp() override { ASSERT_TRUE(db_.status().ok()) << db_.status(); }

    const Table& Of(std::string_view name) {
        schema_ = db_.tables().schema();
        const Table* table = schema_->Find(name);
        EXPECT_NE(table, nullptr) << name;
        return *table;
    }
    // tables.db made anew from the log.
    void Rebuild() {
        db_.Shut();
        ASSERT_TRUE(fs_.Remove("db/tables.db").ok());
        (void)fs_.Remove("db/tables.db-wal");
        db_.Open();
        ASSERT_TRUE(db_.status().ok()) << db_.status();
    }

    io::MemoryFileSystem fs_;
    TestDatabase db_;
    SchemaPtr schema_;
};

TEST_F(DdlTest, ColumnsAreDescribedBySqlitesRules) {
    db_.Must(
        "CREATE TABLE t(a VARCHAR(20) COLLATE NOCASE, b BIGINT NOT NULL, c DOUBLE, d, e DATE,"
        " f CHARINT, g AS (a || b) STORED, PRIMARY KEY(b, a))");
    const Table& table = Of("T");
    ASSERT_EQ(table.columns.size(), 7u);
    const Affinity affinities[] = {Affinity::kText, Affinity::kInteger, Affinity::kReal,
                                   Affinity::kBlob, Affinity::kNumeric, Affinity::kInteger,
                                   Affinity::kBlob};
    for (size_t i = 0; i < 7; ++i) EXPECT_EQ(table.columns[i].affinity, affinities[i]) << i;
    EXPECT_EQ(table.columns[0].collation, "NOCASE");
    EXPECT_EQ(table.columns[0].key_position, 2);
    EXPECT_TRUE(table.columns[1].not_null);
    EXPECT_TRUE(table.columns[6].generated);
    EXPECT_EQ(table.key_columns, (std::vector<int>{1, 0}));
    EXPECT_FALSE(table.key_is_rowid);
    EXPECT_EQ(table.ColumnOf("F"), 5);
    db_.Must("CREATE TABLE r(a TEXT, id INTEGER PRIMARY KEY)");
    EXPECT_TRUE(Of("r").key_is_rowid);
    db_.Must("CREATE TABLE q(id INTEGER PRIMARY KEY DESC)");
    EXPECT_FALSE(Of("q").key_is_rowid);
    db_.Must("CREATE TABLE w(id INTEGER PRIMARY KEY) WITHOUT ROWID");
    EXPECT_TRUE(Of("w").without_rowid);
    EXPECT_FALSE(Of("w").key_is_rowid);
}

TEST_F(DdlTest, AlterTableKeepsTheIdAndMovesTheShape) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)");
    db_.Must("CREATE TABLE child(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t(id))");
    db_.Must("INSERT INTO t VALUES (1, 'a', 'b')");
    const TableId id = Of("t").id;
    const Sequence made = Of("t").shaped_at;
    db_.Must("ALTER TABLE t RENAME TO u");
    EXPECT_EQ(Of("u").id, id);
    EXPECT_EQ(Of("u").shaped_at, made);
    EXPECT_EQ(db_.tables().schema()->changed_at, db_.tables().applied());
    db_.Must("ALTER TABLE u RENAME COLUMN a TO aa");
    EXPECT_GT(Of("u").shaped_at, made);
    db_.Must("ALTER TABLE u DROP COLUMN b");
    db_.Must("ALTER TABLE u ADD COLUMN c REAL DEFAULT 3");
    EXPECT_EQ(Of("u").id, id);
    EXPECT_EQ(Of("u").shaped_at, db_.tables().applied());
    db_.Must("UPDATE u SET aa = 'x'");
    db_.Must("INSERT INTO child VALUES (1, 1)");
    EXPECT_EQ(db_.Try("INSERT INTO child VALUES (2, 9)"), "CONSTRAINT_FAILED");
    const std::string rows = "1,'x',3.000000";
    EXPECT_EQ(db_.Ask("SELECT * FROM u"), rows);
    Rebuild();
    EXPECT_EQ(db_.Ask("SELECT * FROM u"), rows);
    EXPECT_EQ(Of("u").id, id);
}

TEST_F(DdlTest, IdsAreNotUsedAgain) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    db_.Must("DROP TABLE t");
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    EXPECT_EQ(Of("t").id.value(), 2u);
    WriteRequest both = Request("CREATE TABLE x(id INTEGER PRIMARY KEY)");
    both.statements.push_back({"DROP TABLE x", {}, {}});
    both.statements.push_back({"CREATE TABLE y(id INTEGER PRIMARY KEY)", {}, {}});
    ASSERT_TRUE(db_.Run(both).ok());
    const uint32_t y = Of("y").id.value();
    EXPECT_GT(y, 2u);
    db_.Must("DROP TABLE y");
    Rebuild();
    db_.Must("CREATE TABLE z(id INTEGER PRIMARY KEY)");
    EXPECT_GT(Of("z").id.value(), y);
}

TEST_F(DdlTest, AFailingSchemaStatementLeavesNothing) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db_.Must("INSERT INTO t VALUES (1, 5), (2, 5)");
    const Sequence before = db_.tables().applied();
    EXPECT_EQ(db_.Try("CREATE UNIQUE INDEX tv ON t(v)"), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Try("CREATE TABLE t(id INTEGER PRIMARY KEY)"), "SQL_ERROR");
    EXPECT_EQ(db_.Try("DROP TABLE nowhere"), "SQL_ERROR");
    EXPECT_EQ(db_.Try("CREATE TABLE x(__blasty_key INTEGER PRIMARY KEY)"), "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Try("CREATE TABLE x(id INTEGER PRIMARY KEY) ; DROP TABLE t"), "SQL_ERROR");
    EXPECT_EQ(db_.tables().applied(), before);
    EXPECT_EQ(db_.tables().schema()->tables.size(), 1u);
    EXPECT_TRUE(db_.tables().schema()->others.empty());
    db_.Must("CREATE INDEX tv ON t(v)");
    db_.Must("DROP INDEX tv");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t"), "2");
}

// SQLite's hook makes a real of `b`, because `a` stands where `b` is stored.
TEST_F(DdlTest, NumbersOfTablesWithoutRowidKeepTheirType) {
    db_.Must("CREATE TABLE t(a REAL, b INTEGER, c TEXT, PRIMARY KEY(b, a)) WITHOUT ROWID");
    db_.Must("INSERT INTO t VALUES (2.0, 14, 'x')");
    db_.Must("UPDATE t SET c = 'y'");
    db_.Must("UPDATE t SET b = 15");
    Rebuild();
    EXPECT_EQ(db_.Ask("SELECT typeof(a), a, typeof(b), b, c FROM t"),
              "'real',2.000000,'integer',15,'y'");
    EXPECT_EQ(db_.Try("CREATE TABLE u(a REAL, b, PRIMARY KEY(b)) WITHOUT ROWID"),
              "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Try("CREATE TABLE u(b, a REAL, PRIMARY KEY(b)) WITHOUT ROWID"), "");
}

// Such a value would be off by one in the old image.
TEST_F(DdlTest, LargeIntegersAreRefusedWhereTheHookMakesRealsOfThem) {
    db_.Must("CREATE TABLE t(b INTEGER, a REAL, k TEXT PRIMARY KEY, c) WITHOUT ROWID");
    db_.Must("INSERT INTO t VALUES (9007199254740991, 1, 'x', 1)");
    db_.Must("UPDATE t SET c = 2");
    db_.Must("UPDATE t SET b = 9007199254740993");
    EXPECT_EQ(db_.Try("UPDATE t SET c = 3"), "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Try("DELETE FROM t"), "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Ask("SELECT * FROM t"), "9007199254740993,1.000000,'x',2");
    db_.Must("DROP TABLE t");
}

TEST_F(DdlTest, VirtualColumnsAreInTheImages) {
    db_.Must(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT AS (a + b) VIRTUAL, a INTEGER, b INTEGER)");
    EXPECT_TRUE(Of("t").columns[1].generated);
    db_.Must("INSERT INTO t(id, a, b) VALUES (1, 2, 3)");
    const auto cursor = db_.log().NewCursor({.from = db_.tables().applied()});
    const auto frame = cursor->Next();
    ASSERT_TRUE(frame.ok() && *frame);
    const auto commit = DecodeCommit(*frame);
    ASSERT_TRUE(commit.ok()) << commit.status();
    ASSERT_EQ(commit->changes.size(), 1u);
    EXPECT_EQ(Shown({*DecodeRow(commit->changes[0].new_row)}), "1,'5',2,3");
    db_.Must("ALTER TABLE t ADD COLUMN w AS (abs(a))");
    db_.Must("UPDATE t SET a = 4");
    EXPECT_EQ(db_.Ask("SELECT * FROM t"), "1,'7',4,3,4");
    Rebuild();
    EXPECT_EQ(db_.Ask("SELECT * FROM t"), "1,'7',4,3,4");
    db_.Must("DELETE FROM t WHERE v = '7'");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t"), "0");
}

TEST_F(DdlTest, VirtualColumnsThatCannotBeComputedAreRefusedWithTheRow) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, v AS (abs(a)))");
    const Row smallest = {std::numeric_limits<int64_t>::min()};
    EXPECT_EQ(db_.Try("INSERT INTO t(a) VALUES (?)", smallest), "SQL_ERROR");
    db_.Must("INSERT INTO t(a) VALUES (-1)");
    EXPECT_EQ(db_.Ask("SELECT v FROM t"), "1");
    db_.Must("CREATE TABLE u(id INTEGER PRIMARY KEY, a INTEGER)");
    db_.Must("INSERT INTO u(a) VALUES (?)", smallest);
    EXPECT_EQ(db_.Try("ALTER TABLE u ADD COLUMN v AS (abs(a))"), "SQL_ERROR");
    db_.Must("UPDATE u SET a = -2");
    db_.Must("ALTER TABLE u ADD COLUMN v AS (abs(a))");
    EXPECT_EQ(db_.Ask("SELECT v FROM u"), "2");
}

TEST_F(DdlTest, VirtualColumnsStandBehindTheRowid) {
    EXPECT_EQ(db_.Try("CREATE TABLE t(v AS (a), id INTEGER PRIMARY KEY, a)"), "STATEMENT_REFUSED");
    // `a` would be read with the affinity of `r`.
    EXPECT_EQ(db_.Try("CREATE TABLE t(id INTEGER PRIMARY KEY, v AS (1), r REAL, a)"),
              "STATEMENT_REFUSED");
    db_.Must("CREATE TABLE t(v AS (a), id TEXT PRIMARY KEY, a)");
    db_.Must("CREATE TABLE u(v AS (a), id INTEGER PRIMARY KEY, a) WITHOUT ROWID");
}

TEST_F(DdlTest, TheLogMustFitTheFile) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db_.Must("INSERT INTO t VALUES (1, 1)");
    ASSERT_TRUE(db_.tables().CopyTo("db/early").ok());
    db_.Must("UPDATE t SET v = 2");
    db_.Must("DELETE FROM t");
    db_.Shut();
    const auto log_of_all = fs_.Clone();
    // The file of another history: the row to update is not there.
    io::MemoryFileSystem other;
    {
        TestDatabase twin(other);
        twin.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
        twin.Must("INSERT INTO t VALUES (7, 7)");
        twin.Shut();
    }
    ASSERT_TRUE(log_of_all->Poke("db/tables.db", *other.Peek("db/tables.db")).ok());
    (void)log_of_all->Remove("db/tables.db-wal");
    TestDatabase wrong(*log_of_all);
    EXPECT_EQ(ReasonOf(wrong.status()), "TABLES_DAMAGED") << wrong.status();
    // A file that is ahead of its log.
    ASSERT_TRUE(other.Poke("db/tables.db", *fs_.Peek("db/tables.db")).ok());
    (void)other.Remove("db/tables.db-wal");
    TestDatabase ahead(other);
    EXPECT_EQ(ReasonOf(ahead.status()), "TABLES_DAMAGED") << ahead.status();
}

}  // namespace
}  // namespace blasty::tables
