// Every class of query: what a client rebuilds from events equals a fresh SELECT after each commit.
#include <gtest/gtest.h>

#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

class Classes : public ::testing::Test {
  protected:
    void SetUp() override {
        db.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, team INTEGER)");
        db.Must("CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT, boss INTEGER)");
        db.Must("CREATE TABLE tags(user INTEGER, tag TEXT, PRIMARY KEY(user, tag))");
        db.Must("INSERT INTO teams VALUES (1, 'red', 1), (2, 'blue', 2), (3, 'green', NULL)");
        db.Must("INSERT INTO users VALUES (1,'ged',20,1), (2,'ann',30,2), (3,'ged',40,1)");
        db.Must("INSERT INTO tags VALUES (1,'a'), (1,'b'), (2,'a'), (9,'z')");
    }
    // Commits of all kinds, with a comparison after each.
    void Follow(const std::vector<std::string>& queries) {
        for (size_t i = 0; i < queries.size(); ++i)
            ASSERT_TRUE(watcher.Subscribe(i + 1, queries[i]).ok());
        Settle(db, watcher);
        for (const char* sql : {
                 "INSERT INTO users VALUES (4,'eva',50,3)",
                 "INSERT INTO users VALUES (5,'ged',20,2), (6,NULL,NULL,NULL)",
                 "UPDATE users SET age = age + 5 WHERE name = 'ged'",
                 "UPDATE users SET team = 2 WHERE id = 1",
                 "UPDATE users SET id = 10 WHERE id = 4",
                 "INSERT INTO tags VALUES (2,'b'), (3,'a'), (10,'z')",
                 "UPDATE teams SET title = 'pink' WHERE id = 2",
                 "UPDATE teams SET boss = 3 WHERE id = 3",
                 "DELETE FROM tags WHERE tag = 'a'",
                 "DELETE FROM users WHERE name = 'ged'",
                 "DELETE FROM teams WHERE id = 1",
                 "INSERT INTO users VALUES (1,'ged',1,1), (11,'ann',30,2)",
                 "INSERT INTO teams VALUES (1, 'red', 11)",
                 "UPDATE users SET age = 100 - age, team = (team % 3) + 1",
                 "DELETE FROM users",
                 "INSERT INTO users VALUES (1,'ged',20,1)",
             }) {
            SCOPED_TRACE(sql);
            db.Must(sql);
            Settle(db, watcher);
        }
        for (auto& [id, followed] : watcher.all()) {
            EXPECT_EQ(followed.error, "") << followed.query.sql << followed.error_message;
            EXPECT_TRUE(followed.resets.empty()) << followed.query.sql;
        }
    }
    TestLive db;
    Watcher watcher{db.live()};
};

TEST_F(Classes, InnerJoins) {
    Follow(
        {"SELECT u.name, t.title FROM users u JOIN teams t ON t.id = u.team",
         "SELECT users.id, title FROM users, teams WHERE teams.id = users.team AND age > 20",
         "SELECT * FROM users JOIN teams ON teams.id = users.team",
         "SELECT u.name, t.title, g.tag FROM users u JOIN teams t ON t.id = u.team JOIN tags g ON "
         "g.user = u.id",
         "SELECT u.name, count(*) FROM users u JOIN tags g ON g.user = u.id GROUP BY u.id"});
}

TEST_F(Classes, LeftJoins) {
    Follow({"SELECT t.title, u.name FROM teams t LEFT JOIN users u ON u.team = t.id",
            "SELECT t.title, u.name FROM teams t LEFT JOIN users u ON u.team = t.id AND u.age > 30",
            "SELECT t.title FROM teams t LEFT JOIN users u ON u.team = t.id WHERE u.id IS NULL",
            "SELECT u.id, g.tag, t.title FROM users u LEFT JOIN tags g ON g.user = u.id LEFT JOIN "
            "teams t ON t.boss = u.id"});
}

TEST_F(Classes, SelfJoins) {
    Follow({"SELECT a.name, b.name FROM users a JOIN users b ON a.team = b.team AND a.id < b.id",
            "SELECT a.id, b.id FROM users a LEFT JOIN users b ON b.age > a.age"});
}

