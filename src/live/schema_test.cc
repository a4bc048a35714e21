// Schema changes under running subscriptions: never a wrong row.
#include <gtest/gtest.h>

#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

class SchemaChanges : public ::testing::Test {
  protected:
    void SetUp() override {
        db.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)");
        db.Must("CREATE TABLE other(id INTEGER PRIMARY KEY)");
        db.Must("INSERT INTO users VALUES (1, 'ged', 20), (2, 'ann', 30)");
        ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE age > 0").ok());
        ASSERT_TRUE(watcher.Subscribe(2, "SELECT count(*), max(age) FROM users").ok());
        ASSERT_TRUE(watcher.Subscribe(3, "SELECT * FROM other WHERE id > 0").ok());
        Settle(db, watcher);
        for (auto& [id, followed] : watcher.all()) followed.TakeTrace();
    }
    TestLive db;
    Watcher watcher{db.live()};
};

TEST_F(SchemaChanges, AColumnMoreResetsThoseThatReadTheTable) {
    db.Must("ALTER TABLE users ADD COLUMN mail TEXT DEFAULT 'none'");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(),
              "reset SCHEMA_CHANGED|row 1,ged,20,none|row 2,ann,30,none|ready");
    EXPECT_EQ(Join(watcher[1].columns), "id|name|age|mail");
    EXPECT_EQ(watcher[2].TakeTrace(), "reset SCHEMA_CHANGED|row 2,30|ready");
    EXPECT_EQ(watcher[3].TakeTrace(), "");
    db.Must("INSERT INTO users VALUES (3, 'eva', 40, 'x')");
    db.Must("INSERT INTO other VALUES (7)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "enter 3,eva,40,x");
    EXPECT_EQ(watcher[3].TakeTrace(), "enter 7");
}

TEST_F(SchemaChanges, ADroppedTableEndsItsSubscriptions) {
    db.Must("DROP TABLE users");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "reset SCHEMA_CHANGED|error SQL_ERROR");
    EXPECT_EQ(watcher[2].error, "SQL_ERROR");
    EXPECT_TRUE(watcher[3].error.empty());
    db.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, x)");
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE x > 0").ok());
    db.Must("INSERT INTO users VALUES (1, 1)");
    Settle(db, watcher);
}

TEST_F(SchemaChanges, ADroppedColumnThatIsReadEndsIt) {
    db.Must("ALTER TABLE users DROP COLUMN age");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "SQL_ERROR");
    EXPECT_EQ(watcher[2].error, "SQL_ERROR");
}

TEST_F(SchemaChanges, ARenamedTableEndsIt) {
    db.Must("ALTER TABLE users RENAME TO people");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "SQL_ERROR");
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM people WHERE age > 0").ok());
    db.Must("UPDATE people SET age = 0 WHERE id = 1");
    Settle(db, watcher);
}

TEST_F(SchemaChanges, IndexesAndOtherTablesDisturbNobody) {
    db.Must("CREATE INDEX by_age ON users(age)");
    db.Must("CREATE TABLE third(id INTEGER PRIMARY KEY)");
    db.Must("INSERT INTO users VALUES (3, 'eva', 40)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "enter 3,eva,40");
    EXPECT_EQ(watcher[2].TakeTrace(), "change 3,40");
    ASSERT_TRUE(watcher.Subscribe(4, "SELECT * FROM third WHERE id > 0").ok());
    db.Must("INSERT INTO third VALUES (1)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[4].rows.size(), 1u);
}

TEST_F(SchemaChanges, AViewThatChangesResetsItsReaders) {
    db.Must("CREATE VIEW grown AS SELECT * FROM users WHERE age > 25");
    ASSERT_TRUE(watcher.Subscribe(4, "SELECT name FROM grown").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[4].rows.size(), 1u);
    db.Must("DROP VIEW grown");
    Settle(db, watcher);
    EXPECT_EQ(watcher[4].error, "SQL_ERROR");
    EXPECT_TRUE(watcher[1].resets.empty());
}

TEST_F(SchemaChanges, BetweenCommitsThatAreFollowedTogether) {
    ASSERT_TRUE(db.Try("INSERT INTO users VALUES (3, 'eva', 40)").ok());
    ASSERT_TRUE(db.Try("ALTER TABLE users ADD COLUMN mail TEXT").ok());
    ASSERT_TRUE(db.Try("INSERT INTO users VALUES (4, 'bob', 50, 'm')").ok());
    ASSERT_TRUE(db.Try("ALTER TABLE users ADD COLUMN phone TEXT").ok());
    ASSERT_TRUE(db.Try("UPDATE users SET phone = 'p', age = age + 1").ok());
    Settle(db, watcher);
    EXPECT_GE(watcher[1].resets.size(), 1u);
}

TEST_F(SchemaChanges, WhileASubscriptionStarts) {
    ASSERT_TRUE(watcher.Subscribe(4, "SELECT id, name FROM users WHERE age > 1").ok());
    ASSERT_TRUE(watcher.Subscribe(5, "SELECT sum(age) FROM users").ok());
    ASSERT_TRUE(db.Try("ALTER TABLE users ADD COLUMN mail TEXT").ok());
    Settle(db, watcher);
    db.Must("DELETE FROM users WHERE id = 1");
    Settle(db, watcher);
}

}  // namespace
}  // namespace blasty::live
