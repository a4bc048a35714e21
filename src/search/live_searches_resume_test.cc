// Live searches whose clients go away, read slowly, or want less than everything.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "search/internal/test_live_searches.h"

namespace blasty::search {
namespace {

using internal::Followed;
using internal::TestClient;
using internal::TestDatabase;
using live::EventKind;
using Kinds = std::vector<EventKind>;

void MakeBooks(TestDatabase& db) {
    db.Must("CREATE TABLE books(id INTEGER PRIMARY KEY, body TEXT, price REAL)");
    db.Must("CREATE VIRTUAL TABLE books_text USING search(books, body TEXT, price NUMERIC)");
}

LiveRequest Ask(const std::string& query, bool all) {
    LiveRequest request;
    request.search.index = "books_text";
    request.search.query = query;
    request.all_matches = all;
    if (!all) request.search.sort = {"price", "_id"};
    return request;
}

Sequence Insert(TestDatabase& db, int id, const std::string& body) {
    return db.Must(StrCat("INSERT INTO books VALUES(", id, ", '", body, "', ", id, ")"));
}

// Follows the request until it is ready, and ends it.
Followed ReadyAndGone(TestDatabase& db, const LiveRequest& request) {
    TestClient client(db);
    client.Subscribe(1, request);
    EXPECT_TRUE(client.UntilReady(1)) << client[1].error;
    client[1].kinds.clear();
    return client[1];
}

TEST(LiveSearchesResumeTest, AllMatchesGoOnEventByEvent) {
    TestDatabase db;
    MakeBooks(db);
    Insert(db, 1, "red");
    LiveRequest request = Ask("red", true);
    request.progress = true;
    const Followed known = ReadyAndGone(db, request);
    Insert(db, 2, "red");
    db.Must("UPDATE books SET body = 'red car' WHERE id = 1");
    const Sequence last = db.Must("DELETE FROM books WHERE id = 2");
    for (const bool restart : {false, true}) {
        if (restart) {
            db.Shut();
            db.Open();
        }
        TestClient client(db);
        request.resume = known.token;
        client.Resume(1, request, known);
        ASSERT_TRUE(client.Until([&] { return client[1].at >= last; }));
        EXPECT_EQ(client[1].kinds, (Kinds{EventKind::kEnter, EventKind::kCounts, EventKind::kChange,
                                          EventKind::kLeave, EventKind::kCounts}));
        EXPECT_EQ(client[1].rows.size(), 1u);
        EXPECT_EQ(client[1].total, 1u);
        // Nothing since: a progress says so.
        const Followed later = client[1];
        client.Unsubscribe(1);
        request.resume = later.token;
        client.Resume(2, request, later);
        client[2].kinds.clear();
        ASSERT_TRUE(client.Until([&] { return !client[2].kinds.empty(); }));
        EXPECT_EQ(client[2].kinds, Kinds{EventKind::kProgress});
    }
}

TEST(LiveSearchesResumeTest, InTheMiddleOfACommit) {
    TestDatabase db;
    MakeBooks(db);
    LiveRequest request = Ask("red", true);
    TestClient client(db);
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1));
    const Sequence at = db.Must(
        "INSERT INTO books VALUES(1, 'red', 1), (2, 'red', 2), (3, 'red', 3), (4, 'red', 4)");
    for (uint64_t taken = 1; taken <= 4; ++taken) {
        TestClient first(db);
        LiveRequest again = request;
        again.resume = client[1].token;
        Followed part = client[1];
        part.stop_after = part.events + taken;
        first.Resume(1, again, part);
        ASSERT_TRUE(first.Until([&] { return first[1].Stopped(); }));
        EXPECT_EQ(first[1].rows.size(), taken);
        Followed known = first[1];
        known.stop_after = UINT64_MAX;
        again.resume = known.token;
        TestClient second(db);
        second.Resume(1, again, known);
        ASSERT_TRUE(second.Until([&] { return second[1].total == 4; }));
        EXPECT_EQ(second[1].rows.size(), 4u);
        EXPECT_EQ(second[1].at, at);
        EXPECT_TRUE(second[1].resets.empty());
    }
}

TEST(LiveSearchesResumeTest, BestHitsGoOnWhenNoMatchChanged) {
    TestDatabase db;
    MakeBooks(db);
    Insert(db, 1, "red");
    LiveRequest request = Ask("red", false);
    request.progress = true;
    const Followed known = ReadyAndGone(db, request);
    const Sequence other = Insert(db, 2, "blue");
    request.resume = known.token;
    {
        TestClient client(db);
        client.Resume(1, request, known);
        ASSERT_TRUE(client.Until([&] { return client[1].at >= other; }));
        EXPECT_TRUE(client[1].resets.empty());
        const Sequence at = Insert(db, 3, "red");
        ASSERT_TRUE(client.Until([&] { return client[1].at >= at; }));
        EXPECT_EQ(client[1].rows.size(), 2u);
        EXPECT_TRUE(client[1].resets.empty());
    }
    TestClient client(db);
    client.Resume(1, request, known);
    ASSERT_TRUE(client.Until([&] { return !client[1].resets.empty() && client[1].ready; }));
    EXPECT_EQ(client[1].resets, std::vector<std::string>{"RESULT_MOVED_ON"});
    EXPECT_EQ(client[1].rows.size(), 2u);
}

