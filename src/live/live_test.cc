// Filters: the contract of a subscription, event by event.
#include "live/live.h"

#include <gtest/gtest.h>

#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

constexpr char kUsers[] = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER)";

class Filters : public ::testing::Test {
  protected:
    void SetUp() override {
        db.Must(kUsers);
        db.Must("INSERT INTO users VALUES (1, 'ged', 20), (2, 'ann', 30), (3, 'ged', 40)");
    }
    TestLive db;
    Watcher watcher{db.live()};
};

TEST_F(Filters, SnapshotThenReady) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE name = 'ged'").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "row 1,ged,20|row 3,ged,40|ready");
    EXPECT_EQ(watcher[1].sequence, db.tables().applied());
    EXPECT_EQ(Join(watcher[1].columns), "id|name|age");
    EXPECT_GE(watcher.wakes(), 1u);
}

TEST_F(Filters, EnterChangeAndLeaveOnUpdateAndDelete) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT id, age FROM users WHERE name = ?1", {T("ged")}).ok());
    Settle(db, watcher);
    watcher[1].TakeTrace();
    db.Must("INSERT INTO users VALUES (4, 'ged', 50), (5, 'eva', 50)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "enter 4,50");
    db.Must("UPDATE users SET name = 'ged' WHERE id = 5");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "enter 5,50");
    db.Must("UPDATE users SET age = 51 WHERE id = 5");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "change 5,51");
    db.Must("UPDATE users SET name = 'bob' WHERE id = 5");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "leave [5]");
    db.Must("DELETE FROM users WHERE id IN (1, 2)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "leave [1]");
}

TEST_F(Filters, ACommitArrivesWhole) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE age > 25").ok());
    Settle(db, watcher);
    const size_t before = watcher[1].batches;
    db.Must("UPDATE users SET age = age + 10");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].batches, before + 1);
}

TEST_F(Filters, AChangeOutsideOfTheProjectionIsNone) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT name FROM users WHERE id < 10").ok());
    Settle(db, watcher);
    watcher[1].TakeTrace();
    db.Must("UPDATE users SET age = 99");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "");
}

TEST_F(Filters, AChangedKeyLeavesAndEnters) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE name = 'ann'").ok());
    Settle(db, watcher);
    watcher[1].TakeTrace();
    db.Must("UPDATE users SET id = 20 WHERE id = 2");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].rows.size(), 1u);
}

TEST_F(Filters, NoGapBetweenSnapshotAndStream) {
    // A commit at every place between the steps of a start.
    for (int step = 0; step < 4; ++step) {
        const auto id = static_cast<uint64_t>(step + 1);
        if (step == 0) db.Must("INSERT INTO users(name, age) VALUES ('ged', 1)");
        ASSERT_TRUE(watcher.Subscribe(id, "SELECT * FROM users WHERE name = 'ged'").ok());
        if (step == 1) db.Must("INSERT INTO users(name, age) VALUES ('ged', 2)");
        db.live().RunPending();
        if (step == 2) db.Must("INSERT INTO users(name, age) VALUES ('ged', 3)");
        watcher.Take();
        if (step == 3) db.Must("DELETE FROM users WHERE age < 3");
        Settle(db, watcher);
    }
}

TEST_F(Filters, OldValuesWhenAskedFor) {
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT id, age FROM users WHERE age < 100", {}, Options().OldValues())
            .ok());
    Settle(db, watcher);
    watcher[1].TakeTrace();
    db.Must("UPDATE users SET age = 21 WHERE id = 1");
    db.Must("DELETE FROM users WHERE id = 1");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "change 1,20 to 1,21|leave 1,21");
}

TEST_F(Filters, IdenticalOnesShareAFeed) {
    Watcher other(db.live());
    for (uint64_t id = 1; id <= 3; ++id) {
        ASSERT_TRUE(watcher.Subscribe(id, "SELECT * FROM users WHERE age > ?", {int64_t{1}}).ok());
        ASSERT_TRUE(other.Subscribe(id, "SELECT * FROM users WHERE age > ?", {int64_t{1}}).ok());
    }
    Settle(db, watcher);
    EXPECT_EQ(db.live().stats().feeds, 1u);
    EXPECT_EQ(db.live().stats().subscriptions, 6u);
    db.Must("INSERT INTO users VALUES (9, 'x', 9)");
    db.live().RunPending();
    std::vector<Session::Fetched> a, b;
    watcher.session().Fetch(1 << 20, &a);
    other.session().Fetch(1 << 20, &b);
    EXPECT_EQ(a.back().batch.get(), b.back().batch.get());
}

TEST_F(Filters, UnsubscribedIsSilentAndForgotten) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users WHERE age > 0").ok());
    Settle(db, watcher);
    db.Must("INSERT INTO users VALUES (9, 'x', 9)");
    db.live().RunPending();
    watcher.Unsubscribe(1);
    watcher.Take();
    watcher.Unsubscribe(77);
    db.live().RunPending();
    db.clock().Advance(10'000'000);
    db.live().RunPending();
    EXPECT_EQ(db.live().stats().feeds, 0u);
    EXPECT_EQ(db.live().stats().subscriptions, 0u);
    EXPECT_EQ(db.live().stats().window_bytes, 0u);
}

TEST_F(Filters, AnIdInUseIsRefused) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users").ok());
    EXPECT_EQ(ReasonOf(watcher.session().Subscribe(1, {})), "ID_IN_USE");
}

