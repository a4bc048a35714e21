// Results that are followed by their changes alone: right, and not by evaluating everything.
#include <gtest/gtest.h>

#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

class Increments : public ::testing::Test {
  protected:
    void SetUp() override {
        db.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, team INTEGER)");
        db.Must("CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT)");
        db.Must("CREATE TABLE tags(user INTEGER, tag TEXT, PRIMARY KEY(user, tag))");
        db.Must("INSERT INTO teams VALUES (1, 'red'), (2, 'blue')");
        db.Must(
            "INSERT INTO users VALUES (1,'ged',20,1), (2,'ann',30,2), (3,'eva',40,1), "
            "(4,'bob',50,2), (5,'zoe',60,1)");
        db.Must("INSERT INTO tags VALUES (1,'a'), (1,'b'), (2,'a'), (9,'z')");
    }
    void Begin(const std::string& sql, tables::Row parameters = {}) {
        ASSERT_TRUE(watcher.Subscribe(1, sql, std::move(parameters)).ok());
        Settle(db, watcher);
        ASSERT_EQ(watcher[1].error, "") << watcher[1].error_message;
        watcher[1].TakeTrace();
    }
    // What a commit does to the result, and whether the whole query ran for it.
    std::string After(const std::string& sql) {
        const LiveStats before = db.live().stats();
        db.Must(sql);
        Settle(db, watcher);
        const LiveStats after = db.live().stats();
        const uint64_t whole = after.reevaluations - before.reevaluations;
        const uint64_t increments = after.increments - before.increments;
        return StrCat(whole > 0        ? "whole: "
                      : increments > 0 ? "increment: "
                                       : "nothing: ",
                      watcher[1].TakeTrace());
    }
    std::string CostOf(const std::string& sql) {
        db.live().RunPending();
        const auto explanation = db.live().Explain({sql, {}, {}});
        return explanation.ok() ? explanation->cost : explanation.status().ToString();
    }
    TestLive db;
    Watcher watcher{db.live()};
};

TEST_F(Increments, ATopKTakesARowThatComesIn) {
    Begin("SELECT id, age FROM users ORDER BY age DESC, id LIMIT 2");
    EXPECT_EQ(After("INSERT INTO users VALUES (6, 'max', 55, 1)"),
              "increment: leave [4]|enter 6,55");
    EXPECT_EQ(After("INSERT INTO users VALUES (7, 'low', 1, 1)"), "increment: ");
    EXPECT_EQ(After("UPDATE users SET age = 99 WHERE id = 1"), "increment: enter 1,99|leave [6]");
}

TEST_F(Increments, ATopKIsEvaluatedWhenARowOfItFallsBackOrLeaves) {
    Begin("SELECT id, age FROM users ORDER BY age DESC, id LIMIT 2");
    EXPECT_EQ(After("UPDATE users SET age = 70 WHERE id = 5"), "increment: change 5,70");
    EXPECT_EQ(After("UPDATE users SET age = 5 WHERE id = 5"), "whole: enter 3,40|leave [5]");
    EXPECT_EQ(After("DELETE FROM users WHERE id = 4"), "whole: enter 2,30|leave [4]");
    EXPECT_EQ(After("UPDATE users SET age = 29 WHERE id = 2"), "whole: change 2,29");
}

TEST_F(Increments, ATopKWithLessThanItsLimitIsNeverEvaluated) {
    for (const char* sql : {"SELECT id FROM users WHERE team = 2 ORDER BY age, id LIMIT 4",
                            "SELECT id FROM users WHERE team = 2 ORDER BY age, id LIMIT ?"}) {
        Begin(sql, std::string_view(sql).ends_with("?") ? tables::Row{int64_t{4}} : tables::Row{});
        EXPECT_EQ(After("DELETE FROM users WHERE id = 4"), "increment: leave [4]");
        EXPECT_EQ(After("INSERT INTO users VALUES (4, 'bob', 50, 2)"), "increment: enter 4");
        watcher.Unsubscribe(1);
    }
}

