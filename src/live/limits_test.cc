// Limits, coalescing and rate, sharing out a Fetch.
#include <gtest/gtest.h>

#include "live/coalesce.h"
#include "live/internal/test_live.h"

namespace blasty::live {
namespace {

TEST(Limits, RowsMaxEndsASubscription) {
    TestLive db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db.Must("INSERT INTO t VALUES (1, 1), (2, 2)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM t", {}, Options().RowsMax(1)).ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT DISTINCT v FROM t", {}, Options().RowsMax(1)).ok());
    ASSERT_TRUE(watcher.Subscribe(3, "SELECT DISTINCT v FROM t", {}, Options().RowsMax(2)).ok());
    ASSERT_TRUE(watcher.Subscribe(4, "SELECT DISTINCT v FROM t").ok());
    ASSERT_TRUE(watcher.Subscribe(5, "SELECT * FROM t WHERE v > 0", {}, Options().RowsMax(2)).ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "LIVE_LIMIT");
    EXPECT_EQ(watcher[2].error, "LIVE_LIMIT");
    EXPECT_EQ(watcher[3].error, "");
    db.Must("INSERT INTO t VALUES (3, 3)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[3].error, "LIVE_LIMIT");
    EXPECT_EQ(watcher[4].error, "");
    EXPECT_EQ(watcher[5].error, "LIVE_LIMIT");
}

TEST(Limits, HeldResultsAreBounded) {
    LiveOptions options;
    options.result_rows_max = 3;
    TestLive db(options);
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT DISTINCT v FROM t").ok());
    Settle(db, watcher);
    db.Must("INSERT INTO t(v) VALUES (1), (2), (3), (4)");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "LIVE_LIMIT");
    // Filters hold nothing.
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT * FROM t WHERE v > 0").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[2].rows.size(), 4u);
    EXPECT_EQ(db.live().stats().feeds, 1u);
}

TEST(Limits, Subscriptions) {
    LiveOptions options;
    options.subscriptions_max = 2;
    TestLive db(options);
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    Watcher watcher(db.live());
    for (uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(watcher.Subscribe(id, "SELECT * FROM t").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[3].error, "LIVE_LIMIT");
    watcher.Unsubscribe(1);
    ASSERT_TRUE(watcher.Subscribe(3, "SELECT * FROM t").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[3].error, "");
}

TEST(Limits, TemplatesAndResiduals) {
    LiveOptions options;
    options.residuals_max = 1;
    TestLive db(options);
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM t WHERE v LIKE '%a%'").ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT * FROM t WHERE v LIKE '%b%'").ok());
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].error, "");
    EXPECT_EQ(watcher[2].error, "LIVE_LIMIT");
}

