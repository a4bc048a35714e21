#include "live/internal/analysis.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using Class = Explanation::Class;

class AnalysisTest : public ::testing::Test {
  protected:
    AnalysisTest() : analyzer_(*Analyzer::Make(tables_.schema())) {}

    QueryPlanPtr Plan(const std::string& sql) {
        auto plan = analyzer_->Analyze(sql);
        EXPECT_TRUE(plan.ok()) << sql << ": " << plan.status().ToString();
        return plan.ok() ? *plan : std::make_shared<QueryPlan>();
    }
    std::string Reason(const std::string& sql) {
        return ReasonOf(analyzer_->Analyze(sql).status());
    }
    std::string Message(const std::string& sql) {
        const Status status = analyzer_->Analyze(sql).status();
        return std::string(MessageOf(status));
    }

    TestTables tables_{
        {"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT)",
         "CREATE TABLE orders(code TEXT PRIMARY KEY, user_id INT, total REAL)",
         "CREATE TABLE \"odd \"\"name\"(\"a b\" TEXT, k INT, PRIMARY KEY (k, \"a b\"))",
         "CREATE VIEW adults AS SELECT * FROM users WHERE age >= 18"}};
    std::unique_ptr<Analyzer> analyzer_;
};

TEST_F(AnalysisTest, Filters) {
    for (const char* sql :
         {"SELECT * FROM users", "select name from USERS where age > 5 or name = 'x';",
          "SELECT u.*, age + 1 FROM users AS u WHERE u.name LIKE '%a%' -- DISTINCT",
          "SELECT * FROM \"odd \"\"name\" WHERE \"a b\" = 'LIMIT' ORDER BY k",
          "SELECT * FROM users WHERE age IS NOT DISTINCT FROM ?1", "SELECT * FROM users WHERE 0",
          "SELECT max(age, 3) FROM users", "SELECT id /* GROUP BY */ FROM users WHERE ?1 = 1"}) {
        const QueryPlanPtr plan = Plan(sql);
        EXPECT_EQ(plan->query_class, Class::kFilter) << sql << ": " << plan->why;
        EXPECT_EQ(plan->key_columns, 1) << sql;
        EXPECT_EQ(plan->tables.size(), 1u) << sql;
    }
}

TEST_F(AnalysisTest, Classes) {
    const auto class_of = [&](const std::string& sql) { return Plan(sql)->query_class; };
    EXPECT_EQ(class_of("SELECT * FROM users JOIN orders ON user_id = id"), Class::kJoin);
    EXPECT_EQ(class_of("SELECT name, total FROM users, orders WHERE user_id = id"), Class::kJoin);
    EXPECT_EQ(class_of("SELECT * FROM users LEFT JOIN orders ON user_id = id"), Class::kJoin);
    EXPECT_EQ(class_of("SELECT count(*) FROM users WHERE age > 3"), Class::kAggregate);
    EXPECT_EQ(class_of("SELECT age, sum(id) FROM users GROUP BY age HAVING sum(id) > 1"),
              Class::kAggregate);
    EXPECT_EQ(class_of("SELECT age FROM users GROUP BY age"), Class::kAggregate);
    EXPECT_EQ(class_of("SELECT * FROM users ORDER BY age DESC LIMIT 3"), Class::kTopK);
    for (const char* sql :
         {"SELECT * FROM users LIMIT 3", "SELECT DISTINCT age FROM users",
          "SELECT * FROM users a JOIN users b ON a.id = b.age", "SELECT * FROM adults",
          "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders)", "SELECT 1",
          "SELECT id FROM users UNION SELECT user_id FROM orders",
          "WITH c AS (SELECT * FROM users) SELECT * FROM c", "VALUES (1), (2)",
          "SELECT id, rank() OVER (ORDER BY age) FROM users", "SELECT * FROM (SELECT * FROM users)",
          "SELECT count(DISTINCT age) FROM users", "SELECT value FROM users, json_each(name)",
          "SELECT age, count(*) FROM users GROUP BY age ORDER BY 2 LIMIT 1"}) {
        const QueryPlanPtr plan = Plan(sql);
        EXPECT_EQ(plan->query_class, Class::kReevaluated) << sql;
        EXPECT_NE(plan->why, "") << sql;
    }
}

