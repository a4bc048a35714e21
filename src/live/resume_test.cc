// Resuming: after a disconnect, a restart, in the middle of a commit, behind the window; and when
// it is impossible.
#include <gtest/gtest.h>

#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

// Of every class: what resuming must give back.
const std::vector<std::string>& Queries() {
    static const std::vector<std::string> queries = {
        "SELECT * FROM users WHERE team = 1",
        "SELECT id, upper(name) FROM users WHERE age > 25 OR name = 'ged'",
        "SELECT u.name, t.title FROM users u JOIN teams t ON t.id = u.team",
        "SELECT t.title, u.name FROM teams t LEFT JOIN users u ON t.id = u.team AND u.age > 20",
        "SELECT team, count(*), sum(age), avg(age) FROM users GROUP BY team HAVING count(*) > 0",
        "SELECT count(*), max(age) FROM users",
        "SELECT DISTINCT name FROM users",
        "SELECT name FROM users",
        "SELECT id, age FROM users ORDER BY age DESC, id LIMIT 2",
        "SELECT name FROM users UNION SELECT title FROM teams",
        "WITH old AS (SELECT * FROM users WHERE age > 25) SELECT count(*) FROM old",
        "SELECT name FROM users WHERE team IN (SELECT id FROM teams WHERE title <> 'red')",
        "SELECT id, rank() OVER (ORDER BY age) FROM users",
    };
    return queries;
}

class Resuming : public ::testing::Test {
  protected:
    void SetUp() override { Fill(); }
    void Fill() {
        db.Must("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INTEGER, team INTEGER)");
        db.Must("CREATE TABLE teams(id INTEGER PRIMARY KEY, title TEXT)");
        db.Must("INSERT INTO teams VALUES (1, 'red'), (2, 'blue'), (3, 'green')");
        db.Must("INSERT INTO users VALUES (1,'ged',20,1), (2,'ann',30,2), (3,'ged',40,1)");
    }
    void SubscribeAll(Watcher& watcher) {
        for (size_t i = 0; i < Queries().size(); ++i)
            ASSERT_TRUE(watcher.Subscribe(i + 1, Queries()[i]).ok());
    }
    void ChangeThings() {
        db.Must("INSERT INTO users VALUES (4,'eva',50,3), (5,'ged',60,2)");
        db.Must("UPDATE users SET age = age + 1, team = 3 WHERE id IN (1, 2)");
        db.Must("DELETE FROM users WHERE id = 3");
        db.Must("UPDATE teams SET title = 'pink' WHERE id = 3");
        db.Must("INSERT INTO users VALUES (3,'ged',41,1)");
    }
    TestLive db;
};

TEST_F(Resuming, GoesOnAfterADisconnect) {
    Watcher watcher(db.live());
    SubscribeAll(watcher);
    Settle(db, watcher);
    for (size_t i = 0; i < Queries().size(); ++i) watcher.session().Unsubscribe(i + 1);
    ChangeThings();
    db.live().RunPending();
    for (size_t i = 0; i < Queries().size(); ++i) watcher.Reconnect(i + 1);
    Settle(db, watcher);
    for (auto& [id, followed] : watcher.all()) EXPECT_TRUE(followed.resets.empty()) << id;
}

TEST_F(Resuming, GoesOnAfterARestart) {
    auto watcher = std::make_unique<Watcher>(db.live());
    SubscribeAll(*watcher);
    Settle(db, *watcher);
    ChangeThings();
    const std::map<uint64_t, Followed> known = watcher->all();
    watcher.reset();
    db.Shut();
    db.Open();
    db.Must("UPDATE users SET name = 'ged' WHERE id = 2");
    Watcher again(db.live());
    again.all() = known;
    for (size_t i = 0; i < Queries().size(); ++i) again.Reconnect(i + 1);
    Settle(db, again);
    for (auto& [id, followed] : again.all())
        EXPECT_TRUE(followed.resets.empty()) << followed.query.sql;
    db.Must("DELETE FROM users WHERE team = 3");
    Settle(db, again);
}

TEST_F(Resuming, InTheMiddleOfACommit) {
    Watcher watcher(db.live());
    SubscribeAll(watcher);
    Settle(db, watcher);
    const std::map<uint64_t, Followed> before = watcher.all();
    ChangeThings();
    db.Must("UPDATE users SET name = name || 'x', team = 1 + (id % 3), age = 100 - age");
    db.Must("DELETE FROM users WHERE id = 1");
    db.live().RunPending();
    // Every batch is cut after every event; the rest comes from the token.
    std::vector<Session::Fetched> fetched;
    watcher.session().Fetch(1 << 20, &fetched);
    std::map<uint64_t, Followed> at = before;
    for (const Session::Fetched& one : fetched) {
        for (size_t cut = 1; cut < one.batch->events.size(); ++cut) {
            Followed partly = at[one.subscription];
            for (size_t i = 0; i < cut; ++i) partly.ApplyEvent(one.batch->events[i]);
            partly.token = TokenAfter(*one.batch, cut - 1);
            partly.sequence = one.batch->base;
            Watcher again(db.live());
            again[one.subscription] = partly;
            again.Reconnect(one.subscription);
            Settle(db, again);
            EXPECT_TRUE(again[one.subscription].resets.empty());
        }
        at[one.subscription].Apply(*one.batch, one.skip);
    }
}

