// Queries on the pool of read connections.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "io/memory_file_system.h"
#include "tables/internal/read_pool.h"
#include "tables/internal/test_file.h"

namespace blasty::tables::internal {
namespace {

// A table `t` of 1,000 rows (id, 'row <id>'), applied up to sequence 10, schema of sequence 1.
class QueryTest : public ::testing::Test {
  protected:
    QueryTest() : file_(fs_) {
        EXPECT_TRUE(file_.status().ok()) << file_.status();
        EXPECT_TRUE(file_
                        .Run("BEGIN; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT);"
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                             " WHERE i < 1000) INSERT INTO t SELECT i, 'row ' || i FROM n;"
                             "INSERT INTO __blasty_tables VALUES(1, 't', 1);"
                             "UPDATE __blasty_state SET applied = 10, schema_at = 1; COMMIT")
                        .ok());
        options_.path = kTestPath;
        options_.readers = 2;
    }
    ReadPool& pool() {
        if (pool_ == nullptr) pool_ = std::make_unique<ReadPool>(file_.vfs(), options_);
        return *pool_;
    }
    static ReadRequest Request(const std::string& sql, Row parameters = {}) {
        ReadRequest request;
        request.statement.sql = sql;
        request.statement.parameters = std::move(parameters);
        return request;
    }
    // All rows, or the error.
    Result<std::vector<Row>> All(const ReadRequest& request) {
        BLASTY_ASSIGN_OR_RETURN(auto query, pool().Read(request));
        std::vector<Row> out;
        for (bool more = true; more;) {
            std::vector<std::string> rows;
            BLASTY_ASSIGN_OR_RETURN(more, query->Next(100, 1 << 20, &rows));
            for (const std::string& row : rows) out.push_back(*DecodeRow(row));
        }
        return out;
    }
    Result<std::vector<Row>> All(const std::string& sql, Row parameters = {}) {
        return All(Request(sql, std::move(parameters)));
    }
    std::string ReasonOfAll(const ReadRequest& request) { return ReasonOf(All(request).status()); }
    std::string ReasonOfAll(const std::string& sql, Row parameters = {}) {
        return ReasonOf(All(sql, std::move(parameters)).status());
    }

