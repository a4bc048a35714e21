// Live searches, event by event.
#include "search/live_searches.h"

#include <gtest/gtest.h>

#include "search/internal/test_live_searches.h"

namespace blasty::search {
namespace {

using internal::Followed;
using internal::TestClient;
using internal::TestDatabase;
using live::EventKind;

std::vector<int64_t> IdsOf(const Followed& followed) {
    std::vector<int64_t> ids;
    for (const auto& [key, row] : followed.rows) {
        const auto values = tables::DecodeRow(key);
        EXPECT_TRUE(values.ok());
        if (values.ok()) ids.push_back(std::get<int64_t>((*values)[0]));
    }
    return ids;
}

void MakeBooks(TestDatabase& db) {
    db.Must("CREATE TABLE books(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, price REAL)");
    db.Must(
        "CREATE VIRTUAL TABLE books_text USING search(books, body TEXT, tag FACET, price NUMERIC)");
}

LiveRequest Ask(const std::string& query) {
    LiveRequest request;
    request.search.index = "books_text";
    request.search.query = query;
    return request;
}

TEST(LiveSearchesTest, BestHitsInTheirOrder) {
    TestDatabase db;
    MakeBooks(db);
    db.Must(
        "INSERT INTO books VALUES(1, 'red apple', 'a', 3), (2, 'red', 'b', 2), (3, 'x', 'c', 1)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.search.sort = {"price"};
    request.search.size = 2;
    request.search.fields = {"id", "body"};
    request.old_values = true;
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1)) << client[1].error;
    EXPECT_EQ(IdsOf(client[1]), (std::vector<int64_t>{2, 1}));
    EXPECT_EQ(client[1].total, 2u);
    ASSERT_NE(client[1].columns, nullptr);
    EXPECT_EQ(client[1].columns->names, (std::vector<std::string>{"id", "body"}));
    EXPECT_EQ(client[1].columns->types, (std::vector<std::string>{"INTEGER", "TEXT"}));
    EXPECT_EQ(client[1].rows[1].second,
              tables::EncodeRow({tables::Value(int64_t{1}), tables::Text{"red apple"}}));

    client[1].kinds.clear();
    client[1].last.clear();
    const Sequence inserted = db.Must("INSERT INTO books VALUES(4, 'red car', 'a', 1)");
    ASSERT_TRUE(client.Until([&] { return client[1].at >= inserted; }));
    EXPECT_EQ(IdsOf(client[1]), (std::vector<int64_t>{4, 2}));
    EXPECT_EQ(client[1].total, 3u);
    EXPECT_EQ(client[1].kinds,
              (std::vector<EventKind>{EventKind::kLeave, EventKind::kEnter, EventKind::kCounts}));
    EXPECT_EQ(client[1].last[0].old_row,
              tables::EncodeRow({tables::Value(int64_t{1}), tables::Text{"red apple"}}));
    EXPECT_EQ(client[1].last[1].details->position, 0u);