TEST_F(Increments, ATopKWithTiesIsEvaluated) {
    for (const char* sql : {"SELECT id, age FROM users ORDER BY age LIMIT 2",
                            "SELECT age AS id, name FROM users ORDER BY id LIMIT 2",
                            "SELECT id, age FROM users ORDER BY age, id LIMIT 2 OFFSET 1",
                            "SELECT id, age FROM users ORDER BY age, id COLLATE NOCASE LIMIT 2",
                            "SELECT id, age FROM users ORDER BY age, id LIMIT 1 + 1"}) {
        EXPECT_NE(CostOf(sql).find("whole query"), std::string::npos) << sql << ": " << CostOf(sql);
    }
    EXPECT_NE(CostOf("SELECT id FROM users ORDER BY age LIMIT 2").find("add the primary key"),
              std::string::npos);
}

TEST_F(Increments, GroupsComeChangeAndGo) {
    Begin("SELECT team, count(*), count(name), sum(age) AS years FROM users GROUP BY team");
    EXPECT_EQ(After("INSERT INTO users VALUES (6, NULL, 1, 3)"), "increment: enter 3,1,0,1");
    EXPECT_EQ(After("UPDATE users SET age = NULL WHERE id = 6"), "increment: change 3,1,0,NULL");
    EXPECT_EQ(After("UPDATE users SET team = 1 WHERE id = 6"),
              "increment: change 1,4,3,120|leave [3]");
    EXPECT_EQ(After("UPDATE users SET id = 60 WHERE id = 6"), "increment: ");
    EXPECT_EQ(After("INSERT INTO users VALUES (7, 'x', 1, NULL)"), "increment: enter NULL,1,1,1");
    EXPECT_EQ(After("UPDATE users SET team = 2"),
              "increment: leave [NULL]|leave [1]|change 2,7,6,201");
    EXPECT_EQ(After("DELETE FROM users"), "increment: leave [2]");
}

TEST_F(Increments, OneRowOfCounts) {
    Begin("SELECT count(*), sum(age) FROM users WHERE team = ?", {int64_t{1}});
    EXPECT_EQ(After("DELETE FROM users WHERE id = 1"), "increment: change 2,100");
    EXPECT_EQ(After("DELETE FROM users WHERE team = 1"), "increment: change 0,NULL");
    EXPECT_EQ(After("INSERT INTO users VALUES (1, 'ged', 7, 1)"), "increment: change 1,7");
}

TEST_F(Increments, SumsThatAreNotExactAreEvaluated) {
    Begin("SELECT sum(age) FROM users");
    EXPECT_EQ(After("INSERT INTO users VALUES (6, 'half', 0.5, 1)"), "whole: change 200.500000");
    EXPECT_EQ(After("UPDATE users SET age = 1 WHERE id = 1"), "whole: change 181.500000");
    EXPECT_EQ(After("DELETE FROM users WHERE id = 6"), "whole: change 181");
    EXPECT_EQ(After("UPDATE users SET age = 2 WHERE id = 1"), "increment: change 182");
    EXPECT_EQ(After("UPDATE users SET age = 2000000000000 WHERE id = 1"),
              "whole: change 2000000000180");
}

TEST_F(Increments, OtherAggregatesAreEvaluated) {
    db.Must("CREATE TABLE words(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, c REAL)");
    for (const char* sql :
         {"SELECT max(age) FROM users", "SELECT avg(age) FROM users",
          "SELECT count(DISTINCT age) FROM users", "SELECT count(*) + 1 FROM users",
          "SELECT team, count(*) FROM users GROUP BY team HAVING count(*) > 1",
          "SELECT name, count(*) FROM users GROUP BY team",
          "SELECT team, count(*) FROM users GROUP BY team ORDER BY 2",
          "SELECT age / 10, count(*) FROM users GROUP BY age / 10",
          "SELECT name AS team, count(*) FROM users GROUP BY team, name",
          "SELECT count(*) FILTER (WHERE age > 3) FROM users",
          "SELECT count(*) FROM users u JOIN teams t ON t.id = u.team",
          "SELECT a, count(*) FROM words GROUP BY a", "SELECT b, count(*) FROM words GROUP BY b",
          "SELECT c, count(*) FROM words GROUP BY c"}) {
        EXPECT_NE(CostOf(sql).find("whole query"), std::string::npos) << sql << ": " << CostOf(sql);
    }
    EXPECT_NE(CostOf("SELECT count(*) FROM users").find("subtracted and added"), std::string::npos);
}