    io::MemoryFileSystem fs_;
    TestFile file_;
    ReadPoolOptions options_;
    std::unique_ptr<ReadPool> pool_;
};

constexpr char kEndless[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

TEST_F(QueryTest, ColumnsTypesAndSequence) {
    const auto query = pool().Read(Request("SELECT id, name AS n, id + 1 FROM t WHERE id = 5"));
    ASSERT_TRUE(query.ok()) << query.status();
    EXPECT_EQ((*query)->columns(), (std::vector<std::string>{"id", "n", "id + 1"}));
    EXPECT_EQ((*query)->column_types(), (std::vector<std::string>{"INTEGER", "TEXT", ""}));
    EXPECT_EQ((*query)->sequence(), Sequence(10));
    std::vector<std::string> rows;
    const auto more = (*query)->Next(10, 1000, &rows);
    ASSERT_TRUE(more.ok()) << more.status();
    EXPECT_FALSE(*more);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(*DecodeRow(rows[0]), (Row{int64_t{5}, Text{"row 5"}, int64_t{6}}));
    EXPECT_FALSE(*(*query)->Next(10, 1000, &rows)) << "and it stays so";
    EXPECT_EQ(rows.size(), 1u);
}

TEST_F(QueryTest, EveryTypeComesBackAsItIs) {
    using std::string_literals::operator""s;
    const Row row = {Null{},        std::numeric_limits<int64_t>::min(),
                     0.1,           std::numeric_limits<double>::infinity(),
                     Text{"a\0b"s}, Text{"\xff\xc3"},
                     Text{""},      Blob{"\0\1"s},
                     Blob{""}};
    EXPECT_EQ(All("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", row)->at(0), row);
    EXPECT_EQ(All("SELECT ?1", {std::numeric_limits<double>::quiet_NaN()})->at(0), (Row{Null{}}));
    EXPECT_EQ(All("SELECT zeroblob(3), 1.0, 1e3, '1' + 1")->at(0),
              (Row{Blob{"\0\0\0"s}, 1.0, 1000.0, int64_t{2}}));
}

TEST_F(QueryTest, Batches) {
    const auto query = pool().Read(Request("SELECT id FROM t ORDER BY id"));
    ASSERT_TRUE(query.ok());
    std::vector<std::string> rows;
    EXPECT_TRUE(*(*query)->Next(300, 1 << 20, &rows));
    EXPECT_EQ(rows.size(), 300u);
    // About as many bytes as were asked for, at least a row.
    EXPECT_TRUE(*(*query)->Next(300, 1, &rows));
    EXPECT_EQ(rows.size(), 301u);
    EXPECT_TRUE(*(*query)->Next(300, 31, &rows));
    EXPECT_EQ(rows.size(), 301u + 11u);  // of 3 bytes each
    EXPECT_FALSE(*(*query)->Next(1000, 1 << 20, &rows));
    EXPECT_EQ(rows.size(), 1000u);
    EXPECT_EQ(*DecodeRow(rows.back()), (Row{int64_t{1000}}));
    EXPECT_EQ(pool().rows_read(), 1000u);
}

TEST_F(QueryTest, ASnapshotPerQuery) {
    const auto query = pool().Read(Request("SELECT id FROM t ORDER BY id"));
    std::vector<std::string> rows;
    EXPECT_TRUE(*(*query)->Next(1, 1, &rows));
    ASSERT_TRUE(
        file_.Run("BEGIN; DELETE FROM t; UPDATE __blasty_state SET applied = 11; COMMIT").ok());
    EXPECT_FALSE(*(*query)->Next(5000, 1 << 20, &rows));
    EXPECT_EQ(rows.size(), 1000u);
    const auto later = pool().Read(Request("SELECT count(*) FROM t"));
    EXPECT_EQ((*later)->sequence(), Sequence(11));
    EXPECT_EQ((*query)->sequence(), Sequence(10));
}

TEST_F(QueryTest, Parameters) {
    const auto with_named = [](const std::string& sql, Row row, NamedValues named) {
        ReadRequest request = Request(sql, std::move(row));
        request.statement.named = std::move(named);
        return request;
    };
    const Row abc = {Text{"a"}, Text{"b"}, Text{"c"}};
    EXPECT_EQ(All("SELECT ?, ?, ?", abc)->at(0), abc);
    EXPECT_EQ(All("SELECT ?3, ?2, ?1", abc)->at(0), (Row{Text{"c"}, Text{"b"}, Text{"a"}}));
    EXPECT_EQ(All(with_named("SELECT :x, ?, @y, $z", {Text{"?"}},
                             {{"$z", Text{"z"}}, {":x", Text{"x"}}, {"@y", Text{"y"}}}))
                  ->at(0),
              (Row{Text{"x"}, Text{"?"}, Text{"y"}, Text{"z"}}));
    EXPECT_EQ(All("SELECT :x || :x", {Text{"a"}})->at(0), (Row{Text{"aa"}}));
    EXPECT_EQ(ReasonOfAll("SELECT ?, ?", {Text{"a"}}), "INVALID_PARAMETERS");
    EXPECT_EQ(ReasonOfAll("SELECT 1", {Text{"a"}}), "INVALID_PARAMETERS");
    EXPECT_EQ(ReasonOfAll("SELECT :x"), "INVALID_PARAMETERS");
    EXPECT_EQ(ReasonOfAll(with_named("SELECT :x", {}, {{"x", Null{}}})), "INVALID_PARAMETERS");
    EXPECT_EQ(ReasonOfAll(with_named("SELECT :x", {}, {{":x", Null{}}, {":x", Null{}}})),
              "INVALID_PARAMETERS");
    const Status missing = All("SELECT :who").status();
    EXPECT_NE(MessageOf(missing).find(":who"), std::string_view::npos) << missing;
    // Values of the query before do not shine through.
    EXPECT_EQ(All("SELECT ?1", {Text{"first"}})->at(0), (Row{Text{"first"}}));
    EXPECT_EQ(ReasonOfAll("SELECT ?1"), "INVALID_PARAMETERS");
}

TEST_F(QueryTest, RowLimits) {
    ReadRequest request = Request("SELECT id FROM t");
    request.rows_max = 999;
    const Status status = All(request).status();
    EXPECT_EQ(ReasonOf(status), "RESULT_TOO_LARGE") << status;
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    request.rows_max = 1000;
    EXPECT_EQ(All(request)->size(), 1000u);
}

TEST_F(QueryTest, ServersRowLimitWins) {
    options_.result_rows_max = 10;
    ReadRequest request = Request("SELECT id FROM t");
    request.rows_max = 100;
    EXPECT_EQ(ReasonOfAll(request), "RESULT_TOO_LARGE");
    EXPECT_EQ(All("SELECT id FROM t LIMIT 10")->size(), 10u);
}

TEST_F(QueryTest, WritesAndRefusedStatementsAreErrors) {
    EXPECT_EQ(ReasonOfAll("INSERT INTO t VALUES(5000, 'x')"), "STATEMENT_REFUSED");
    EXPECT_EQ(ReasonOfAll("DELETE FROM t RETURNING id"), "STATEMENT_REFUSED");
    EXPECT_EQ(ReasonOfAll("SELECT * FROM __blasty_state"), "STATEMENT_REFUSED");
    EXPECT_EQ(ReasonOfAll("PRAGMA cache_size"), "STATEMENT_REFUSED");
    EXPECT_EQ(ReasonOfAll("SELEC"), "SQL_ERROR");
    EXPECT_EQ(ReasonOfAll("SELECT abs(-9223372036854775808)"), "SQL_ERROR");
    EXPECT_EQ(All("SELECT count(*) FROM t")->at(0), (Row{int64_t{1000}})) << "and it goes on";
}

TEST_F(QueryTest, IsReadOnly) {
    EXPECT_TRUE(*pool().IsReadOnly("SELECT 1"));
    EXPECT_TRUE(*pool().IsReadOnly("VALUES(1)"));
    EXPECT_TRUE(*pool().IsReadOnly("EXPLAIN INSERT INTO t VALUES(1, 2)"));
    EXPECT_TRUE(*pool().IsReadOnly("WITH x AS (SELECT 1) SELECT * FROM x WHERE 1 = ?"));
    EXPECT_FALSE(*pool().IsReadOnly("INSERT INTO t VALUES(1, 2) RETURNING id"));
    EXPECT_FALSE(*pool().IsReadOnly("WITH x AS (SELECT 1) DELETE FROM t WHERE id IN x"));
    EXPECT_FALSE(*pool().IsReadOnly("CREATE TABLE u(id INTEGER PRIMARY KEY)"));
    EXPECT_FALSE(*pool().IsReadOnly("DROP TABLE t"));
    EXPECT_EQ(ReasonOf(pool().IsReadOnly("BEGIN").status()), "STATEMENT_REFUSED");
    EXPECT_EQ(ReasonOf(pool().IsReadOnly("SELECT nix").status()), "SQL_ERROR");
}

TEST_F(QueryTest, TimeLimit) {
    ReadRequest request = Request(StrCat(kEndless, " WHERE i < 0"));
    request.timeout_us = 20'000;
    const Status status = All(request).status();
    EXPECT_EQ(ReasonOf(status), "STATEMENT_TIMEOUT") << status;
    EXPECT_EQ(All("SELECT 1")->size(), 1u);
}

TEST_F(QueryTest, CancelFromAnotherThread) {
    const auto query = pool().Read(Request(StrCat(kEndless, " WHERE i < 0")));
    ASSERT_TRUE(query.ok());
    std::thread other([&query] { (*query)->Cancel(); });
    std::vector<std::string> rows;
    const Status status = (*query)->Next(10, 1000, &rows).status();
    other.join();
    EXPECT_EQ(ReasonOf(status), "CANCELLED") << status;
    EXPECT_EQ(ReasonOf((*query)->Next(10, 1000, &rows).status()), "CANCELLED") << "it stays so";
    EXPECT_EQ(All("SELECT 1")->size(), 1u);
}

TEST_F(QueryTest, AtLeast) {
    std::vector<uint64_t> waited;
    options_.wait = [&](Sequence sequence, int64_t timeout_us) {
        EXPECT_GT(timeout_us, 0);
        waited.push_back(sequence.value());
        if (sequence > Sequence(20))
            return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD", "not there yet");
        EXPECT_TRUE(file_.Run("UPDATE __blasty_state SET applied = 15").ok());
        return OkStatus();
    };
    ReadRequest request = Request("SELECT 1");
    request.at_least = Sequence(15);
    EXPECT_EQ((*pool().Read(request))->sequence(), Sequence(15));
    // Behind the last commit of tables there are messages of topics: seen as well.
    request.at_least = Sequence(18);
    EXPECT_EQ((*pool().Read(request))->sequence(), Sequence(18));
    request.at_least = Sequence(21);
    EXPECT_EQ(ReasonOf(pool().Read(request).status()), "SEQUENCE_AHEAD");
    EXPECT_EQ((*pool().Read(Request("SELECT 1")))->sequence(), Sequence(15));
    EXPECT_EQ(waited, (std::vector<uint64_t>{15, 18, 21}));
}

// Results that nobody fetches from do not keep others waiting.
TEST_F(QueryTest, OpenResultsLeaveRoomForOthers) {
    std::vector<std::unique_ptr<Query>> open;
    for (int i = 0; i < options_.readers * kOpenPerReader - 1; ++i) {
        auto query = pool().Read(Request("SELECT id FROM t"));
        ASSERT_TRUE(query.ok()) << query.status();
        open.push_back(*std::move(query));
    }
    EXPECT_EQ(All("SELECT 1")->size(), 1u);
    open.clear();
    EXPECT_EQ(*All("SELECT count(*) FROM t"), (std::vector<Row>{{int64_t{1000}}}));
}

TEST_F(QueryTest, BusyConnections) {
    std::vector<std::unique_ptr<Query>> open;
    for (int i = 0; i < options_.readers * kOpenPerReader; ++i)
        open.push_back(*pool().Read(Request("SELECT id FROM t")));
    ReadRequest request = Request("SELECT 1");
    request.timeout_us = 1000;
    const Status status = pool().Read(request).status();
    EXPECT_EQ(ReasonOf(status), "OVERLOADED") << status;
    // Whoever waits gets the one that becomes free, also of a query that is only dropped.
    std::thread other([&open] { open[0].reset(); });
    EXPECT_EQ(All("SELECT 1")->size(), 1u);
    other.join();
    // A query that was read to its end holds nothing.
    std::vector<std::string> rows;
    EXPECT_FALSE(*open[1]->Next(5000, 1 << 20, &rows));
    auto third = pool().Read(Request("SELECT 1"));
    auto fourth = pool().Read(Request("SELECT 1"));
    EXPECT_TRUE(third.ok() && fourth.ok());
}

// SQLite 3.40 by itself finds nothing here.
TEST_F(QueryTest, AJoinByRtrimFindsTextsOfOtherLengths) {
    ASSERT_TRUE(file_
                    .Run("CREATE TABLE a(id INTEGER PRIMARY KEY, n INT, e TEXT COLLATE RTRIM);"
                         "CREATE TABLE b(k TEXT COLLATE NOCASE, n INT, w, PRIMARY KEY(k, n))"
                         " WITHOUT ROWID; CREATE INDEX i ON b(w, n); CREATE INDEX j ON a(n)"
                         " WHERE n > 10; INSERT INTO a VALUES (1, 1, 'ged ');"
                         "INSERT INTO b VALUES ('ged', 1, 0)")
                    .ok());
    EXPECT_EQ(*All("SELECT a.id, b.k FROM a JOIN b ON a.e = b.k AND b.n = a.n"),
              (std::vector<Row>{{int64_t{1}, Text{"ged"}}}));
}

TEST_F(QueryTest, ANewSchemaIsSeenWithItsColumns) {
    const std::string sql = "SELECT * FROM t WHERE id = 1";
    EXPECT_EQ((*pool().Read(Request(sql)))->columns().size(), 2u);
    ASSERT_TRUE(file_
                    .Run("BEGIN; ALTER TABLE t ADD COLUMN more DEFAULT 7;"
                         "UPDATE __blasty_state SET applied = 11, schema_at = 11; COMMIT")
                    .ok());
    EXPECT_EQ((*pool().Read(Request(sql)))->columns().size(), 3u);
    EXPECT_EQ(All(sql)->at(0), (Row{int64_t{1}, Text{"row 1"}, int64_t{7}}));
    ASSERT_TRUE(file_
                    .Run("BEGIN; DROP TABLE t;"
                         "UPDATE __blasty_state SET applied = 12, schema_at = 12; COMMIT")
                    .ok());
    EXPECT_EQ(ReasonOfAll(sql), "SQL_ERROR");
}

TEST_F(QueryTest, ConnectionsHaveSnapshotsAndATempSchema) {
    const auto opened = pool().OpenConnection();
    ASSERT_TRUE(opened.ok()) << opened.status();
    Connection& connection = **opened;
    const auto snapshot = connection.BeginSnapshot();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ(snapshot->sequence, Sequence(10));
    ASSERT_NE(snapshot->schema->Find("T"), nullptr);
    EXPECT_EQ(snapshot->schema->Find("T")->columns.size(), 2u);
    ASSERT_TRUE(file_
                    .Run("BEGIN; ALTER TABLE t ADD COLUMN more;"
                         "UPDATE __blasty_state SET applied = 11, schema_at = 11; COMMIT")
                    .ok());
    const auto exec = [&connection](const char* sql) {
        return sqlite3_exec(connection.handle(), sql, nullptr, nullptr, nullptr);
    };
    EXPECT_NE(exec("SELECT more FROM t"), SQLITE_OK) << "not in this snapshot";
    EXPECT_EQ(exec("CREATE TEMP VIEW t AS SELECT *, 1 AS one FROM main.t"), SQLITE_OK);
    EXPECT_EQ(exec("SELECT one FROM t"), SQLITE_OK);
    EXPECT_NE(exec("INSERT INTO main.t(id) VALUES(7000)"), SQLITE_OK);
    const auto next = connection.BeginSnapshot();
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_EQ(next->sequence, Sequence(11));
    EXPECT_EQ(next->schema->Find("t")->columns.size(), 3u);
    EXPECT_EQ(exec("SELECT more FROM t"), SQLITE_OK);
    connection.EndSnapshot();
    const auto same = connection.BeginSnapshot();
    EXPECT_EQ(same->schema, next->schema) << "loaded once";
}

TEST_F(QueryTest, ManyThreads) {
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    pool();  // made by one thread
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this, i, &wrong] {
            for (int64_t n = 0; n < 200; ++n) {
                const int64_t id = 1 + (n * 7 + i) % 1000;
                const auto rows = All("SELECT name FROM t WHERE id = ?", {id});
                if (!rows.ok() || rows->size() != 1 ||
                    rows->at(0)[0] != Value(Text{StrCat("row ", id)}))
                    ++wrong;
            }
        });
    }
    for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(file_.Run("UPDATE __blasty_state SET applied = applied + 1").ok());
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace blasty::tables::internal