    client[1].kinds.clear();
    const Sequence moved = db.Must("UPDATE books SET price = 9 WHERE id = 4");
    ASSERT_TRUE(client.Until([&] { return client[1].at >= moved; }));
    EXPECT_EQ(IdsOf(client[1]), (std::vector<int64_t>{2, 1}));
    const Sequence renamed = db.Must("UPDATE books SET body = 'red pear' WHERE id = 1");
    client[1].kinds.clear();
    ASSERT_TRUE(client.Until([&] { return client[1].at >= renamed; }));
    EXPECT_EQ(client[1].kinds, (std::vector<EventKind>{EventKind::kChange}));
    EXPECT_EQ(client[1].rows[1].second,
              tables::EncodeRow({tables::Value(int64_t{1}), tables::Text{"red pear"}}));
}

TEST(LiveSearchesTest, AllMatchesCommitByCommit) {
    TestDatabase db;
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red apple', 'a', 3), (2, 'blue', 'b', 2)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.all_matches = true;
    request.search.fields = {"body"};
    client.Subscribe(7, request);
    ASSERT_TRUE(client.UntilReady(7)) << client[7].error;
    EXPECT_EQ(IdsOf(client[7]), std::vector<int64_t>{1});
    client[7].kinds.clear();
    const Sequence at = db.MustAll({"INSERT INTO books VALUES(3, 'red', 'a', 0)",
                                    "UPDATE books SET body = 'dark red' WHERE id = 1",
                                    "UPDATE books SET body = 'red too' WHERE id = 2"});
    ASSERT_TRUE(client.Until([&] { return client[7].at >= at; }));
    EXPECT_EQ(client[7].at, at);
    EXPECT_EQ(client[7].kinds, (std::vector<EventKind>{EventKind::kEnter, EventKind::kChange,
                                                       EventKind::kEnter, EventKind::kCounts}));
    EXPECT_EQ(client[7].total, 3u);
    client[7].kinds.clear();
    const Sequence gone = db.Must("DELETE FROM books WHERE id = 1");
    ASSERT_TRUE(client.Until([&] { return client[7].at >= gone; }));
    EXPECT_EQ(client[7].kinds, (std::vector<EventKind>{EventKind::kLeave, EventKind::kCounts}));
    // Columns that were not asked for change nothing; the sequence goes on.
    client[7].kinds.clear();
    db.Must("UPDATE books SET price = 77 WHERE id = 2");
    const Sequence last = db.Must("DELETE FROM books WHERE id = 2");
    ASSERT_TRUE(client.Until([&] { return client[7].at >= last; }));
    EXPECT_EQ(client[7].kinds, (std::vector<EventKind>{EventKind::kLeave, EventKind::kCounts}));
}

TEST(LiveSearchesTest, FacetsAndPickedValues) {
    TestDatabase db;
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red', 'a', 3), (2, 'red', 'b', 2)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.search.facets = {{.name = "tag", .field = "tag", .chosen = {"a"}}};
    client.Subscribe(1, request);
    request.all_matches = true;
    client.Subscribe(2, request);
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.UntilReady(id)) << client[id].error;
        EXPECT_EQ(client[id].total, 1u);
        ASSERT_EQ(client[id].facets.size(), 1u);
        EXPECT_EQ(client[id].facets[0].buckets.size(), 2u);
    }
    // No match, but counted.
    const Sequence at = db.Must("INSERT INTO books VALUES(3, 'red', 'b', 1)");
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] { return client[id].at >= at; }));
        EXPECT_EQ(client[id].total, 1u);
        EXPECT_EQ(IdsOf(client[id]), std::vector<int64_t>{1});
        ASSERT_EQ(client[id].facets[0].buckets.size(), 2u);
        EXPECT_EQ(client[id].facets[0].buckets[0].count, 2u) << id;
    }
    const Sequence picked = db.Must("UPDATE books SET tag = 'a' WHERE id = 3");
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] { return client[id].at >= picked; }));
        EXPECT_EQ(client[id].total, 2u);
        EXPECT_EQ(client[id].rows.size(), 2u);
    }
}

TEST(LiveSearchesTest, MarksWhatMatches) {
    TestDatabase db;
    MakeBooks(db);
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.search.marks = Marks::kHtml;
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1)) << client[1].error;
    const Sequence at = db.Must("INSERT INTO books VALUES(1, 'a red one', 'a', 3)");
    client[1].last.clear();
    ASSERT_TRUE(client.Until([&] { return client[1].at >= at; }));
    ASSERT_FALSE(client[1].last.empty());
    ASSERT_NE(client[1].last[0].details, nullptr);
    ASSERT_EQ(client[1].last[0].details->fragments.size(), 1u);
    EXPECT_EQ(client[1].last[0].details->fragments[0].second[0], "a <mark>red</mark> one");
    EXPECT_GT(client[1].last[0].details->score, 0);
}