TEST_F(Filters, RefusedQueriesEndWithAnError) {
    const std::vector<std::pair<std::string, std::string>> refused = {
        {"SELECT * FROM nobody", "SQL_ERROR"},
        {"SELEC", "LIVE_REFUSED"},
        {"DELETE FROM users", "LIVE_REFUSED"},
        {"SELECT * FROM main.users", "LIVE_REFUSED"},
        {"SELECT random() FROM users", "LIVE_REFUSED"},
    };
    uint64_t id = 0;
    for (const auto& [sql, reason] : refused) {
        ASSERT_TRUE(watcher.Subscribe(++id, sql).ok());
        Settle(db, watcher);
        EXPECT_EQ(watcher[id].error, reason) << sql << ": " << watcher[id].error_message;
    }
    ASSERT_TRUE(
        watcher.Subscribe(++id, "SELECT * FROM users WHERE id = ?1 AND age = ?2", {T("x")}).ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[id].error, "SQL_ERROR");
    // The ids are free again.
    EXPECT_TRUE(watcher.Subscribe(1, "SELECT * FROM users").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].rows.size(), 3u);
}

TEST_F(Filters, ErrorsOfEvaluationEndTheSubscription) {
    db.Must("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT)");
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT id FROM notes WHERE json_extract(body, '$.a') = 1").ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT id FROM notes").ok());
    Settle(db, watcher);
    db.Must("INSERT INTO notes VALUES (1, '{\"a\":1}')");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].rows.size(), 1u);
    db.Must("INSERT INTO notes VALUES (2, 'no json')");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "SQL_ERROR");
    EXPECT_EQ(watcher[2].rows.size(), 2u);
    EXPECT_TRUE(db.live().health().ok());
}

TEST_F(Filters, CollationsNullsAndMixedTypes) {
    db.Must("CREATE TABLE things(k TEXT COLLATE NOCASE, n, PRIMARY KEY(k, n))");
    const std::vector<std::string> queries = {
        "SELECT * FROM things WHERE k = 'A'",
        "SELECT * FROM things WHERE n = 1",
        "SELECT * FROM things WHERE n IS NULL OR n > 'a'",
        "SELECT * FROM things WHERE n BETWEEN 0 AND 2",
        "SELECT * FROM things WHERE k IN ('a', 'b') AND n <> 3",
        "SELECT * FROM things WHERE k LIKE 'a%'",
        "SELECT * FROM things WHERE length(k) = 1",
        "SELECT n + 1, upper(k) FROM things WHERE NOT (n < 2)",
    };
    for (size_t i = 0; i < queries.size(); ++i)
        ASSERT_TRUE(watcher.Subscribe(i + 1, queries[i]).ok());
    Settle(db, watcher);
    db.Must(
        "INSERT INTO things VALUES ('a', 1), ('B', 1.0), ('ab', '1'), ('c', x'01'), ('d', 2.5)");
    Settle(db, watcher);
    db.Must("UPDATE things SET k = 'A' WHERE k = 'a'");
    Settle(db, watcher);
    db.Must("UPDATE things SET n = n || 'z' WHERE n = 1");
    Settle(db, watcher);
    db.Must("DELETE FROM things WHERE k > 'b'");
    Settle(db, watcher);
}

TEST_F(Filters, ProgressWhenNothingHappens) {
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT * FROM users WHERE id = 1", {}, Options().Progress()).ok());
    Settle(db, watcher);
    watcher[1].TakeTrace();
    db.Must("INSERT INTO users VALUES (9, 'x', 9)");
    db.clock().Advance(2'000'000);
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "progress");
    EXPECT_EQ(watcher[1].token, StrCat("main:", db.tables().applied().value()));
}

TEST_F(Filters, AResumeThatFindsNothingNewIsToldSo) {
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT * FROM users WHERE id = 1", {}, Options().Progress()).ok());
    Settle(db, watcher);
    const std::string token = watcher[1].token;
    watcher[1].TakeTrace();
    watcher.Reconnect(1, Options().Progress());  // with its token
    Settle(db, watcher);
    db.clock().Advance(2'000'000);
    Settle(db, watcher);
    db.clock().Advance(2'000'000);
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "progress");  // once
    EXPECT_EQ(watcher[1].token, token);
}

TEST_F(Filters, AtLeastAheadOfTheLogIsAnError) {
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users", {}, Options().AtLeast(1'000'000)).ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "SEQUENCE_AHEAD");
}

TEST(Tokens, ComeBackAsTheyWere) {
    EXPECT_EQ(FormatToken({Sequence(5), Sequence(5), 0}), "main:5");
    EXPECT_EQ(FormatToken({Sequence(5), Sequence(9), 2}), "main:5-9.2");
    for (const std::string token : {"main:0", "main:5", "main:5-9.2"})
        EXPECT_EQ(FormatToken(ParseToken(token).value()), token);
    for (const std::string bad :
         {"", "main", "main:", "main:x", "main:5-", "main:5-4.1", "main:5-9", "main:5-9.0",
          "main:5-9.2x", "other:5", "main:99999999999999999999", "main:-1"})
        EXPECT_EQ(ReasonOf(ParseToken(bad).status()), "INVALID_TOKEN") << bad;
}

}  // namespace
}  // namespace blasty::live