TEST_F(Resuming, InTheMiddleOfACommitAfterARestart) {
    auto watcher = std::make_unique<Watcher>(db.live());
    SubscribeAll(*watcher);
    Settle(db, *watcher);
    std::map<uint64_t, Followed> known = watcher->all();
    db.Must("UPDATE users SET name = name || 'x', team = 1 + (id % 3), age = 100 - age");
    db.live().RunPending();
    std::vector<Session::Fetched> fetched;
    watcher->session().Fetch(1 << 20, &fetched);
    for (const Session::Fetched& one : fetched) {
        Followed& followed = known[one.subscription];
        followed.ApplyEvent(one.batch->events.front());
        followed.token = TokenAfter(*one.batch, 0);
        followed.sequence = one.batch->base;
    }
    watcher.reset();
    db.Must("DELETE FROM users WHERE id = 1");
    db.Shut();
    db.Open();
    Watcher again(db.live());
    again.all() = known;
    for (size_t i = 0; i < Queries().size(); ++i) again.Reconnect(i + 1);
    Settle(db, again);
    for (auto& [id, followed] : again.all())
        EXPECT_TRUE(followed.resets.empty()) << followed.query.sql;
}

TEST_F(Resuming, ATokenOfAnotherDatabaseResets) {
    Watcher watcher(db.live());
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT * FROM users WHERE id > 0", {}, Options().From("main:99999"))
            .ok());
    ASSERT_TRUE(
        watcher.Subscribe(2, "SELECT count(*) FROM users", {}, Options().From("main:99990-99999.1"))
            .ok());
    Settle(db, watcher);
    EXPECT_EQ(Join(watcher[1].resets), "TOKEN_AHEAD");
    EXPECT_EQ(Join(watcher[2].resets), "TOKEN_AHEAD");
}

TEST_F(Resuming, ABadTokenIsAnError) {
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users", {}, Options().From("yesterday")).ok());
    watcher.Take();
    EXPECT_EQ(watcher[1].error, "INVALID_TOKEN");
}

TEST_F(Resuming, AcrossASchemaChangeResets) {
    Watcher watcher(db.live());
    SubscribeAll(watcher);
    Settle(db, watcher);
    for (size_t i = 0; i < Queries().size(); ++i) watcher.session().Unsubscribe(i + 1);
    db.Must("ALTER TABLE users ADD COLUMN mail TEXT");
    db.Must("UPDATE users SET mail = 'x' WHERE id = 1");
    for (size_t i = 0; i < Queries().size(); ++i) watcher.Reconnect(i + 1);
    Settle(db, watcher);
    for (auto& [id, followed] : watcher.all())
        EXPECT_EQ(Join(followed.resets), "SCHEMA_CHANGED") << followed.query.sql;
}

TEST_F(Resuming, BeforeTheTableWasMadeResets) {
    db.Must("CREATE TABLE fresh(id INTEGER PRIMARY KEY)");
    db.Must("INSERT INTO fresh VALUES (1)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM fresh", {}, Options().From("main:1")).ok());
    Settle(db, watcher);
    EXPECT_EQ(Join(watcher[1].resets), "SCHEMA_CHANGED");
}

TEST_F(Resuming, MoreThanIsWorthReplayingResets) {
    LiveOptions options;
    options.replay_changes_max = 10;
    TestLive small(options);
    small.Must("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    Watcher watcher(small.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM t").ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT count(*) FROM t").ok());
    Settle(small, watcher);
    watcher.session().Unsubscribe(1);
    watcher.session().Unsubscribe(2);
    small.live().RunPending();
    small.clock().Advance(60'000'000);
    small.live().RunPending();
    for (int i = 0; i < 20; ++i) small.Must("INSERT INTO t DEFAULT VALUES");
    watcher.Reconnect(1);
    watcher.Reconnect(2);
    Settle(small, watcher);
    EXPECT_EQ(Join(watcher[1].resets), "HISTORY_TOO_LONG");
    EXPECT_EQ(Join(watcher[2].resets), "HISTORY_TOO_LONG");
}