TEST(LiveSearchesTest, EqualSearchesShareAFeed) {
    TestDatabase db;
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red', 'a', 3)");
    TestClient one(db), other(db);
    for (TestClient* client : {&one, &other}) {
        client->Subscribe(1, Ask("red"));
        client->Subscribe(2, Ask("red"));
        ASSERT_TRUE(client->UntilReady(1));
        ASSERT_TRUE(client->UntilReady(2));
    }
    EXPECT_EQ(db.live().stats().feeds, 1u);
    EXPECT_EQ(db.live().stats().subscriptions, 4u);
    const Sequence at = db.Must("INSERT INTO books VALUES(2, 'red', 'a', 3)");
    for (TestClient* client : {&one, &other}) {
        for (const uint64_t id : {1, 2}) {
            ASSERT_TRUE(client->Until([&] { return (*client)[id].at >= at; }));
            EXPECT_EQ((*client)[id].rows.size(), 2u);
        }
    }
    one.Unsubscribe(1);
    one.Unsubscribe(2);
    other.Unsubscribe(1);
    const Sequence last = db.Must("INSERT INTO books VALUES(3, 'red', 'a', 3)");
    ASSERT_TRUE(other.Until([&] { return other[2].at >= last; }));
    EXPECT_EQ(other[2].rows.size(), 3u);
    EXPECT_EQ(db.live().stats().subscriptions, 1u);
}

TEST(LiveSearchesTest, WhatIsRefused) {
    TestDatabase db;
    MakeBooks(db);
    TestClient client(db);
    const auto refused = [&](const LiveRequest& request) {
        static uint64_t id = 100;
        ++id;
        client.Subscribe(id, request);
        EXPECT_TRUE(client.Until([&] { return !client[id].error.empty(); }));
        return client[id].error;
    };
    LiveRequest request = Ask("red");
    request.search.index = "nothing";
    EXPECT_EQ(refused(request), "INDEX_NOT_FOUND");
    EXPECT_EQ(refused(Ask("body:\"open")), "BAD_QUERY");
    request = Ask("red");
    request.search.from = 10;
    EXPECT_EQ(refused(request), "LIVE_REFUSED");
    request = Ask("red");
    request.search.collapse = "tag";
    EXPECT_EQ(refused(request), "LIVE_REFUSED");
    request = Ask("red");
    request.search.size = 100'000;
    EXPECT_EQ(refused(request), "LIVE_REFUSED");
    request = Ask("red");
    request.search.sort = {"price"};
    request.all_matches = true;
    EXPECT_EQ(refused(request), "LIVE_REFUSED");
    request = Ask("red");
    request.resume = "rubbish";
    EXPECT_EQ(refused(request), "INVALID_TOKEN");
    request = Ask("red");
    request.search.fields = {"nothing"};
    EXPECT_EQ(refused(request), "BAD_QUERY");
    request = Ask("red");
    request.search.fresh = Sequence(1'000'000);
    EXPECT_EQ(refused(request), "SEQUENCE_AHEAD");
    client.Subscribe(1, Ask("red"));
    EXPECT_EQ(ReasonOf(client.session().Subscribe(1, Ask("red"))), "ID_IN_USE");
    ASSERT_TRUE(client.UntilReady(1));
    EXPECT_EQ(db.live().stats().subscriptions, 1u);
}

TEST(LiveSearchesTest, FreshHoldsWhatWasJustWritten) {
    TestDatabase db;
    MakeBooks(db);
    TestClient client(db);
    for (int i = 1; i <= 20; ++i) {
        LiveRequest request = Ask(i % 2 == 0 ? "red" : "red OR red");
        request.all_matches = i % 3 == 0;
        request.search.fresh = db.Must(StrCat("INSERT INTO books VALUES(", i, ", 'red', 'a', 3)"));
        client.Subscribe(static_cast<uint64_t>(i), request);
        ASSERT_TRUE(client.UntilReady(static_cast<uint64_t>(i)));
        EXPECT_EQ(client[static_cast<uint64_t>(i)].total, static_cast<uint64_t>(i));
    }
}