TEST_F(AnalysisTest, Refusals) {
    for (const char* sql : {"SELECT random()",
                            "SELECT * FROM users WHERE age > abs(random())",
                            "SELECT CURRENT_TIMESTAMP",
                            "SELECT date('now')",
                            "SELECT datetime()",
                            "SELECT strftime('%Y') FROM users",
                            "SELECT changes()",
                            "SELECT last_insert_rowid()",
                            "SELECT * FROM main.users",
                            "SELECT * FROM sqlite_schema",
                            "SELECT count(*) FROM sqlite_master",
                            "SELECT * FROM pragma_table_info('users')",
                            "SELECT count(*) FROM pragma_table_info('users')",
                            "SELECT rowid FROM orders",
                            "DELETE FROM users",
                            "DELETE FROM users RETURNING id",
                            "PRAGMA user_version",
                            "EXPLAIN SELECT 1",
                            "CREATE TABLE x(a)",
                            "SELECT * FROM users INDEXED BY nothing",
                            "WITH c AS (SELECT 1) DELETE FROM users",
                            "SELECT * FROM dbstat"}) {
        const std::string reason = Reason(sql);
        EXPECT_TRUE(reason == "LIVE_REFUSED" ||
                    (reason == "SQL_ERROR" &&
                     std::string_view(sql).find("INDEXED") != std::string_view::npos))
            << sql << ": " << reason << " " << Message(sql);
    }
    for (const char* sql : {"", ";", "SELECT", "SELECT * FROM nothing", "SELECT 1; SELECT 2",
                            "SELECT temp.users.id FROM temp.users"}) {
        EXPECT_EQ(Reason(sql), "SQL_ERROR") << sql;
    }
    EXPECT_NE(Message("SELECT random()").find("random"), std::string::npos);
    EXPECT_NE(Message("SELECT datetime('now', '+1 day')").find("datetime"), std::string::npos);
}

TEST_F(AnalysisTest, SearchIndexesAreFollowedAnotherWay) {
    auto schema = std::make_shared<tables::Schema>(*tables_.schema());
    schema->others.push_back({"search", "user_words", "users",
                              "CREATE VIRTUAL TABLE user_words USING search(users, name)"});
    schema->others.push_back(
        {"view", "found", "found", "CREATE VIEW found AS SELECT * FROM user_words('x')"});
    analyzer_ = *Analyzer::Make(schema);
    for (const char* sql :
         {"SELECT * FROM user_words WHERE user_words MATCH 'x'", "SELECT name FROM main.USER_WORDS",
          "SELECT * FROM found", "SELECT * FROM users JOIN user_words USING (id)"}) {
        EXPECT_EQ(Reason(sql), "LIVE_REFUSED") << sql << ": " << Message(sql);
        EXPECT_NE(Message(sql).find("blasty search user_words 'query' --live"), std::string::npos)
            << Message(sql);
    }
    EXPECT_EQ(Reason("SELECT * FROM user_word"), "SQL_ERROR");
}