TEST_F(Classes, Aggregates) {
    Follow({"SELECT count(*) FROM users",
            "SELECT count(*), sum(age), avg(age), min(age), max(age) "
            "FROM users WHERE team = 1",
            "SELECT team, count(*), sum(age) FROM users GROUP BY team",
            "SELECT team, count(*) FROM users GROUP BY team HAVING count(*) > 1",
            "SELECT name, team, max(age) FROM users GROUP BY name, team",
            "SELECT team, group_concat(name) FROM users GROUP BY team",
            "SELECT age / 10, total(age) FROM users GROUP BY age / 10",
            "SELECT team, count(DISTINCT name) FROM users GROUP BY 1"});
}

TEST_F(Classes, TopK) {
    Follow({"SELECT id, age FROM users ORDER BY age DESC, id LIMIT 2",
            "SELECT * FROM users WHERE age IS NOT NULL ORDER BY age, id LIMIT 2 OFFSET 1",
            "SELECT name FROM users ORDER BY name, id LIMIT 3"});
}

TEST_F(Classes, DistinctUnionAndWindows) {
    Follow({"SELECT DISTINCT name FROM users", "SELECT DISTINCT team, age > 30 FROM users",
            "SELECT name FROM users UNION SELECT title FROM teams",
            "SELECT id FROM users UNION ALL SELECT id FROM teams",
            "SELECT team FROM users EXCEPT SELECT id FROM teams WHERE title = 'red'",
            "SELECT id, row_number() OVER (PARTITION BY team ORDER BY age, id) FROM users"});
}

TEST_F(Classes, SubSelectsAndCommonTables) {
    Follow({"SELECT name FROM users WHERE team IN (SELECT id FROM teams WHERE title <> 'red')",
            "SELECT title, (SELECT count(*) FROM users WHERE team = teams.id) FROM teams",
            "SELECT name FROM users WHERE EXISTS (SELECT 1 FROM tags WHERE user = users.id)",
            "WITH old AS (SELECT * FROM users WHERE age > 25) SELECT name FROM old WHERE team = 2",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i, "
            "(SELECT count(*) FROM users WHERE team = i) FROM n",
            "SELECT * FROM (SELECT team, avg(age) AS a FROM users GROUP BY team) WHERE a > 20"});
}

TEST_F(Classes, Views) {
    db.Must("CREATE VIEW grown AS SELECT id, name, team FROM users WHERE age >= 30");
    Follow({"SELECT * FROM grown", "SELECT name FROM grown WHERE team = 2",
            "SELECT t.title, g.name FROM teams t JOIN grown g ON g.team = t.id"});
}

TEST_F(Classes, EqualRowsAreCounted) {
    Follow({"SELECT name FROM users", "SELECT u.name FROM users u JOIN tags t ON t.user = u.id",
            "SELECT name FROM users UNION ALL SELECT name FROM users"});
}

TEST_F(Classes, AResultIsEvaluatedOnceForEveryoneAndOnlyWhenAffected) {
    Watcher other(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT count(*) FROM users WHERE team = 1").ok());
    ASSERT_TRUE(other.Subscribe(1, "SELECT count(*) FROM users WHERE team = 1").ok());
    Settle(db, watcher);
    Settle(db, other);
    const uint64_t before = db.live().stats().reevaluations;
    db.Must("INSERT INTO tags VALUES (5, 'q')");
    Settle(db, watcher);
    EXPECT_EQ(db.live().stats().reevaluations, before);
    db.Must("INSERT INTO users VALUES (50, 'x', 1, 1)");
    db.Must("INSERT INTO users VALUES (51, 'x', 1, 1)");
    Settle(db, watcher);
    Settle(db, other);
    // Both commits were there when it ran.
    EXPECT_LE(db.live().stats().reevaluations, before + 1);
    EXPECT_EQ(other[1].batches, watcher[1].batches);
}

}  // namespace
}  // namespace blasty::live
