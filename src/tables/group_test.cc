// What happens to the requests of one group, and to the log and SQLite when one of them fails.
#include <gtest/gtest.h>

#include "io/faulty_file_system.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

class GroupTest : public testing::Test {
  protected:
    GroupTest() : faulty_(fs_), db_(faulty_) {}
    void SetUp() override {
        ASSERT_TRUE(db_.status().ok()) << db_.status();
        db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v UNIQUE)");
    }

    io::MemoryFileSystem fs_;
    io::FaultyFileSystem faulty_;
    TestDatabase db_;
};

TEST_F(GroupTest, AGroupIsOneCommitOfTheLogWithOneSync) {
    const uint64_t syncs = faulty_.count(io::kSync);
    Group group(db_.tables());
    for (int64_t i = 1; i <= 10; ++i) group.Add("INSERT INTO t VALUES (?1, ?1)", {i});
    group.Run();
    for (size_t i = 0; i < group.size(); ++i) {
        ASSERT_TRUE(group[i].ok()) << group[i].status();
        EXPECT_EQ(group[i]->sequence.value(), 11u);
    }
    EXPECT_EQ(faulty_.count(io::kSync), syncs + 1);
    EXPECT_EQ(db_.tables().stats().commits, 2u);
    EXPECT_EQ(db_.tables().stats().rows_changed, 10u);
}

// A statement failing inside a group commit leaves others, and nothing of itself.
TEST_F(GroupTest, AStatementFailingInsideAGroupCommitLeavesOthersAndNothingOfItself) {
    Group group(db_.tables());
    group.Add("INSERT INTO t VALUES (1, 'a')");
    WriteRequest failing = Request("INSERT INTO t VALUES (2, 'b')");
    failing.statements.push_back({"UPDATE t SET v = 'x' WHERE id = 1", {}, {}});
    failing.statements.push_back({"INSERT INTO t VALUES (3, 'x')", {}, {}});
    group.Add(failing);
    group.Add("INSERT INTO t VALUES (4, 'd')");
    // Would leave its first row behind if only SQLite looked after it.
    group.Add("INSERT OR FAIL INTO t VALUES (5, 'e'), (6, 'a')");
    group.Add("INSERT INTO t VALUES (7, 'b')");
    group.Run();
    EXPECT_EQ(group.Reason(0), "");
    EXPECT_EQ(group.Reason(1), "CONSTRAINT_FAILED");
    EXPECT_EQ(group.Reason(2), "");
    EXPECT_EQ(group.Reason(3), "CONSTRAINT_FAILED");
    EXPECT_EQ(group.Reason(4), "");
    const std::string rows = "1,'a'|4,'d'|7,'b'";
    EXPECT_EQ(db_.Ask("SELECT * FROM t ORDER BY id"), rows);
    EXPECT_EQ(db_.log().state().last.value(), 4u);
    db_.Restart();
    EXPECT_EQ(db_.Ask("SELECT * FROM t ORDER BY id"), rows);
}

// SQLite undoes the whole transaction; the others are done again.
TEST_F(GroupTest, AStatementThatRollsBackTheTransactionLeavesOthers) {
    db_.Must(
        "CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.v = 'no' BEGIN SELECT"
        " RAISE(ROLLBACK, 'no'); END");
    Group group(db_.tables());
    group.Add("INSERT INTO t VALUES (1, 'a')");
    group.Add("INSERT OR ROLLBACK INTO t VALUES (2, 'a')");
    group.Add("INSERT INTO t VALUES (3, 'c')");
    group.Add("INSERT INTO t VALUES (4, 'no')");
    group.Add("INSERT INTO t VALUES (5, 'e')");
    group.Add("INSERT OR ROLLBACK INTO t VALUES (6, 'a')");
    group.Run();
    for (const size_t good : {0u, 2u, 4u}) EXPECT_EQ(group.Reason(good), "");
    for (const size_t bad : {1u, 3u, 5u}) EXPECT_EQ(group.Reason(bad), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Ask("SELECT * FROM t ORDER BY id"), "1,'a'|3,'c'|5,'e'");
    db_.Restart();
    EXPECT_EQ(db_.Ask("SELECT * FROM t ORDER BY id"), "1,'a'|3,'c'|5,'e'");
}