TEST_F(Increments, JoinsOfTwoTables) {
    Begin("SELECT u.name, t.title FROM users u JOIN teams t ON t.id = u.team WHERE u.age < 50");
    EXPECT_EQ(After("INSERT INTO users VALUES (6, 'max', 5, 2)"), "increment: enter max,blue");
    EXPECT_EQ(After("UPDATE teams SET title = 'pink' WHERE id = 2"),
              "increment: change ann,pink|change max,pink");
    EXPECT_EQ(After("UPDATE users SET team = 1 WHERE id = 6"),
              "increment: enter max,red|leave [2,6]");
    EXPECT_EQ(After("DELETE FROM teams WHERE id = 1"),
              "increment: leave [1,1]|leave [1,3]|leave [1,6]");
    EXPECT_EQ(After("UPDATE teams SET id = 1"),
              "increment: enter ged,pink|enter eva,pink|enter max,pink|leave [2,2]");
}

TEST_F(Increments, JoinsOfThreeTablesWithSeveralChangedAtOnce) {
    Begin(
        "SELECT * FROM users JOIN teams ON teams.id = users.team, tags WHERE tags.user = users.id");
    db.Must("UPDATE users SET name = name || '!' WHERE id < 3");
    db.Must("UPDATE teams SET title = 'pink' WHERE id = 2");
    db.Must("DELETE FROM tags WHERE user = 1 AND tag = 'b'");
    EXPECT_EQ(After("INSERT INTO tags VALUES (3, 'c')").substr(0, 11), "increment: ");
    EXPECT_EQ(watcher[1].rows.size(), 3u);
}

TEST_F(Increments, TheLeftSideOfALeftJoin) {
    const std::string sql =
        "SELECT u.name, g.tag FROM users u LEFT JOIN tags g ON g.user = u.id WHERE u.team = 1";
    Begin(sql);
    EXPECT_EQ(After("INSERT INTO users VALUES (9, 'max', 5, 1)"), "increment: enter max,z");
    EXPECT_EQ(After("UPDATE users SET name = 'EVA' WHERE id = 3"), "increment: change EVA,NULL");
    EXPECT_EQ(After("DELETE FROM users WHERE id = 3"), "increment: leave [NULL,3]");
    EXPECT_EQ(After("INSERT INTO tags VALUES (5, 'q')"), "whole: leave [NULL,5]|enter zoe,q");
    EXPECT_NE(CostOf(sql).find("(a change of tags: the whole query)"), std::string::npos)
        << CostOf(sql);
}

TEST_F(Increments, AResultThatIsBeingReadIsNotChangedUnderneath) {
    Begin("SELECT u.name, t.title FROM users u JOIN teams t ON t.id = u.team");
    EXPECT_EQ(After("UPDATE users SET name = 'x' WHERE id = 1"), "increment: change x,red");
    Watcher late(db.live());
    ASSERT_TRUE(late.Subscribe(1, watcher[1].query.sql).ok());
    EXPECT_EQ(After("UPDATE users SET name = 'y' WHERE id = 1"), "increment: change y,red");
    Settle(db, late);
    watcher.Reconnect(1);
    EXPECT_EQ(After("UPDATE users SET name = 'z' WHERE id = 1"), "increment: change z,red");
    Settle(db, late);
}

}  // namespace
}  // namespace blasty::live