TEST(LiveSearchesTest, DroppedIndexEndsItsSearches) {
    TestDatabase db;
    MakeBooks(db);
    TestClient client(db);
    client.Subscribe(1, Ask("red"));
    ASSERT_TRUE(client.UntilReady(1));
    db.Must("DROP TABLE books_text");
    ASSERT_TRUE(client.Until([&] { return !client[1].error.empty(); }));
    EXPECT_EQ(client[1].error, "INDEX_DROPPED");
}

TEST(LiveSearchesTest, AChangedTableOrIndexBeginsAnew) {
    TestDatabase db;
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red', 'a', 3)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    client.Subscribe(1, request);
    request.all_matches = true;
    request.search.fields = {"*"};
    client.Subscribe(2, request);
    ASSERT_TRUE(client.UntilReady(1));
    ASSERT_TRUE(client.UntilReady(2));
    db.Must("ALTER TABLE books ADD COLUMN more TEXT");
    db.Must("INSERT INTO books VALUES(2, 'red', 'a', 3, 'm')");
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] {
            return !client[id].resets.empty() && client[id].ready && client[id].total == 2;
        }));
        EXPECT_EQ(client[id].resets.front(), "INDEX_REBUILT");
        EXPECT_EQ(client[id].rows.size(), 2u);
    }
    EXPECT_EQ(client[2].columns->names.size(), 5u);
    const Sequence at = db.Must("DELETE FROM books WHERE id = 1");
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] { return client[id].at >= at && client[id].ready; }));
        EXPECT_EQ(IdsOf(client[id]), std::vector<int64_t>{2});
    }
}

TEST(LiveSearchesTest, AnotherDefinitionBeginsAnew) {
    TestDatabase db;
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red', 'blue', 3), (2, 'green', 'red', 3)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    client.Subscribe(1, request);
    request.all_matches = true;
    client.Subscribe(2, request);
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.UntilReady(id)) << client[id].error;
        EXPECT_EQ(client[id].total, 2u);
    }
    db.MustAll({"DROP TABLE books_text",
                "CREATE VIRTUAL TABLE books_text USING search(books, body TEXT)"});
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] { return client[id].ready && client[id].total == 1; }));
        EXPECT_EQ(client[id].resets, std::vector<std::string>{"INDEX_CHANGED"});
        EXPECT_EQ(IdsOf(client[id]), std::vector<int64_t>{1});
    }
}

TEST(LiveSearchesTest, FieldsThatAreFoundLater) {
    TestDatabase db;
    db.Must("CREATE TABLE things(id INTEGER PRIMARY KEY, data TEXT)");
    db.Must("CREATE VIRTUAL TABLE books_text USING search(things, data JSON)");
    db.Must(R"(INSERT INTO things VALUES(1, '{"name": "red apple"}'))");
    TestClient client(db);
    LiveRequest request = Ask("red");
    client.Subscribe(1, request);
    request.all_matches = true;
    client.Subscribe(2, request);
    for (const uint64_t id : {1, 2}) ASSERT_TRUE(client.UntilReady(id)) << client[id].error;
    Sequence at = db.Must(R"(INSERT INTO things VALUES(2, '{"colour": "red"}'))");
    for (const uint64_t id : {1, 2}) {
        ASSERT_TRUE(client.Until([&] { return client[id].at >= at; }));
        EXPECT_EQ(client[id].rows.size(), 2u);
        EXPECT_EQ(client[id].total, 2u);
    }
    client.Subscribe(3, Ask("data.colour:red"));
    ASSERT_TRUE(client.UntilReady(3)) << client[3].error;
    EXPECT_EQ(IdsOf(client[3]), std::vector<int64_t>{2});
    at = db.Must(R"(UPDATE things SET data = '{"colour": "blue", "size": 3}' WHERE id = 2)");
    for (const uint64_t id : {1, 2, 3}) {
        ASSERT_TRUE(client.Until([&] { return client[id].at >= at; }));
        EXPECT_EQ(client[id].rows.size(), id == 3 ? 0u : 1u);
        EXPECT_TRUE(client[id].resets.empty());
    }
}