TEST(LiveSearchesResumeTest, WhatCannotGoOnBeginsAnew) {
    LiveSearchesOptions options;
    options.replay_changes_max = 10;
    TestDatabase db(options);
    MakeBooks(db);
    Insert(db, 1, "red");
    LiveRequest request = Ask("red", true);
    const Followed known = ReadyAndGone(db, request);
    const auto reset = [&](const std::string& token) {
        TestClient client(db);
        request.resume = token;
        request.search.fresh = db.tables().applied();
        client.Resume(1, request, known);
        EXPECT_TRUE(client.Until([&] { return !client[1].resets.empty() && client[1].ready; }))
            << client[1].error;
        return client[1].resets.empty() ? "" : client[1].resets.back();
    };
    EXPECT_EQ(reset("main:1000000"), "TOKEN_AHEAD");
    for (int i = 2; i < 20; ++i) Insert(db, i, "red");
    EXPECT_EQ(reset(known.token), "HISTORY_TOO_LONG");
    const std::string before = ReadyAndGone(db, Ask("red", true)).token;
    db.Must("DROP TABLE books_text");
    db.Must("CREATE VIRTUAL TABLE books_text USING search(books, body TEXT LANGUAGE english)");
    EXPECT_EQ(reset(before), "INDEX_CHANGED");
    const std::string later = ReadyAndGone(db, Ask("red", true)).token;
    Request search = Ask("red", true).search;
    search.fresh = db.Must("ALTER TABLE books ADD COLUMN more TEXT");
    ASSERT_TRUE(db.searches().Search(search).ok());
    EXPECT_EQ(reset(later), "SCHEMA_CHANGED");
}

TEST(LiveSearchesResumeTest, ASlowReaderBeginsAnew) {
    TestDatabase db;
    MakeBooks(db);
    TestClient client(db), quick(db);
    LiveRequest request = Ask("red", true);
    request.buffer_bytes_max = 3000;
    request.progress = true;
    client.Subscribe(1, request);
    quick.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1));
    ASSERT_TRUE(quick.UntilReady(1));
    Sequence last;
    for (int i = 1; i <= 60; ++i) {
        last = Insert(db, i, "red");
        ASSERT_TRUE(quick.Until([&] { return quick[1].at >= last; }));
    }
    EXPECT_LT(db.live().stats().buffered_bytes, 10'000u);
    ASSERT_TRUE(client.Until([&] { return client[1].total == 60; }));
    EXPECT_EQ(client[1].rows.size(), 60u);
    EXPECT_EQ(client[1].resets, std::vector<std::string>{"SLOW_CONSUMER"});
    EXPECT_TRUE(quick[1].resets.empty());
    last = Insert(db, 100, "red");
    ASSERT_TRUE(client.Until([&] { return client[1].at >= last; }));
    EXPECT_EQ(client[1].rows.size(), 61u);
}

TEST(LiveSearchesResumeTest, CoalescedChangesAreAllAccountedFor) {
    TestDatabase db;
    MakeBooks(db);
    Insert(db, 1, "red");
    TestClient client(db);
    LiveRequest request = Ask("red", true);
    request.search.fields = {"price"};
    request.coalesce_us = 20'000;
    request.buffer_bytes_max = 3000;
    client.Subscribe(1, request);
    request.all_matches = false;
    request.search.sort = {"price"};
    client.Subscribe(2, request);
    ASSERT_TRUE(client.UntilReady(1));
    ASSERT_TRUE(client.UntilReady(2));
    client[1].kinds.clear();
    const std::string last = tables::EncodeRow({tables::Value(150.0)});
    for (int i = 101; i <= 150; ++i) db.Must(StrCat("UPDATE books SET price = ", i));
    ASSERT_TRUE(client.Until(
        [&] { return client[1].rows[0].second == last && client[2].rows[0].second == last; }));
    EXPECT_TRUE(client[1].resets.empty());
    EXPECT_EQ(client[1].kinds.size() + client[1].merged, 50u);
    for (const EventKind kind : client[1].kinds) EXPECT_EQ(kind, EventKind::kChange);
}

TEST(LiveSearchesResumeTest, ManyThreads) {
    TestDatabase db;
    MakeBooks(db);
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (uint32_t seed = 1; seed <= 3; ++seed) {
        threads.emplace_back([&db, &done, seed] {
            std::mt19937 random(seed);
            while (!done.load()) {
                TestClient client(db);
                for (uint64_t id = 1; id <= 4; ++id)
                    client.Subscribe(id, Ask(StrCat("w", random() % 3), random() % 2 == 0));
                const uint64_t wanted = random() % 4 + 1;
                if (random() % 3 != 0) {
                    EXPECT_TRUE(client.UntilReady(wanted));
                }
                client.Unsubscribe(random() % 4 + 1);
                client.TakeSome(random() % 2000);
            }
        });
    }
    for (int i = 1; i <= 150; ++i) {
        Insert(db, i, StrCat("w", i % 3, " w", i % 2));
        if (i % 10 == 0) db.Must(StrCat("DELETE FROM books WHERE id < ", i - 5));
    }
    TestClient client(db);
    LiveRequest request = Ask("w0", true);
    request.search.fresh = Insert(db, 1000, "w0");
    client.Subscribe(1, request);
    EXPECT_TRUE(client.UntilReady(1));
    done = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(db.live().stats().subscriptions, 1u);
    client.Unsubscribe(1);
    EXPECT_EQ(db.live().stats().subscriptions, 0u);
}

}  // namespace
}  // namespace blasty::search