TEST_F(GroupTest, ATooLargeRequestLeavesOthers) {
    TablesOptions options = ManualTables();
    options.directory = "small";
    options.write_rows_max = 3;
    TestDatabase db(fs_, options);
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    Group group(db.tables());
    group.Add("INSERT INTO t VALUES (1, 'a')");
    group.Add("INSERT INTO t VALUES (2, 2), (3, 3), (4, 4), (5, 5)");
    group.Add("INSERT INTO t VALUES (6, 'a')");
    group.Run();
    EXPECT_EQ(group.Reason(0), "");
    EXPECT_EQ(group.Reason(1), "REQUEST_TOO_LARGE");
    EXPECT_EQ(group.Reason(2), "");
    EXPECT_EQ(db.Ask("SELECT id FROM t ORDER BY id"), "1|6");
}

// What a request took of the memory for statements is there again for the next.
TEST_F(GroupTest, MemoryIsCountedForEachRequest) {
    TablesOptions options = ManualTables();
    options.directory = "memory";
    options.statement_memory_max = 4 << 20;
    TestDatabase db(fs_, options);
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    for (int round = 0; round < 30; ++round) {
        Group group(db.tables());
        for (int i = 0; i < 100; ++i) group.Add("INSERT INTO t(v) VALUES (zeroblob(100))");
        group.Run();
        for (size_t i = 0; i < group.size(); ++i) ASSERT_EQ(group.Reason(i), "");
    }
    EXPECT_EQ(db.Try("SELECT v FROM (SELECT randomblob(3000) AS v FROM t) ORDER BY v LIMIT 2000"),
              "STATEMENT_TOO_LARGE");
    db.Must("INSERT INTO t(v) VALUES (1)");
}

TEST_F(GroupTest, OnlyFailingOrIdleRequestsCostNoSync) {
    const uint64_t writes = faulty_.count(io::kEveryOperation);
    const Sequence last = db_.log().state().last;
    Group group(db_.tables());
    group.Add("DELETE FROM t WHERE id = 1");
    group.Add("INSERT INTO t VALUES (1");
    group.Add("SELECT 1");
    group.Run();
    EXPECT_EQ(group[0]->sequence, last);
    EXPECT_EQ(group.Reason(1), "SQL_ERROR");
    EXPECT_EQ(Shown(group[2]->results[0].rows), "1");
    EXPECT_EQ(faulty_.count(io::kEveryOperation), writes);
    EXPECT_EQ(db_.log().state().last, last);
}

TEST_F(GroupTest, SchemaChangesAreOrderedWithData) {
    Group group(db_.tables());
    group.Add("INSERT INTO t VALUES (1, 'a')");
    group.Add("ALTER TABLE t ADD COLUMN w DEFAULT 7");
    group.Add("INSERT INTO t VALUES (2, 'b', 8)");
    group.Add("UPDATE t SET v = 'c' WHERE id = 1");
    group.Add("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY)");
    group.Add("ALTER TABLE t RENAME TO u");
    group.Add("INSERT INTO t VALUES (3, 'x', 1)");
    group.Add("INSERT INTO u VALUES (3, 'x', 1)");
    group.Add("DROP TABLE u");
    group.Add("CREATE TABLE u(a TEXT PRIMARY KEY) WITHOUT ROWID");
    group.Add("INSERT INTO u VALUES ('k')");
    group.Run();
    for (size_t i = 0; i < group.size(); ++i)
        EXPECT_EQ(group.Reason(i), i == 6 ? "SQL_ERROR" : "") << i << group[i].status();
    const auto old = group[3]->sequence;
    EXPECT_EQ(db_.Ask("SELECT * FROM u"), "'k'");
    EXPECT_EQ(db_.tables().schema()->tables.at(0)->id.value(), 2u);
    // The update's old image has the column's default.
    auto cursor = db_.log().NewCursor({.from = old});
    const auto frame = cursor->Next();
    ASSERT_TRUE(frame.ok() && *frame);
    const auto commit = DecodeCommit(*frame);
    ASSERT_TRUE(commit.ok()) << commit.status();
    ASSERT_EQ(commit->changes.size(), 2u);
    EXPECT_EQ(Shown({*DecodeRow(commit->changes[1].old_row)}), "1,'a',7");
    db_.Restart();
    EXPECT_EQ(db_.Ask("SELECT * FROM u"), "'k'");
    // A replay of everything gives the same.
    db_.Shut();
    ASSERT_TRUE(fs_.Remove("db/tables.db").ok());
    (void)fs_.Remove("db/tables.db-wal");
    db_.Open();
    ASSERT_TRUE(db_.status().ok()) << db_.status();
    EXPECT_EQ(db_.Ask("SELECT * FROM u"), "'k'");
    EXPECT_EQ(db_.tables().schema()->tables.at(0)->id.value(), 2u);
}

