// Tables as a user meets them: statements, their results and their errors.
#include "tables/tables.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

class TablesTest : public testing::Test {
  protected:
    TablesTest() : db_(fs_) {}
    void SetUp() override { ASSERT_TRUE(db_.status().ok()) << db_.status(); }

    io::MemoryFileSystem fs_;
    TestDatabase db_;
};

TEST_F(TablesTest, KeepsRowsAcrossARestart) {
    db_.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, firstname TEXT, age REAL)");
    db_.Must("INSERT INTO users VALUES (1, 'ged', 3), (2, 'ann', NULL)");
    db_.Must("UPDATE users SET firstname = ?1 WHERE id = 2", {T("eva")});
    const std::string rows = "1,'ged',3.000000|2,'eva',NULL";
    EXPECT_EQ(db_.Ask("SELECT * FROM users ORDER BY id"), rows);
    const Sequence applied = db_.tables().applied();
    EXPECT_EQ(applied.value(), 4u);
    db_.Restart();
    ASSERT_TRUE(db_.status().ok()) << db_.status();
    EXPECT_EQ(db_.tables().applied(), applied);
    EXPECT_EQ(db_.Ask("SELECT * FROM users ORDER BY id"), rows);
    EXPECT_EQ(db_.tables().schema()->tables.size(), 1u);
}

TEST_F(TablesTest, WorksOnARealDisk) {
    const std::string directory = testing::TempDir() + "tables_posix_" + RandomHex(8);
    TablesOptions options;
    options.directory = directory;
    log::LogOptions log_options;
    log_options.segment_bytes = 1 << 20;
    {
        TestDatabase db(io::PosixFileSystem(), options, log_options);
        ASSERT_TRUE(db.status().ok()) << db.status();
        db.Must("CREATE TABLE t(a TEXT PRIMARY KEY, b)");
        db.Must("INSERT INTO t VALUES ('x', 1), ('y', x'00ff')");
        db.Restart();
        ASSERT_TRUE(db.status().ok()) << db.status();
        EXPECT_EQ(db.Ask("SELECT count(*), sum(b) FROM t WHERE typeof(b) = 'integer'"), "1,1");
        db.Must("DELETE FROM t WHERE a = 'x'");
        EXPECT_EQ(db.Ask("SELECT a FROM t"), "'y'");
    }
    for (const char* name : {"/log", ""}) {
        const auto entries = io::PosixFileSystem().List(directory + name);
        ASSERT_TRUE(entries.ok());
        for (const io::DirectoryEntry& entry : *entries) {
            if (!entry.is_directory)
                (void)io::PosixFileSystem().Remove(directory + name + "/" + entry.name);
        }
    }
}

TEST_F(TablesTest, ReturnsWhatStatementsDid) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)");
    auto inserted = db_.Run("INSERT INTO t(v) VALUES ('a'), ('b') RETURNING id, v");
    ASSERT_TRUE(inserted.ok()) << inserted.status();
    ASSERT_EQ(inserted->results.size(), 1u);
    EXPECT_EQ(Shown(inserted->results[0].rows), "1,'a'|2,'b'");
    EXPECT_EQ(inserted->results[0].columns, (std::vector<std::string>{"id", "v"}));
    EXPECT_EQ(inserted->results[0].changes, 2);
    EXPECT_EQ(inserted->results[0].last_insert_id, 2);
    auto updated = db_.Run("UPDATE t SET v = v || '!' WHERE id > 0");
    ASSERT_TRUE(updated.ok());
    EXPECT_EQ(updated->results[0].changes, 2);
    EXPECT_EQ(updated->results[0].last_insert_id, 0);
    WriteRequest request = Request("INSERT INTO t(v) VALUES ('c')");
    request.statements.push_back({"SELECT last_insert_rowid(), count(*) FROM t", {}, {}});
    auto both = db_.Run(request);
    ASSERT_TRUE(both.ok()) << both.status();
    EXPECT_EQ(Shown(both->results[1].rows), "3,3");
}

