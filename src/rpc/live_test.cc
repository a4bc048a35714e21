// The live service over a real engine in memory, through generated stubs.
#include <gtest/gtest.h>

#include <algorithm>

#include "rpc/internal/limits.h"
#include "rpc/live_test_call.h"
#include "rpc/sql_test_server.h"

namespace blasty::rpc {
namespace {

using Strings = std::vector<std::string>;

class LiveTest : public testing::Test {
  protected:
    LiveTest() { server_.Do("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)"); }
    SqlServer server_;
};

constexpr char kGed[] = "SELECT * FROM users WHERE name = 'ged'";

TEST_F(LiveTest, EnterChangeLeave) {
    server_.Do("INSERT INTO users VALUES(1, 'ged')");
    LiveCall call(server_.live());
    call.Subscribe(7, kGed);
    ASSERT_TRUE(call.Await(7, 2));
    EXPECT_EQ(call.Told(7), (Strings{"row 1|ged", "ready"}));
    EXPECT_EQ(call.columns[7], (Strings{"id", "name"}));
    server_.Do("INSERT INTO users VALUES(2, 'tenar')");
    server_.Do("UPDATE users SET name = 'ged' WHERE id = 2");
    server_.Do("UPDATE users SET name = 'sparrow' WHERE id = 1");
    server_.Do("DELETE FROM users WHERE id = 2");
    ASSERT_TRUE(call.Await(7, 5));
    EXPECT_EQ(call.Told(7, 2), (Strings{"enter 2|ged", "leave 1", "leave 2"}));
    const auto& events = call.events[7];
    for (size_t i = 1; i < events.size(); ++i) EXPECT_FALSE(events[i].token().empty()) << i;
    EXPECT_TRUE(std::is_sorted(events.begin(), events.end(), [](const auto& a, const auto& b) {
        return a.sequence() < b.sequence();
    }));
}

TEST_F(LiveTest, ResumesWithTheTokenOfAnyEvent) {
    LiveCall first(server_.live());
    first.Subscribe(1, "SELECT id FROM users WHERE id > 0");
    ASSERT_TRUE(first.Await(1, 1));
    server_.Do("INSERT INTO users VALUES(1, 'a'), (2, 'b'), (3, 'c')");
    server_.Do("DELETE FROM users WHERE id = 2");
    ASSERT_TRUE(first.Await(1, 5));
    const Strings all = first.Told(1);
    EXPECT_EQ(all, (Strings{"ready", "enter 1", "enter 2", "enter 3", "leave 2"}));
    LiveCall second(server_.live());
    for (size_t i = 0; i + 1 < all.size(); ++i) {
        SCOPED_TRACE(all[i]);
        second.Subscribe(i, "SELECT id FROM users WHERE id > 0", first.events[1][i].token());
        ASSERT_TRUE(second.Await(i, all.size() - i - 1));
        EXPECT_EQ(second.Told(i),
                  Strings(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
    }
}

TEST_F(LiveTest, AThousandSubscriptionsOnOneStream) {
    constexpr uint64_t kCount = 1'000;
    LiveCall call(server_.live());
    for (uint64_t id = 0; id < kCount; ++id) {
        call.Write(LiveCall::Request(id, Statement("SELECT * FROM users WHERE id = ?1",
                                                   {Integer(static_cast<int64_t>(id))})));
    }
    for (uint64_t id = 0; id < kCount; ++id) ASSERT_TRUE(call.Await(id, 1));
    server_.Do(
        "WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c WHERE x < 999) "
        "INSERT INTO users SELECT x, 'user ' || x FROM c");
    for (uint64_t id = 0; id < kCount; ++id) {
        ASSERT_TRUE(call.Await(id, 2));
        EXPECT_EQ(call.Told(id), (Strings{"ready", StrCat("enter ", id, "|user ", id)}));
    }
}

TEST_F(LiveTest, OneFailedSubscriptionLeavesTheOthers) {
    LiveCall call(server_.live());
    call.Subscribe(1, "SELECT * FROM nowhere");
    call.Subscribe(2, "DELETE FROM users");
    call.Subscribe(3, kGed);
    call.Subscribe(4, kGed, "nonsense");
    call.Subscribe(5, "");
    for (const uint64_t id : {1, 2, 4, 5}) {
        ASSERT_TRUE(call.Await(id, 1));
        EXPECT_EQ(call.events[id][0].kind(), v1::Event::ERROR) << id;
    }
    EXPECT_EQ(call.events[1][0].reason(), "SQL_ERROR");
    EXPECT_EQ(call.events[2][0].reason(), "LIVE_REFUSED");
    EXPECT_EQ(call.events[4][0].reason(), "INVALID_TOKEN");
    EXPECT_EQ(call.events[5][0].reason(), "STATEMENT_MISSING");
    EXPECT_FALSE(call.events[1][0].message().empty());
    ASSERT_TRUE(call.Await(3, 1));
    server_.Do("INSERT INTO users VALUES(1, 'ged')");
    ASSERT_TRUE(call.Await(3, 2));
}

TEST_F(LiveTest, UnsubscribingEndsTheEvents) {
    LiveCall call(server_.live());
    call.Subscribe(1, kGed);
    call.Subscribe(2, kGed);
    ASSERT_TRUE(call.Await(1, 1));
    ASSERT_TRUE(call.Await(2, 1));
    call.Unsubscribe(1);
    call.Unsubscribe(99);
    // The number may be used again, and what comes for it then is the new one's.
    call.Subscribe(1, "SELECT id FROM users");
    ASSERT_TRUE(call.Await(1, 2));
    server_.Do("INSERT INTO users VALUES(1, 'ged')");
    ASSERT_TRUE(call.Await(2, 2));
    ASSERT_TRUE(call.Await(1, 3));
    EXPECT_EQ(call.Told(1), (Strings{"ready", "ready", "enter 1"}));
    EXPECT_TRUE(Eventually([&] { return server_.engine().live().stats().subscriptions == 2; }));
}

TEST_F(LiveTest, NumbersInUseEndTheStream) {
    LiveCall call(server_.live());
    call.Subscribe(1, kGed);
    call.Subscribe(1, kGed);
    v1::SubscribeResponse response;
    while (call.Read(&response)) {
    }
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(call.Reason(), "ID_IN_USE");
}

TEST_F(LiveTest, HalfClosedStreamsEndWithTheirLastSubscription) {
    LiveCall call(server_.live());
    call.Subscribe(1, "SELECT * FROM nowhere");
    call.HalfClose();
    ASSERT_TRUE(call.Await(1, 1));
    v1::SubscribeResponse response;
    EXPECT_FALSE(call.Read(&response));
    EXPECT_TRUE(call.Finish().ok());
    LiveCall empty(server_.live());
    empty.HalfClose();
    EXPECT_FALSE(empty.Read(&response));
    EXPECT_TRUE(empty.Finish().ok());
}

TEST_F(LiveTest, CreditBoundsWhatComes) {
    server_.Do(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) "
        "INSERT INTO users SELECT x, printf('%.100c', 'x') FROM c");
    LiveCall call(server_.live());
    call.Credit(1);
    call.Subscribe(1, "SELECT * FROM users");
    v1::SubscribeResponse response;
    size_t answers = 0;
    // Each grant of one byte brings exactly one answer.
    while (call.events[1].empty() || call.events[1].back().kind() != v1::Event::READY) {
        ASSERT_TRUE(call.Read(&response));
        call.Keep(response);
        ++answers;
        call.Credit(1);
    }
    EXPECT_GT(answers, 2u);
    EXPECT_EQ(call.events[1].size(), 20'001u);
}

TEST_F(LiveTest, LargeCommitsComeInPartsOfOneCommit) {
    LiveCall call(server_.live());
    call.Subscribe(1, "SELECT * FROM users");
    ASSERT_TRUE(call.Await(1, 1));
    server_.Do(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 600) "
        "INSERT INTO users SELECT x, printf('%.20000c', 'x') FROM c");
    v1::SubscribeResponse response;
    bool more = true;
    size_t parts = 0;
    while (call.events[1].size() < 601 && call.Read(&response)) {
        EXPECT_LE(response.ByteSizeLong(), kLiveAnswerBytesMax + 25'000);
        for (const v1::Events& events : response.events()) {
            ++parts;
            more = events.more();
        }
        call.Keep(response);
    }
    EXPECT_EQ(call.events[1].size(), 601u);
    EXPECT_GE(parts, 3u);
    EXPECT_FALSE(more);
    EXPECT_EQ(call.events[1][1].sequence(), call.events[1][600].sequence());
}

TEST_F(LiveTest, SlowReadersMissNothing) {
    LiveCall call(server_.live());
    call.Subscribe(1, "SELECT id FROM users");
    ASSERT_TRUE(call.Await(1, 1));
    constexpr int kCommits = 300;
    for (int i = 1; i <= kCommits; ++i) {
        server_.Do("INSERT INTO users VALUES(?1, printf('%.5000c', 'x'))", {Integer(i)});
    }
    ASSERT_TRUE(call.Await(1, kCommits + 1));
    Strings expected = {"ready"};
    for (int i = 1; i <= kCommits; ++i) expected.push_back(StrCat("enter ", i));
    EXPECT_EQ(call.Told(1), expected);
}

TEST_F(LiveTest, SchemaChangesReset) {
    server_.Do("INSERT INTO users VALUES(1, 'ged')");
    LiveCall call(server_.live());
    call.Subscribe(1, "SELECT * FROM users");
    ASSERT_TRUE(call.Await(1, 2));
    server_.Do("ALTER TABLE users ADD COLUMN age INTEGER DEFAULT 3");
    ASSERT_TRUE(call.Await(1, 5));
    EXPECT_EQ(call.Told(1, 2), (Strings{"reset", "row 1|ged|3", "ready"}));
    EXPECT_EQ(call.events[1][2].reason(), "SCHEMA_CHANGED");
    EXPECT_EQ(call.columns[1], (Strings{"id", "name", "id", "name", "age"}));
}

TEST_F(LiveTest, MalformedAndEmptyRequests) {
    LiveCall call(server_.live());
    call.Write({});
    v1::SubscribeResponse response;
    EXPECT_FALSE(call.Read(&response));
    EXPECT_FALSE(call.Finish().ok());
    EXPECT_EQ(call.Reason(), "EMPTY_REQUEST");
}

TEST_F(LiveTest, StoppingEndsStreams) {
    LiveCall call(server_.live());
    call.Subscribe(1, kGed);
    ASSERT_TRUE(call.Await(1, 1));
    server_.server().Stop(std::chrono::milliseconds(2'000));
    v1::SubscribeResponse response;
    while (call.Read(&response)) {
    }
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(call.Reason(), "SERVER_STOPPING");
    EXPECT_EQ(server_.engine().live().stats().subscriptions, 0u);
}

TEST_F(LiveTest, Explains) {
    TestContext context;
    v1::ExplainRequest request;
    *request.mutable_query() = Statement(kGed).statement();
    v1::ExplainResponse response;
    const grpc::Status status = server_.live().Explain(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.query_class(), "filter");
    ASSERT_EQ(response.tables_size(), 1);
    EXPECT_EQ(response.tables(0), "users");
    ASSERT_EQ(response.accesses_size(), 1);
    EXPECT_TRUE(response.accesses(0).indexed());
    TestContext refused;
    request.mutable_query()->set_sql("DELETE FROM users");
    EXPECT_FALSE(server_.live().Explain(&refused, request, &response).ok());
    EXPECT_EQ(refused.Reason(), "LIVE_REFUSED");
}

}  // namespace
}  // namespace blasty::rpc
