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

TEST_F(SchemaChanges, ItCostsNothingForThoseItDoesNotConcern) {
    db.Must("CREATE VIEW grown AS SELECT * FROM users WHERE age > 25");
    for (uint64_t id = 10; id < 1010; ++id) {
        const std::string number = StrCat(id % 50);
        const std::string texts[] = {StrCat("SELECT * FROM users WHERE age = ", number),
                                     "SELECT name FROM users WHERE age > ?1 AND name = 'ged'",
                                     StrCat("SELECT name FROM users WHERE abs(age) = ", number),
                                     StrCat("SELECT count(*) FROM users WHERE age < ", number),
                                     StrCat("SELECT name FROM grown WHERE age < ", number)};
        tables::Row parameters;
        if (id % 5 == 1) parameters.emplace_back(static_cast<int64_t>(id));
        ASSERT_TRUE(watcher.Subscribe(id, texts[id % 5], parameters).ok());
    }
    Settle(db, watcher);
    const LiveStats before = db.live().stats();
    EXPECT_GT(before.placed, 200u);
    for (const char* sql :
         {"CREATE TABLE third(id INTEGER PRIMARY KEY, v)", "CREATE INDEX by_v ON third(v)",
          "ALTER TABLE third ADD COLUMN w", "CREATE VIEW thirds AS SELECT v FROM third",
          "DROP VIEW thirds", "DROP INDEX by_v", "DROP TABLE third",
          "CREATE TRIGGER after_other AFTER INSERT ON other BEGIN DELETE FROM other; END"})
        db.Must(sql);
    db.live().RunPending();
    const LiveStats after = db.live().stats();
    EXPECT_EQ(after.planned, before.planned);
    EXPECT_EQ(after.compiled, before.compiled);
    EXPECT_EQ(after.placed, before.placed);
    EXPECT_EQ(after.reevaluations, before.reevaluations);
    EXPECT_EQ(after.increments, before.increments);
    EXPECT_EQ(after.resets, before.resets);
    EXPECT_EQ(after.events, before.events);
    // An index of their table: only results that may be in another order are made again.
    db.Must("CREATE INDEX by_age ON users(age)");
    db.live().RunPending();
    const LiveStats indexed = db.live().stats();
    EXPECT_EQ(indexed.planned, before.planned);
    EXPECT_EQ(indexed.compiled, before.compiled);
    EXPECT_EQ(indexed.placed, before.placed);
    EXPECT_GT(indexed.reevaluations, before.reevaluations);
    // Everything is followed as before.
    db.Must("UPDATE users SET age = 7 WHERE id = 1");
    db.Must("INSERT INTO users VALUES (3, 'ged', 45), (4, 'eva', 12)");
    Settle(db, watcher);
    for (auto& [id, followed] : watcher.all()) EXPECT_TRUE(followed.resets.empty());
}

TEST_F(SchemaChanges, ATextWithTheNameOfANewTableGoesOnUnlessItMeansIt) {
    ASSERT_TRUE(watcher.Subscribe(4, "SELECT id AS third FROM users WHERE age > 1").ok());
    ASSERT_TRUE(watcher.Subscribe(5, "SELECT u.id, key FROM users u, json_each(u.name)").ok());
    ASSERT_TRUE(db.Try("UPDATE users SET name = '[1]'").ok());
    Settle(db, watcher);
    db.Must("CREATE TABLE third(id INTEGER PRIMARY KEY)");
    Settle(db, watcher);
    EXPECT_TRUE(watcher[4].resets.empty());
    EXPECT_TRUE(watcher[5].resets.empty());
    db.Must("CREATE TABLE json_each(id INTEGER PRIMARY KEY, key)");
    db.live().RunPending();
    watcher.Take();
    EXPECT_TRUE(watcher[4].resets.empty());
    EXPECT_EQ(watcher[5].resets.size(), 1u);
    EXPECT_NE(watcher[5].error, "") << "a table is no function";
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