TEST_F(TablesTest, NamesWhatIsWrong) {
    db_.Must("CREATE TABLE t(a TEXT, b INTEGER NOT NULL CHECK(b < 100), PRIMARY KEY(a))");
    db_.Must(
        "CREATE TABLE child(id INTEGER PRIMARY KEY, t TEXT REFERENCES t(a)"
        " DEFERRABLE INITIALLY DEFERRED)");
    db_.Must("INSERT INTO t VALUES ('x', 1)");
    const Sequence before = db_.tables().applied();
    EXPECT_EQ(db_.Try("SELEC"), "SQL_ERROR");
    EXPECT_EQ(db_.Try("INSERT INTO nowhere VALUES (1)"), "SQL_ERROR");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES ('x', 2)"), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES ('y', 200)"), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES ('y', NULL)"), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Try("INSERT INTO child VALUES (1, 'nobody')"), "CONSTRAINT_FAILED");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (NULL, 2)"), "PRIMARY_KEY_NULL");
    EXPECT_EQ(db_.Try("INSERT INTO t VALUES (?1, ?2)", {T("z")}), "INVALID_PARAMETERS");
    for (const char* sql :
         {"ATTACH 'x' AS y", "DETACH main", "PRAGMA journal_mode = DELETE", "VACUUM",
          "CREATE TEMP TABLE x(id INTEGER PRIMARY KEY)", "BEGIN", "COMMIT", "SAVEPOINT s",
          "CREATE VIRTUAL TABLE v USING fts5(x)", "CREATE TABLE c AS SELECT 1",
          "SELECT * FROM __blasty_state", "DELETE FROM __blasty_tables",
          "CREATE TABLE __blasty_x(id INTEGER PRIMARY KEY)",
          "ALTER TABLE t RENAME TO __blasty_y"}) {
        EXPECT_EQ(db_.Try(sql), "STATEMENT_REFUSED") << sql;
    }
    // SQLite's own words.
    for (const char* sql : {"SELECT load_extension('x')", "DELETE FROM sqlite_schema"})
        EXPECT_NE(db_.Try(sql), "") << sql;
    EXPECT_EQ(db_.tables().applied(), before);
    EXPECT_EQ(db_.Ask("SELECT * FROM t"), "'x',1");
    EXPECT_EQ(db_.Ask("SELECT * FROM t", Sequence(1000)), "SEQUENCE_AHEAD");
}

TEST_F(TablesTest, ATableWithoutAKeyIsRefusedWithTheMendedStatement) {
    const auto refused = db_.Run("CREATE TABLE \"a(b\"(x, y TEXT)");
    EXPECT_EQ(ReasonOf(refused.status()), "PRIMARY_KEY_MISSING");
    EXPECT_NE(
        MessageOf(refused.status()).find("CREATE TABLE \"a(b\"(id INTEGER PRIMARY KEY, x, y TEXT)"),
        std::string_view::npos)
        << refused.status();
    EXPECT_EQ(db_.tables().applied().value(), 0u);
    EXPECT_TRUE(db_.tables().schema()->tables.empty());
}

TEST_F(TablesTest, ConditionsHoldOrNothingHappens) {
    db_.Must("CREATE TABLE t(a TEXT, b INTEGER, v, PRIMARY KEY(b, a))");
    db_.Must("INSERT INTO t VALUES ('x', 1, 'one')");
    const uint64_t version = RowVersion(EncodeRow({T("x"), int64_t{1}, T("one")}));
    WriteRequest request = Request("UPDATE t SET v = 'two'");
    request.conditions.push_back({"T", {int64_t{1}, T("x")}, version});
    EXPECT_TRUE(db_.Run(request).ok());
    EXPECT_EQ(ReasonOf(db_.Run(request).status()), "ROW_CHANGED");
    WriteRequest absent = Request("INSERT INTO t VALUES ('y', 2, 0)");
    absent.conditions.push_back({"t", {int64_t{2}, T("y")}, 0});
    EXPECT_TRUE(db_.Run(absent).ok());
    EXPECT_EQ(ReasonOf(db_.Run(absent).status()), "ROW_CHANGED");
    absent.conditions[0].key.pop_back();
    EXPECT_EQ(ReasonOf(db_.Run(absent).status()), "INVALID_PARAMETERS");
    EXPECT_EQ(db_.Ask("SELECT v FROM t ORDER BY b"), "'two'|0");
}