TEST_F(AnalysisTest, KeyedTexts) {
    EXPECT_EQ(Plan("SELECT * FROM users ORDER BY 2")->keyed_sql,
              "SELECT `__blasty_key_users`,  * FROM users ORDER BY 3");
    const QueryPlanPtr join = Plan("SELECT 1 FROM users, orders");
    EXPECT_EQ(join->key_columns, 2);
    EXPECT_EQ(join->keyed_sql,
              "SELECT `__blasty_key_orders`, `__blasty_key_users`,  1 FROM users, orders");
    const QueryPlanPtr groups = Plan("SELECT count(*) FROM users GROUP BY age / 10, name");
    EXPECT_EQ(groups->keyed_sql,
              "SELECT age / 10, name,  count(*) FROM users GROUP BY age / 10, name");
    EXPECT_EQ(groups->key_columns, 2);
    EXPECT_EQ(Plan("SELECT age, count(*) FROM users GROUP BY 1")->key_columns, 0);
    EXPECT_EQ(Plan("SELECT count(*) FROM users GROUP BY age + ?")->key_columns, 0);
    EXPECT_TRUE(Plan("SELECT count(*) FROM users")->single_row);
    EXPECT_EQ(Plan("SELECT * FROM users WHERE id IN (SELECT user_id FROM orders)")->key_columns, 1);
    EXPECT_EQ(Plan("SELECT * FROM users a JOIN users b USING (id)")->key_columns, 0);
    EXPECT_EQ(Plan("SELECT * FROM users, (SELECT * FROM orders)")->key_columns, 0);
    EXPECT_EQ(Plan("SELECT * FROM adults")->key_columns, 0);
    EXPECT_EQ(Plan("SELECT rowid, oid FROM users WHERE _rowid_ > 3")->sql,
              "SELECT \"id\", \"id\" FROM users WHERE \"id\" > 3");
    EXPECT_EQ(Plan("SELECT * FROM users ORDER BY name, 1;")->filter_sql, "SELECT * FROM users ");
}

TEST_F(AnalysisTest, Uniqueness) {
    EXPECT_TRUE(Plan("SELECT DISTINCT age FROM users")->unique_rows);
    EXPECT_TRUE(Plan("SELECT id FROM users UNION SELECT 1")->unique_rows);
    EXPECT_FALSE(Plan("SELECT id FROM users UNION ALL SELECT 1")->unique_rows);
    EXPECT_FALSE(Plan("SELECT id FROM users")->unique_rows);
}

TEST_F(AnalysisTest, ColumnsThatAreRead) {
    EXPECT_EQ(Plan("SELECT name FROM users WHERE age > 1")->tables[0].columns, 6u);
    EXPECT_EQ(Plan("SELECT count(*) FROM users")->tables[0].columns, 0u);
    EXPECT_EQ(Plan("SELECT rowid FROM users")->tables[0].columns, 1u);
    const QueryPlanPtr sub = Plan("SELECT 1 FROM users WHERE id IN (SELECT user_id FROM orders)");
    ASSERT_EQ(sub->tables.size(), 2u);
    EXPECT_EQ(sub->tables[0].name, "orders");
    EXPECT_EQ(sub->tables[0].columns, 2u);
    EXPECT_EQ(Plan("SELECT 1 FROM adults")->tables[0].columns, ~uint64_t{0});
    EXPECT_EQ(Plan("SELECT name AS n, age + 1 FROM users")->columns,
              (std::vector<std::string>{"n", "age + 1"}));
    EXPECT_EQ(Plan("SELECT name, age + 1 FROM users")->column_types,
              (std::vector<std::string>{"TEXT", ""}));
}

TEST_F(AnalysisTest, Parameters) {
    const QueryPlanPtr plan =
        Plan("SELECT * FROM users WHERE id = ?2 AND name = :name AND age > $a");
    EXPECT_EQ(plan->parameter_count, 4);
    tables::Statement query;
    query.parameters = {int64_t{1}, int64_t{2}};
    query.named = {{":name", tables::Text{"x"}}, {"$a", int64_t{4}}};
    const auto row = BindParameters(*plan, query);
    ASSERT_TRUE(row.ok()) << row.status().ToString();
    EXPECT_EQ(*row, (tables::Row{int64_t{1}, int64_t{2}, tables::Text{"x"}, int64_t{4}}));
    query.named.pop_back();
    EXPECT_NE(BindParameters(*plan, query).status().ToString().find("$a"), std::string::npos);
    query.named = {{":other", tables::Null()}};
    EXPECT_EQ(ReasonOf(BindParameters(*plan, query).status()), "SQL_ERROR");
    query.named.clear();
    query.parameters.resize(5);
    EXPECT_EQ(ReasonOf(BindParameters(*plan, query).status()), "SQL_ERROR");
}

}  // namespace
}  // namespace blasty::live::internal