TEST_F(GroupTest, ATransactionIsSchemaOrData) {
    WriteRequest mixed = Request("INSERT INTO t VALUES (1, 1)");
    mixed.statements.push_back({"CREATE TABLE x(id INTEGER PRIMARY KEY)", {}, {}});
    EXPECT_EQ(ReasonOf(db_.Run(mixed).status()), "STATEMENT_REFUSED");
    std::swap(mixed.statements[0], mixed.statements[1]);
    EXPECT_EQ(ReasonOf(db_.Run(mixed).status()), "STATEMENT_REFUSED");
    WriteRequest schema = Request("CREATE TABLE x(id INTEGER PRIMARY KEY, v)");
    schema.statements.push_back({"CREATE INDEX xv ON x(v)", {}, {}});
    schema.statements.push_back({"CREATE VIEW w AS SELECT * FROM x", {}, {}});
    EXPECT_TRUE(db_.Run(schema).ok());
    schema.statements[0].sql = "CREATE TABLE y(id INTEGER PRIMARY KEY, v)";
    EXPECT_EQ(ReasonOf(db_.Run(schema).status()), "SQL_ERROR");
    EXPECT_EQ(db_.tables().schema()->tables.size(), 2u);
    EXPECT_EQ(db_.tables().schema()->others.size(), 2u);
}

TEST_F(GroupTest, DroppingATableThatOthersReferToDoesNotChangeThem) {
    db_.Must("CREATE TABLE child(id INTEGER PRIMARY KEY, t REFERENCES t ON DELETE CASCADE)");
    db_.Must("INSERT INTO t VALUES (1, 1)");
    db_.Must("INSERT INTO child VALUES (1, 1)");
    EXPECT_EQ(db_.Try("DROP TABLE t"), "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM child"), "1");
    db_.Must("DELETE FROM child");
    db_.Must("DROP TABLE t");
}

TEST_F(GroupTest, ARequestIdTwiceInAGroupIsDoneOnce) {
    WriteRequest request = Request("INSERT INTO t(v) VALUES ('a')");
    request.id = "once";
    Group group(db_.tables());
    group.Add(request);
    group.Add("INSERT INTO t(v) VALUES ('b')");
    group.Add(request);
    group.Run();
    EXPECT_FALSE(group[0]->duplicate);
    EXPECT_TRUE(group[2]->duplicate);
    EXPECT_EQ(group[2]->sequence, group[0]->sequence);
    EXPECT_EQ(group[2]->results.at(0).changes, 1);
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t"), "2");
}

TEST_F(GroupTest, WhatTheLogRefusesIsRolledBack) {
    db_.Must("INSERT INTO t VALUES (1, 1)");
    faulty_.Set({.operations = io::kSync, .at = 1});
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (2, 2)"), "LOG_STOPPED");
    EXPECT_EQ(db_.Ask("SELECT id FROM t"), "1");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (3, 3)"), "LOG_STOPPED");
    EXPECT_EQ(db_.Ask("SELECT id FROM t"), "1");
}

// The log has it, tables.db cannot take it: nothing more is written, reads go on, and a restart
// shows it.
TEST_F(GroupTest, WhatOnlyTheLogTookIsSeenAfterARestart) {
    db_.Must("INSERT INTO t VALUES (1, 1)");
    // One write and one sync of the log, then the WAL.
    faulty_.Set({.operations = io::kWrite,
                 .at = 2,
                 .kind = io::FaultKind::kNoSpace,
                 .and_all_later = true});
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (2, 2)"), "TABLES_STOPPED");
    EXPECT_EQ(ReasonOf(db_.tables().health()), "TABLES_STOPPED");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (3, 3)"), "TABLES_STOPPED");
    EXPECT_EQ(db_.Ask("SELECT id FROM t"), "1");
    EXPECT_EQ(db_.Ask("SELECT id FROM t", db_.log().state().last), "TABLES_STOPPED");
    faulty_.Heal();
    db_.Restart();
    ASSERT_TRUE(db_.status().ok()) << db_.status();
    EXPECT_EQ(db_.Ask("SELECT id FROM t ORDER BY id"), "1|2");
}

TEST_F(GroupTest, RequestsAfterCloseAreRefused) {
    Group group(db_.tables());
    group.Add("INSERT INTO t VALUES (1, 1)");
    db_.tables().Close();
    EXPECT_EQ(group.Reason(0), "");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (2, 2)"), "TABLES_STOPPED");
}

}  // namespace
}  // namespace blasty::tables