TEST(LiveSearchesTest, KeysOfSeveralColumns) {
    TestDatabase db;
    db.Must(
        "CREATE TABLE parts(place TEXT, number INTEGER, body TEXT, PRIMARY KEY(place, number))");
    db.Must("CREATE VIRTUAL TABLE books_text USING search(parts, body TEXT, number NUMERIC)");
    db.Must("INSERT INTO parts VALUES('a', 1, 'red'), ('a', 2, 'red'), ('b', 1, 'blue')");
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.search.sort = {"-number", "_id"};
    request.search.fields = {"body", "place"};
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1)) << client[1].error;
    const auto key = [](const std::string& place, int64_t number) {
        return tables::EncodeRow({tables::Text{place}, tables::Value(number)});
    };
    const auto row = [](const std::string& body, const std::string& place) {
        return tables::EncodeRow({tables::Text{body}, tables::Text{place}});
    };
    using Rows = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(client[1].rows,
              (Rows{{key("a", 2), row("red", "a")}, {key("a", 1), row("red", "a")}}));
    // A changed key is another row.
    const Sequence at =
        db.Must("UPDATE parts SET place = 'c', body = 'red c' WHERE place = 'a' AND number = 1");
    ASSERT_TRUE(client.Until([&] { return client[1].at >= at; }));
    EXPECT_EQ(client[1].total, 2u);
    EXPECT_EQ(client[1].rows,
              (Rows{{key("a", 2), row("red", "a")}, {key("c", 1), row("red c", "c")}}));
}

TEST(LiveSearchesTest, Limits) {
    LiveSearchesOptions options;
    options.matches_max = 3;
    options.subscriptions_max = 2;
    TestDatabase db(options);
    MakeBooks(db);
    db.Must("INSERT INTO books VALUES(1, 'red', 'a', 3), (2, 'red', 'b', 2), (3, 'red', 'c', 1)");
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.all_matches = true;
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1)) << client[1].error;
    db.Must("INSERT INTO books VALUES(4, 'red', 'a', 3)");
    client.Subscribe(2, request);
    ASSERT_TRUE(client.Until([&] { return !client[2].error.empty(); }));
    EXPECT_EQ(client[2].error, "LIVE_LIMIT");
    client.Subscribe(3, Ask("blue"));
    ASSERT_TRUE(client.UntilReady(3)) << client[3].error;
    client.Subscribe(4, Ask("green"));
    client.Subscribe(5, Ask("yellow"));
    ASSERT_TRUE(client.Until([&] { return !client[5].error.empty(); }));
    EXPECT_EQ(client[5].error, "LIVE_LIMIT");
}

TEST(LiveSearchesTest, ProgressTellsThatNothingHappened) {
    LiveSearchesOptions options;
    options.progress_us = 1000;
    TestDatabase db(options);
    MakeBooks(db);
    TestClient client(db);
    LiveRequest request = Ask("red");
    request.progress = true;
    client.Subscribe(1, request);
    ASSERT_TRUE(client.UntilReady(1));
    const Sequence at = db.Must("INSERT INTO books VALUES(1, 'blue', 'a', 3)");
    ASSERT_TRUE(client.Until([&] { return client[1].at >= at; }));
    EXPECT_EQ(client[1].kinds.back(), EventKind::kProgress);
    EXPECT_EQ(client[1].token, live::FormatToken({at, at, 0}));
}

}  // namespace
}  // namespace blasty::search