TEST_F(TablesTest, ARequestIdIsAppliedOnceAlsoAcrossARestart) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    WriteRequest request = Request("INSERT INTO t(v) VALUES (1) RETURNING id");
    request.id = "r1";
    const auto first = db_.Run(request);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_FALSE(first->duplicate);
    db_.Must("INSERT INTO t(v) VALUES (2)");
    for (int round = 0; round < 2; ++round) {
        const auto again = db_.Run(request);
        ASSERT_TRUE(again.ok()) << again.status();
        EXPECT_TRUE(again->duplicate);
        EXPECT_EQ(again->sequence, first->sequence);
        ASSERT_EQ(again->results.size(), 1u);
        EXPECT_EQ(again->results[0].changes, 1);
        EXPECT_EQ(again->results[0].last_insert_id, 1);
        db_.Restart();
        ASSERT_TRUE(db_.status().ok()) << db_.status();
    }
    // One that changes nothing is remembered as well; one that fails is not.
    WriteRequest idle = Request("DELETE FROM t WHERE id = 77");
    idle.id = "r2";
    EXPECT_FALSE(db_.Run(idle)->duplicate);
    EXPECT_TRUE(db_.Run(idle)->duplicate);
    WriteRequest failing = Request("INSERT INTO t VALUES (1, 1)");
    failing.id = "r3";
    EXPECT_EQ(ReasonOf(db_.Run(failing).status()), "CONSTRAINT_FAILED");
    failing.statements[0].sql = "INSERT INTO t VALUES (5, 1)";
    EXPECT_FALSE(db_.Run(failing)->duplicate);
    // After the window it is a new request.
    db_.clock().Advance(ManualTables().request_window_us + 1);
    EXPECT_FALSE(db_.Run(request)->duplicate);
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM t"), "4");
    request.id.assign(257, 'x');
    EXPECT_EQ(ReasonOf(db_.Run(request).status()), "INVALID_PARAMETERS");
}

TEST_F(TablesTest, LimitsAreErrorsAndLeaveNothing) {
    TablesOptions options = ManualTables();
    options.directory = "limits";
    options.write_rows_max = 100;
    options.write_bytes_max = 100'000;
    options.queue_requests_max = 2;
    TestDatabase db(fs_, options);
    ASSERT_TRUE(db.status().ok()) << db.status();
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    const std::string many =
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 101) ";
    EXPECT_EQ(db.Try(many + "INSERT INTO t SELECT i, 0 FROM n"), "REQUEST_TOO_LARGE");
    EXPECT_EQ(db.Try("INSERT INTO t VALUES (1, zeroblob(200000))"), "REQUEST_TOO_LARGE");
    EXPECT_EQ(db.Try(many + "SELECT i FROM n"), "RESULT_TOO_LARGE");
    EXPECT_EQ(db.Ask("SELECT count(*) FROM t"), "0");
    WriteRequest late = Request(
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    auto cancelled = std::make_shared<std::atomic<bool>>(true);
    std::string reason;
    db.tables().Execute(
        late, [&](const Result<WriteResult>& answer) { reason = ReasonOf(answer.status()); },
        cancelled);
    db.tables().RunQueued();
    EXPECT_EQ(reason, "CANCELLED");
    late.timeout_us = 1000;
    db.tables().Execute(
        late, [&](const Result<WriteResult>& answer) { reason = ReasonOf(answer.status()); });
    db.clock().Advance(2000);
    db.tables().RunQueued();
    EXPECT_EQ(reason, "STATEMENT_TIMEOUT");
    Group group(db.tables());
    for (int i = 0; i < 3; ++i) group.Add("INSERT INTO t(v) VALUES (1)");
    group.Run();
    EXPECT_EQ(group.Reason(1), "");
    EXPECT_EQ(group.Reason(2), "OVERLOADED");
    EXPECT_EQ(db.Ask("SELECT count(*) FROM t"), "2");
}

TEST_F(TablesTest, TellsReadsFromWrites) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    EXPECT_TRUE(*db_.tables().IsReadOnly("SELECT * FROM t"));
    EXPECT_FALSE(*db_.tables().IsReadOnly("DELETE FROM t"));
    EXPECT_EQ(ReasonOf(db_.tables().IsReadOnly("DELETE FROM u").status()), "SQL_ERROR");
}

