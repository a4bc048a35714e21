#include "live/internal/increments.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using Kind = IncrementPlan::Kind;

class IncrementsTest : public ::testing::Test {
  protected:
    IncrementsTest() : analyzer_(*Analyzer::Make(tables_.schema())) {}
    QueryPlanPtr Plan(const std::string& sql) {
        auto plan = analyzer_->Analyze(sql);
        EXPECT_TRUE(plan.ok()) << sql << ": " << plan.status().ToString();
        return plan.ok() ? *plan : std::make_shared<QueryPlan>();
    }
    // The text over changed rows of the table at this place; empty: none.
    std::string Delta(const std::string& sql, size_t place) {
        const QueryPlanPtr plan = Plan(sql);
        const auto& deltas = plan->increment.deltas;
        return place < deltas.size() && deltas[place] ? deltas[place]->keyed_sql : "";
    }
    TestTables tables_{{"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT)",
                        "CREATE TABLE orders(code TEXT PRIMARY KEY, user_id INT, total REAL)",
                        "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT COLLATE RTRIM)"}};
    std::unique_ptr<Analyzer> analyzer_;
};

TEST_F(IncrementsTest, TheTableIsReplacedUnderItsName) {
    EXPECT_EQ(Delta("SELECT u.*, total FROM users u, orders WHERE user_id = u.id", 1),
              "SELECT `__blasty_key_orders`, `__blasty_key_users`,  u.*, total FROM "
              "\"__blasty_rows_users\" u, orders WHERE user_id = u.id");
    EXPECT_EQ(Delta("SELECT users.age FROM Users JOIN orders AS o ON users.id = o.user_id", 1),
              "SELECT `__blasty_key_orders`, `__blasty_key_users`,  users.age FROM "
              "\"__blasty_rows_users\" AS Users JOIN orders AS o ON users.id = o.user_id");
    EXPECT_EQ(
        Delta("SELECT id FROM users ORDER BY age, id LIMIT 3", 0),
        "SELECT `__blasty_key_users`,  id FROM \"__blasty_rows_users\" AS users ORDER BY age, "
        "id LIMIT 3");
}

TEST_F(IncrementsTest, TheRightSideOfALeftJoinIsNot) {
    for (const char* join : {"LEFT JOIN", "LEFT OUTER JOIN", "NATURAL LEFT JOIN"}) {
        const std::string sql = StrCat("SELECT total, age FROM users ", join, " orders",
                                       join[0] == 'N' ? "" : " ON user_id = id");
        EXPECT_EQ(Delta(sql, 0), "") << sql;
        EXPECT_NE(Delta(sql, 1), "") << sql;
    }
    for (const char* join : {"RIGHT JOIN", "FULL JOIN"}) {
        const QueryPlanPtr plan =
            Plan(StrCat("SELECT total, age FROM users ", join, " orders ON user_id = id"));
        EXPECT_EQ(plan->increment.kind, Kind::kNone) << join;
    }
}

TEST_F(IncrementsTest, Kinds) {
    EXPECT_EQ(
        Plan("SELECT id FROM users ORDER BY age, users.id DESC NULLS LAST LIMIT ?")->increment.kind,
        Kind::kTopK);
    EXPECT_EQ(Plan("SELECT code FROM orders ORDER BY total, code LIMIT 3")->increment.limit, 3);
    EXPECT_EQ(Plan("SELECT count(*), sum(age + id) AS s FROM users WHERE age > ?")->increment.kind,
              Kind::kAggregate);
    EXPECT_EQ(Plan("SELECT age, count(*) FROM users GROUP BY age, name")->increment.kind,
              Kind::kAggregate);
    for (const char* sql :
         {"SELECT id FROM users ORDER BY age LIMIT 3",
          "SELECT id FROM users ORDER BY age, id LIMIT 1, 2",
          "SELECT id FROM users ORDER BY age, id + 0 LIMIT 3",
          "SELECT age AS id FROM users ORDER BY id LIMIT 3",
          "SELECT total FROM users JOIN orders ON user_id = id ORDER BY id, code LIMIT 3",
          "SELECT sum(age * ?) FROM users", "SELECT sum(age) + count(*) FROM users",
          "SELECT sum(age) OVER () FROM users", "SELECT total, count(*) FROM orders GROUP BY total",
          "SELECT body, count(*) FROM notes GROUP BY body",
          "SELECT body, age FROM notes JOIN users ON users.id = notes.id",
          "SELECT age FROM users JOIN orders ON name = code COLLATE rtrim",
          "SELECT age FROM users JOIN orders ON user_id = id ORDER BY id"}) {
        const QueryPlanPtr plan = Plan(sql);
        EXPECT_EQ(plan->increment.kind, Kind::kNone) << sql;
        EXPECT_EQ(plan->increment.why_not.empty(),
                  plan->query_class == Explanation::Class::kReevaluated)
            << sql << ": " << plan->increment.why_not;
    }
}

}  // namespace
}  // namespace blasty::live::internal
