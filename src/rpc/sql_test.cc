// The SQL service over a real engine in memory, through generated stubs.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "rpc/internal/limits.h"
#include "rpc/sql_test_server.h"
#include "tables/query.h"

namespace blasty::rpc {
namespace {

using Strings = std::vector<std::string>;

// A Query call, read to its end.
struct Read {
    grpc::Status status;
    std::string reason;
    Strings columns, rows;
    size_t batches = 0;
    v1::QuerySummary summary;
};

class SqlTest : public testing::Test {
  protected:
    Read Query(const v1::QueryRequest& request) {
        Read read;
        TestContext context;
        const auto call = server_.sql().Query(&context, request);
        v1::QueryResponse response;
        while (call->Read(&response)) {
            ++read.batches;
            for (const auto& column : response.columns()) read.columns.push_back(column.name());
            for (const auto& row : response.rows()) read.rows.push_back(Show(row));
            if (response.has_summary()) read.summary = response.summary();
        }
        read.status = call->Finish();
        read.reason = context.Reason();
        return read;
    }
    void MakeUsers() {
        server_.Do("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)");
    }
    // Rows 1…count by one statement.
    void MakeNumbers(int64_t count) {
        server_.Do("CREATE TABLE n(i INTEGER PRIMARY KEY, s TEXT)");
        server_.Do(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?1) "
            "INSERT INTO n SELECT x, 'number ' || x FROM c",
            {Integer(count)});
    }

    SqlServer server_;
};

TEST_F(SqlTest, WritesAndReads) {
    MakeUsers();
    const auto inserted =
        server_.Do("INSERT INTO users(name, age) VALUES(?1, ?2)", {Text("ged"), Integer(17)});
    EXPECT_EQ(inserted.summary().changes(), 1);
    EXPECT_EQ(inserted.summary().last_insert_id(), 1);
    EXPECT_FALSE(inserted.summary().read_only());
    const auto read = server_.Do("SELECT * FROM users WHERE name = 'ged'");
    ASSERT_EQ(read.rows_size(), 1);
    EXPECT_EQ(Show(read.rows(0)), "1|ged|17");
    ASSERT_EQ(read.columns_size(), 3);
    EXPECT_EQ(read.columns(0).name(), "id");
    EXPECT_EQ(read.columns(0).declared_type(), "INTEGER");
    EXPECT_TRUE(read.summary().read_only());
    EXPECT_EQ(read.summary().rows(), 1u);
    EXPECT_GE(read.summary().sequence(), inserted.summary().sequence());
}

TEST_F(SqlTest, Returning) {
    MakeUsers();
    const auto response = server_.Do(
        "INSERT INTO users(name, age) VALUES('a', 1), ('b', 2) RETURNING id, upper(name)");
    ASSERT_EQ(response.rows_size(), 2);
    EXPECT_EQ(Show(response.rows(0)), "1|A");
    EXPECT_EQ(Show(response.rows(1)), "2|B");
    EXPECT_EQ(response.summary().changes(), 2);
}

TEST_F(SqlTest, ParametersOfEveryType) {
    server_.Do("CREATE TABLE v(id INTEGER PRIMARY KEY, x)");
    v1::Value real, blob, raw, null;
    real.set_real(0.5);
    blob.set_blob(std::string("\0\xff", 2));
    raw.set_raw_text("\xfe\xff");
    const std::vector<v1::Value> values = {null,         Integer(INT64_MIN), Integer(0), real,
                                           Text("über"), Text(""),           blob,       raw};
    for (size_t i = 0; i < values.size(); ++i) {
        server_.Do("INSERT INTO v VALUES(?1, ?2)", {Integer(static_cast<int64_t>(i)), values[i]});
    }
    const auto response = server_.Do("SELECT x FROM v ORDER BY id");
    ASSERT_EQ(response.rows_size(), static_cast<int>(values.size()));
    for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(response.rows(static_cast<int>(i)).values(0).SerializeAsString(),
                  values[i].SerializeAsString())
            << i;
    }
}

TEST_F(SqlTest, NamedParameters) {
    auto request = Statement("SELECT :a + @b * $c");
    const std::pair<const char*, int64_t> named[] = {{":a", 10}, {"@b", 3}, {"$c", 100}};
    for (const auto& [name, value] : named) {
        v1::Parameter* parameter = request.mutable_statement()->add_parameters();
        parameter->set_name(name);
        *parameter->mutable_value() = Integer(value);
    }
    const auto response = server_.Do(request);
    ASSERT_EQ(response.rows_size(), 1);
    EXPECT_EQ(Show(response.rows(0)), "310");
}