TEST(Coalescing, TheLastValueWinsAndChangesAreCounted) {
    TestLive db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db.Must("INSERT INTO t VALUES (1, 0), (2, 0)");
    Watcher watcher(db.live());
    ASSERT_TRUE(
        watcher.Subscribe(1, "SELECT * FROM t WHERE v >= 0", {}, Options().Every(100'000)).ok());
    ASSERT_TRUE(watcher.Subscribe(2, "SELECT sum(v) FROM t", {}, Options().Every(100'000)).ok());
    db.live().RunPending();
    watcher.Take();
    db.clock().Advance(100'000);
    for (int i = 1; i <= 10; ++i) {
        db.Must(StrCat("UPDATE t SET v = ", i, " WHERE id = 1"));
        db.Must(StrCat("INSERT INTO t VALUES (", 10 + i, ", 1)"));
        db.Must(StrCat("DELETE FROM t WHERE id = ", 10 + i));
        db.live().RunPending();
        watcher.Take();
    }
    // The first at once, the others wait.
    EXPECT_EQ(watcher[1].rows.begin()->second, watcher[1].Rows().front());
    const size_t batches = watcher[1].batches;
    watcher[1].TakeTrace();
    db.clock().Advance(100'000);
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].batches, batches + 1);
    EXPECT_EQ(watcher[1].TakeTrace(), "change 1,1 to 1,10");
    EXPECT_EQ(watcher[1].merged, 8u);
    EXPECT_EQ(watcher[2].rows.size(), 1u);
    // Quiet again: the next one need not wait.
    db.clock().Advance(100'000);
    db.Must("DELETE FROM t WHERE id = 1");
    Settle(db, watcher);
    EXPECT_EQ(watcher[1].TakeTrace(), "leave 1,10");
}

// Resumed without coalescing: the merged events are the same ones all the same.
TEST(Coalescing, ResumesInTheMiddleOfMergedEvents) {
    TestLive db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db.Must("INSERT INTO t VALUES (7, 7)");
    Watcher watcher(db.live());
    ASSERT_TRUE(watcher.Subscribe(1, "SELECT * FROM t", {}, Options().Every(100'000)).ok());
    ASSERT_TRUE(
        watcher.Subscribe(2, "SELECT v, count(*) FROM t GROUP BY v", {}, Options().Every(100'000))
            .ok());
    db.live().RunPending();
    watcher.Take();
    for (const char* sql : {"INSERT INTO t VALUES (1, 1), (2, 2)", "INSERT INTO t VALUES (3, 3)",
                            "UPDATE t SET v = 8 WHERE id = 7", "UPDATE t SET v = 9 WHERE id = 1",
                            "UPDATE t SET v = 7 WHERE id = 7"}) {
        db.Must(sql);
        db.live().RunPending();
    }
    db.clock().Advance(200'000);
    db.live().RunPending();
    std::vector<Session::Fetched> fetched;
    watcher.session().Fetch(1 << 20, &fetched);
    ASSERT_EQ(fetched.size(), 2u);
    for (const Session::Fetched& one : fetched) {
        ASSERT_EQ(one.batch->events.size(), 3u);
        for (size_t cut = 1; cut < 3; ++cut) {
            Watcher again(db.live());
            Followed& followed = again[one.subscription];
            followed = watcher[one.subscription];
            for (size_t i = 0; i < cut; ++i) followed.ApplyEvent(one.batch->events[i]);
            followed.token = TokenAfter(*one.batch, cut - 1);
            followed.sequence = one.batch->base;
            again.Reconnect(one.subscription);
            Settle(db, again);
            EXPECT_TRUE(followed.resets.empty());
        }
    }
}

EventBatchPtr Batch(uint64_t base, std::vector<Event> events) {
    auto batch = std::make_shared<EventBatch>();
    batch->base = Sequence(base);
    batch->sequence = Sequence(base + 1);
    batch->events = std::move(events);
    return batch;
}

Event Made(EventKind kind, std::string key, std::string row, std::string old_row = "") {
    Event event;
    event.kind = kind;
    event.key = std::move(key);
    event.row = std::move(row);
    event.old_row = std::move(old_row);
    return event;
}

TEST(Coalescing, MergesByKey) {
    const EventBatchPtr merged = Coalesce(
        {Batch(1, {Made(EventKind::kEnter, "a", "1"), Made(EventKind::kLeave, "b", "", "b0"),
                   Made(EventKind::kChange, "c", "c1", "c0")}),
         Batch(2, {Made(EventKind::kLeave, "a", "", "1"), Made(EventKind::kEnter, "b", "b2")}),
         Batch(3, {Made(EventKind::kLeave, "c", "", "c1"), Made(EventKind::kEnter, "d", "d1"),
                   Made(EventKind::kChange, "d", "d2", "d1")})});
    EXPECT_EQ(merged->base, Sequence(1));
    EXPECT_EQ(merged->sequence, Sequence(4));
    ASSERT_EQ(merged->events.size(), 3u);
    EXPECT_EQ(merged->events[0].kind, EventKind::kChange);
    EXPECT_EQ(merged->events[0].key, "b");
    EXPECT_EQ(merged->events[0].row, "b2");
    EXPECT_EQ(merged->events[0].old_row, "b0");
    EXPECT_EQ(merged->events[1].kind, EventKind::kLeave);
    EXPECT_EQ(merged->events[1].old_row, "c0");
    EXPECT_EQ(merged->events[1].merged, 1u);
    EXPECT_EQ(merged->events[2].kind, EventKind::kEnter);
    EXPECT_EQ(merged->events[2].row, "d2");
}

TEST(Fetching, IsFairAndBounded) {
    TestLive db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
    for (int i = 0; i < 20; ++i)
        db.Must("INSERT INTO t(v) VALUES (?)", {T(std::string(20'000, 'x'))});
    Watcher watcher(db.live());
    for (uint64_t id = 1; id <= 4; ++id)
        ASSERT_TRUE(watcher.Subscribe(id, StrCat("SELECT *, ", id, " FROM t")).ok());
    db.live().RunPending();
    std::map<uint64_t, size_t> bytes;
    for (int round = 0; round < 4; ++round) {
        std::vector<Session::Fetched> fetched;
        watcher.session().Fetch(60'000, &fetched);
        EXPECT_FALSE(fetched.empty());
        for (const auto& one : fetched) bytes[one.subscription] += one.batch->bytes;
    }
    // Everyone had a turn before anyone had a second.
    EXPECT_EQ(bytes.size(), 4u);
    watcher.Unsubscribe(1);
    db.live().RunPending();
}

}  // namespace
}  // namespace blasty::live