TEST_F(TablesTest, ACopyStandsAtItsSequence) {
    db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db_.Must("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    const auto copied = db_.tables().CopyTo("db/copy.db");
    ASSERT_TRUE(copied.ok()) << copied.status();
    EXPECT_EQ(*copied, db_.tables().applied());
    EXPECT_EQ(ReasonOf(db_.tables().CopyTo("db/copy.db").status()), "FILE_EXISTS");
    db_.Must("INSERT INTO t VALUES (3, 'z')");
    db_.Shut();
    // The copy in place of tables.db: what came after it is replayed.
    for (const char* name : {"db/tables.db-wal", "db/tables.db-shm"}) (void)fs_.Remove(name);
    ASSERT_TRUE(fs_.Rename("db/copy.db", "db/tables.db").ok());
    db_.Open();
    ASSERT_TRUE(db_.status().ok()) << db_.status();
    EXPECT_EQ(db_.Ask("SELECT id, v FROM t ORDER BY id"), "1,'x'|2,'y'|3,'z'");
}

TEST_F(TablesTest, HistoryOnlyGrowsAndALostFileIsNoticed) {
    log::LogOptions log_options = ManualLog();
    log_options.segment_bytes = 8192;
    TablesOptions options = ManualTables();
    options.directory = "history";
    options.history_age_us = 1'000'000;
    TestDatabase db(fs_, options, log_options);
    ASSERT_TRUE(db.status().ok()) << db.status();
    // Without tables nothing of the log is held.
    EXPECT_EQ(db.tables().keep_from(), Next(db.log().state().last));
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    EXPECT_EQ(db.tables().keep_from().value(), 1u);
    for (int i = 0; i < 20; ++i) db.Must("INSERT INTO t(v) VALUES (hex(zeroblob(1000)))");
    db.clock().Advance(3'600'000'000);
    ASSERT_TRUE(db.tables().Checkpoint().ok());
    const Sequence from = db.tables().history_from();
    EXPECT_GT(from.value(), 1u);
    EXPECT_LE(db.tables().keep_from(), from);
    ASSERT_TRUE(db.log().RemoveBefore(db.tables().keep_from()).ok());
    db.Restart();
    ASSERT_TRUE(db.status().ok()) << db.status();
    EXPECT_GE(db.tables().history_from(), from);
    db.Shut();
    ASSERT_TRUE(fs_.Remove("history/tables.db").ok());
    (void)fs_.Remove("history/tables.db-wal");
    for (int round = 0; round < 2; ++round) {
        db.Restart();
        EXPECT_EQ(ReasonOf(db.status()), "TABLES_DAMAGED") << db.status();
    }
}

TEST_F(TablesTest, StatementsOfAListRunBehindTheOthers) {
    db_.Must("CREATE TABLE l(id INTEGER PRIMARY KEY, a, b)");
    auto memory = std::make_shared<const std::string>(
        "INSERT INTO l(a, b) VALUES (?, :b)"
        "INSERT INTO l(a, b) VALUES (?, 'none')"
        ":b");
    const std::string_view first = std::string_view(*memory).substr(0, 34);
    const std::string_view second = std::string_view(*memory).substr(34, 38);
    const std::string_view name = std::string_view(*memory).substr(72);
    auto list = std::make_shared<StatementList>(memory);
    for (int64_t i = 0; i < 3; ++i) {
        list->Begin();
        list->SetSql(first);
        list->Add(ValueView{ValueType::kInteger, i, 0, {}});
        list->Add(name, ValueView{ValueType::kText, 0, 0, name});
    }
    list->Begin();
    list->SetSql(second);
    list->Add(ValueView{});
    WriteRequest request = Request("DELETE FROM l");
    request.list = list;
    const auto done = db_.Run(request);
    ASSERT_TRUE(done.ok()) << done.status();
    ASSERT_EQ(done->results.size(), 5u);
    EXPECT_EQ(done->results[4].last_insert_id, 4);
    EXPECT_EQ(db_.Ask("SELECT * FROM l"), "1,0,':b'|2,1,':b'|3,2,':b'|4,NULL,'none'");
    list->Add(ValueView{});
    EXPECT_EQ(ReasonOf(db_.Run(request).status()), "INVALID_PARAMETERS");
    EXPECT_EQ(db_.Ask("SELECT count(*) FROM l"), "4");
}

}  // namespace
}  // namespace blasty::tables