TEST_F(SqlTest, StreamsRowsInBatches) {
    MakeNumbers(10'000);
    auto request = Statement("SELECT i, s FROM n ORDER BY i");
    request.set_batch_rows_max(1'000);
    const Read read = Query(request);
    ASSERT_TRUE(read.status.ok()) << read.status.error_message();
    ASSERT_EQ(read.rows.size(), 10'000u);
    EXPECT_EQ(read.rows.front(), "1|number 1");
    EXPECT_EQ(read.rows.back(), "10000|number 10000");
    EXPECT_GE(read.batches, 10u);
    EXPECT_EQ(read.columns, (Strings{"i", "s"}));
    EXPECT_EQ(read.summary.rows(), 10'000u);
    EXPECT_TRUE(read.summary.read_only());
}

TEST_F(SqlTest, QueryTellsColumnsWithoutRows) {
    MakeUsers();
    const Read read = Query(Statement("SELECT id, name FROM users"));
    ASSERT_TRUE(read.status.ok());
    EXPECT_EQ(read.columns, (Strings{"id", "name"}));
    EXPECT_EQ(read.batches, 1u);
}

TEST_F(SqlTest, QueryWritesToo) {
    MakeUsers();
    const Read written = Query(Statement("INSERT INTO users(name) VALUES('a') RETURNING id"));
    ASSERT_TRUE(written.status.ok()) << written.status.error_message();
    EXPECT_EQ(written.rows, Strings{"1"});
    EXPECT_EQ(written.summary.changes(), 1);
    const Read with =
        Query(Statement("WITH x(v) AS (VALUES('b')) INSERT INTO users(name) SELECT v FROM x"));
    ASSERT_TRUE(with.status.ok()) << with.status.error_message();
    EXPECT_FALSE(with.summary.read_only());
    const Read read = Query(Statement("WITH x AS (SELECT count(*) c FROM users) SELECT c FROM x"));
    EXPECT_EQ(read.rows, Strings{"2"});
    EXPECT_TRUE(read.summary.read_only());
}

TEST_F(SqlTest, ErrorsHaveReasonWords) {
    MakeUsers();
    server_.Do("INSERT INTO users VALUES(1, 'a', 1)");
    EXPECT_EQ(server_.Refusal(Statement("SELEC 1")), "SQL_ERROR");
    EXPECT_EQ(server_.Refusal(Statement("SELECT * FROM nowhere")), "SQL_ERROR");
    EXPECT_EQ(server_.Refusal(Statement("INSERT INTO users VALUES(1, 'b', 2)")),
              "CONSTRAINT_FAILED");
    EXPECT_EQ(server_.Refusal(Statement("CREATE TABLE x(a, b)")), "PRIMARY_KEY_MISSING");
    EXPECT_EQ(server_.Refusal(Statement("PRAGMA user_version")), "STATEMENT_REFUSED");
    EXPECT_EQ(server_.Refusal(Statement("ATTACH 'x' AS y")), "STATEMENT_REFUSED");
    EXPECT_EQ(server_.Refusal(Statement("")), "STATEMENT_MISSING");
    auto ahead = Statement("SELECT 1");
    ahead.set_at_least(1'000'000);
    EXPECT_EQ(server_.Refusal(ahead), "SEQUENCE_AHEAD");
    auto negative = Statement("SELECT 1");
    negative.set_timeout_us(-1);
    EXPECT_EQ(server_.Refusal(negative), "INVALID_TIMEOUT");
    auto condition = Statement("SELECT 1");
    condition.add_conditions()->set_table("users");
    EXPECT_EQ(server_.Refusal(condition), "CONDITIONS_NOT_ALLOWED");
    EXPECT_EQ(Query(Statement("SELECT * FROM nowhere")).reason, "SQL_ERROR");
    EXPECT_EQ(Query(Statement("INSERT INTO users VALUES(1, 'b', 2)")).reason, "CONSTRAINT_FAILED");
}

TEST_F(SqlTest, ExecuteIsForSmallAnswers) {
    MakeNumbers(1'001);
    EXPECT_EQ(server_.Refusal(Statement("SELECT * FROM n")), "RESULT_TOO_LARGE");
    EXPECT_EQ(server_.Do("SELECT * FROM n LIMIT 1000").rows_size(), 1000);
    EXPECT_EQ(server_.Refusal(Statement("SELECT zeroblob(2000000)")), "RESULT_TOO_LARGE");
}

TEST_F(SqlTest, TransactionsAreAllOrNothing) {
    MakeUsers();
    v1::TransactionRequest request;
    request.add_statements()->set_sql("INSERT INTO users VALUES(1, 'a', 1)");
    request.add_statements()->set_sql("SELECT count(*) FROM users");
    request.add_statements()->set_sql("UPDATE users SET age = 2");
    v1::TransactionResponse response;
    {
        TestContext context;
        const grpc::Status status = server_.sql().Transaction(&context, request, &response);
        ASSERT_TRUE(status.ok()) << status.error_message();
    }
    ASSERT_EQ(response.results_size(), 3);
    EXPECT_EQ(Show(response.results(1).rows(0)), "1");
    EXPECT_EQ(response.results(2).summary().changes(), 1);
    EXPECT_GT(response.sequence(), 0u);
    request.add_statements()->set_sql("INSERT INTO users VALUES(1, 'twice', 1)");
    request.mutable_statements(0)->set_sql("INSERT INTO users VALUES(2, 'b', 1)");
    TestContext context;
    EXPECT_FALSE(server_.sql().Transaction(&context, request, &response).ok());
    EXPECT_EQ(context.Reason(), "CONSTRAINT_FAILED");
    EXPECT_EQ(server_.Rows("SELECT * FROM users"), Strings{"1|a|2"});
}

TEST_F(SqlTest, IdsAndConditions) {
    MakeUsers();
    auto request = Statement("INSERT INTO users(name) VALUES('a')");
    request.set_id("once");
    const auto first = server_.Do(request);
    const auto second = server_.Do(request);
    EXPECT_FALSE(first.summary().duplicate());
    EXPECT_TRUE(second.summary().duplicate());
    EXPECT_EQ(first.summary().sequence(), second.summary().sequence());
    EXPECT_EQ(server_.Rows("SELECT count(*) FROM users"), Strings{"1"});
    auto absent = Statement("INSERT INTO users VALUES(7, 'b', 1)");
    v1::RowCondition* condition = absent.add_conditions();
    condition->set_table("users");
    *condition->mutable_key()->add_values() = Integer(7);
    server_.Do(absent);
    absent.mutable_statement()->set_sql("UPDATE users SET age = 9 WHERE id = 7");
    EXPECT_EQ(server_.Refusal(absent), "ROW_CHANGED");
}

TEST_F(SqlTest, CancellingStopsTheStatement) {
    const std::string endless =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    // More than there are threads and connections: each must be given back.
    for (int i = 0; i < 12; ++i) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(30));
        const auto call = server_.sql().Query(&context, Statement(endless));
        v1::QueryResponse response;
        EXPECT_FALSE(call->Read(&response));
        EXPECT_EQ(call->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
        grpc::ClientContext unary;
        unary.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(30));
        v1::ExecuteResponse answer;
        EXPECT_EQ(server_.sql().Execute(&unary, Statement(endless), &answer).error_code(),
                  grpc::StatusCode::DEADLINE_EXCEEDED);
    }
    EXPECT_EQ(server_.Rows("SELECT 1"), Strings{"1"});
}

TEST_F(SqlTest, TimeLimitOfTheRequest) {
    auto request = Statement(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c");
    request.set_timeout_us(20'000);
    EXPECT_EQ(server_.Refusal(request), "STATEMENT_TIMEOUT");
    EXPECT_EQ(Query(request).reason, "STATEMENT_TIMEOUT");
}

TEST_F(SqlTest, SlowClientsDoNotHoldConnectionsOfSmallResults) {
    MakeNumbers(20'000);
    // More of them than there are connections, none of which reads: each result fits what is read
    // ahead, so that its connection comes back.
    std::vector<std::unique_ptr<TestContext>> contexts;
    std::vector<std::unique_ptr<grpc::ClientReader<v1::QueryResponse>>> calls;
    // On a connection of their own, which they fill.
    const auto stub = v1::Sql::NewStub(server_.NewChannel());
    for (int i = 0; i < 10; ++i) {
        contexts.push_back(std::make_unique<TestContext>());
        calls.push_back(stub->Query(contexts.back().get(), Statement("SELECT * FROM n")));
    }
    EXPECT_EQ(server_.Rows("SELECT max(i) FROM n"), Strings{"20000"});
    for (auto& call : calls) {
        size_t rows = 0;
        v1::QueryResponse response;
        while (call->Read(&response)) rows += static_cast<size_t>(response.rows_size());
        EXPECT_TRUE(call->Finish().ok());
        EXPECT_EQ(rows, 20'000u);
    }
}

TEST(QueryIdleTest, AQueryThatIsNotReadGivesItsConnectionToOthers) {
    RpcServerOptions rpc;
    rpc.read_threads = 1;
    rpc.client_idle_us = 100'000;
    SqlServer server({}, nullptr, rpc);
    const auto stub = v1::Sql::NewStub(server.NewChannel());
    // As many as may be open at once; each of 40 MB, of which a few are read ahead.
    struct Idle {
        TestContext context;
        std::unique_ptr<grpc::ClientReader<v1::QueryResponse>> call;
    };
    std::vector<std::unique_ptr<Idle>> idle;
    v1::QueryResponse response;
    for (int i = 0; i < tables::kOpenPerReader; ++i) {
        idle.push_back(std::make_unique<Idle>());
        idle.back()->call = stub->Query(
            &idle.back()->context,
            Statement("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE "
                      "x < 2000) SELECT x, zeroblob(20000) FROM c"));
        ASSERT_TRUE(idle.back()->call->Read(&response));
    }
    // It waits for one of theirs.
    EXPECT_EQ(server.Rows("SELECT 1"), Strings{"1"});
    int ended = 0;
    for (const auto& one : idle) {
        while (one->call->Read(&response)) {
        }
        const grpc::Status status = one->call->Finish();
        if (status.ok()) continue;
        ++ended;
        EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
        EXPECT_EQ(one->context.Reason(), "QUERY_IDLE");
    }
    EXPECT_GT(ended, 0);
}

TEST_F(SqlTest, LargeResultsComeWholeToSlowClients) {
    MakeNumbers(2'000);
    TestContext context;
    // 40 MB, ten times what is read ahead.
    const auto call =
        server_.sql().Query(&context, Statement("SELECT i, zeroblob(20000) FROM n ORDER BY i"));
    int64_t expected = 1;
    v1::QueryResponse response;
    while (call->Read(&response)) {
        for (const v1::Row& row : response.rows()) {
            ASSERT_EQ(row.values(0).integer(), expected++);
            ASSERT_EQ(row.values(1).blob().size(), 20'000u);
        }
        std::this_thread::yield();
    }
    EXPECT_TRUE(call->Finish().ok());
    EXPECT_EQ(expected, 2'001);
}

TEST_F(SqlTest, ReadsOwnWrites) {
    MakeUsers();
    for (int i = 0; i < 50; ++i) {
        const auto written = server_.Do("INSERT INTO users(name) VALUES('x')");
        auto read = Statement("SELECT count(*) FROM users");
        read.set_at_least(written.summary().sequence());
        EXPECT_EQ(Show(server_.Do(read).rows(0)), std::to_string(i + 1));
    }
}

TEST_F(SqlTest, ManyCallsAtOnce) {
    MakeUsers();
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                TestContext write, read;
                v1::ExecuteResponse response;
                const int64_t id = t * 1000 + i;
                if (!server_.sql()
                         .Execute(&write,
                                  Statement("INSERT INTO users VALUES(?1, 'x', 1)", {Integer(id)}),
                                  &response)
                         .ok())
                    ++failed;
                auto request = Statement("SELECT id FROM users WHERE id = ?1", {Integer(id)});
                if (!server_.sql().Execute(&read, request, &response).ok() ||
                    response.rows_size() != 1)
                    ++failed;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(server_.Rows("SELECT count(*) FROM users"), Strings{"400"});
}

TEST_F(SqlTest, Schema) {
    MakeUsers();
    server_.Do("CREATE INDEX by_name ON users(name)");
    TestContext context;
    v1::GetSchemaResponse response;
    ASSERT_TRUE(server_.sql().GetSchema(&context, {}, &response).ok());
    ASSERT_EQ(response.objects_size(), 2);
    EXPECT_EQ(response.objects(0).type(), "table");
    EXPECT_EQ(response.objects(0).name(), "users");
    EXPECT_EQ(response.objects(0).columns_size(), 3);
    ASSERT_EQ(response.objects(0).key_size(), 1);
    EXPECT_EQ(response.objects(0).key(0), "id");
    EXPECT_EQ(response.objects(1).type(), "index");
    EXPECT_EQ(response.objects(1).table(), "users");
    EXPECT_GT(response.changed_at(), 0u);
}

TEST_F(SqlTest, ServerInfoTellsTablesAndLive) {
    MakeUsers();
    server_.Do("INSERT INTO users VALUES(1, 'a', 1)");
    TestContext context;
    v1::ServerInfo info;
    const auto stub = v1::Server::NewStub(server_.channel());
    ASSERT_TRUE(stub->GetInfo(&context, {}, &info).ok());
    EXPECT_TRUE(info.healthy()) << info.health_message();
    EXPECT_EQ(info.tables().tables(), 1u);
    EXPECT_EQ(info.tables().rows_changed(), 1u);
    EXPECT_EQ(info.tables().applied_sequence(), info.last_sequence());
    EXPECT_EQ(info.live().subscriptions(), 0u);
}

}  // namespace
}  // namespace blasty::rpc