TEST_F(Resuming, AfterHistoryIsGoneResets) {
    db.Must("CREATE TABLE big(id INTEGER PRIMARY KEY, v BLOB)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT id FROM big WHERE id > 0").ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT count(*) FROM big").ok());
    Settle(db, watcher);
    for (uint64_t id = 1; id <= 2; ++id) watcher.session().Unsubscribe(id);
    db.live().RunPending();
    db.clock().Advance(60'000'000);
    for (int i = 0; i < 40; ++i) db.Must("INSERT INTO big(v) VALUES (zeroblob(65536))");
    ASSERT_TRUE(db.tables().Checkpoint().ok());
    db.live().RunPending();
    ASSERT_TRUE(db.log().RemoveBefore(db.tables().applied()).ok());
    for (uint64_t id = 1; id <= 2; ++id) watcher.Reconnect(id);
    Settle(db, watcher);
    EXPECT_EQ(Join(watcher[1].resets), "HISTORY_GONE");
    EXPECT_EQ(Join(watcher[2].resets), "HISTORY_GONE");
}

TEST_F(Resuming, ASlowReaderFallsBackToTheLogAndLosesNothing) {
    LiveOptions options;
    options.window_bytes_max = 20'000;
    TestLive small(options);
    small.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    Watcher slow(small.live()), fast(small.live());
    for (uint64_t id = 1; id <= 2; ++id) {
        const std::string sql =
            id == 1 ? "SELECT * FROM t" : "SELECT v, count(*) FROM t GROUP BY v";
        ASSERT_TRUE(slow.Subscribe(id, sql).ok());
        ASSERT_TRUE(fast.Subscribe(id, sql).ok());
    }
    Settle(small, slow);
    Settle(small, fast);
    for (int i = 0; i < 300; ++i) {
        small.Must(StrCat("INSERT INTO t VALUES (", i, ", 'v", i % 7, "')"));
        if (i % 3 == 0) small.Must(StrCat("DELETE FROM t WHERE id = ", i / 2));
        small.live().RunPending();
        fast.Take();
    }
    EXPECT_EQ(small.live().stats().fallbacks, 0u);
    EXPECT_LE(small.live().stats().window_bytes, options.window_bytes_max);
    Settle(small, slow);
    Settle(small, fast);
    EXPECT_EQ(small.live().stats().fallbacks, 2u);
    EXPECT_TRUE(slow[1].resets.empty());
    EXPECT_TRUE(slow[2].resets.empty());
    EXPECT_TRUE(slow[1].error.empty());
}

TEST_F(Resuming, InTheMiddleOfACommitAndThenBehindTheWindow) {
    LiveOptions options;
    options.window_bytes_max = 20'000;
    TestLive small(options);
    small.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    for (const char* sql : {"SELECT * FROM t", "SELECT v, count(*) FROM t GROUP BY v"}) {
        small.Must("DELETE FROM t");
        Watcher first(small.live());
        ASSERT_TRUE(first.Subscribe(1, sql).ok());
        Settle(small, first);
        small.Must("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
        small.live().RunPending();
        std::vector<Session::Fetched> fetched;
        first.session().Fetch(1 << 20, &fetched);
        ASSERT_EQ(fetched.size(), 1u);
        Followed partly = first[1];
        partly.ApplyEvent(fetched[0].batch->events[0]);
        partly.token = TokenAfter(*fetched[0].batch, 0);
        partly.sequence = fetched[0].batch->base;
        // Resumed from the window, and overtaken before the first fetch.
        Watcher again(small.live());
        again[1] = partly;
        again.Reconnect(1);
        small.live().RunPending();
        const uint64_t fallbacks = small.live().stats().fallbacks;
        for (int i = 10; i < 300; ++i) {
            small.Must(StrCat("INSERT INTO t VALUES (", i, ", 'v", i % 7, "')"));
            small.live().RunPending();
            first.Take();
        }
        Settle(small, again);
        EXPECT_GT(small.live().stats().fallbacks, fallbacks) << sql;
        EXPECT_TRUE(again[1].resets.empty()) << sql;
    }
}

TEST_F(Resuming, ALongReplayComesInPiecesOfTheBuffersSize) {
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM users", {}, Options().Buffer(2000)).ok());
    Settle(db, watcher);
    watcher.session().Unsubscribe(1);
    db.live().RunPending();
    db.clock().Advance(60'000'000);
    db.live().RunPending();
    for (int i = 10; i < 60; ++i) db.Must(StrCat("INSERT INTO users VALUES (", i, ", 'x', 1, 1)"));
    watcher.Reconnect(1, Options().Buffer(2000));
    for (int i = 0; i < 60 && watcher[1].rows.size() < 53; ++i) {
        db.live().RunPending();
        watcher.Take();
    }
    Settle(db, watcher);
    EXPECT_GE(db.live().stats().fallbacks, 3u);
    EXPECT_TRUE(watcher[1].resets.empty());
}

}  // namespace
}  // namespace blasty::live
