// Live searches through the live service, over a real engine in memory.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "rpc/internal/generic_calls.h"
#include "rpc/internal/live_convert.h"
#include "rpc/internal/live_service.h"
#include "rpc/internal/live_wire.h"
#include "rpc/live_test_call.h"
#include "rpc/sql_test_server.h"
#include "search/event_details.h"

namespace blasty::rpc {
namespace {

using Strings = std::vector<std::string>;

TEST(LiveSearchWireTest, DetailsComeAsTheMessageHasThem) {
    search::EventDetails hit;
    hit.position = 0;
    hit.score = 1.5;
    hit.fragments = {{"title", {"a <mark>b</mark>", "bad \xff"}}};
    search::EventDetails counts;
    counts.total = 12;
    counts.facets = {{.name = "colour", .field = "colour", .total = 3, .missing = 1, .other = 2}};
    index::FacetBucket& red = counts.facets[0].buckets.emplace_back();
    red.name = "red";
    red.count = 3;
    live::EventBatch batch;
    batch.sequence = batch.base = Sequence(7);
    batch.events.resize(3);
    batch.events[0].kind = live::EventKind::kEnter;
    batch.events[0].details = std::make_shared<const search::EventDetails>(hit);
    batch.events[1].kind = live::EventKind::kCounts;
    batch.events[1].details = std::make_shared<const search::EventDetails>(counts);
    batch.events[2].kind = live::EventKind::kReady;
    v1::Events events;
    ASSERT_TRUE(events.ParseFromString(EncodedEvents(batch)));
    ASSERT_EQ(events.events_size(), 3);
    const v1::Event& enter = events.events(0);
    EXPECT_EQ(enter.kind(), v1::Event::ENTER);
    ASSERT_TRUE(enter.has_position());
    EXPECT_EQ(enter.position(), 0u);
    EXPECT_EQ(enter.score(), 1.5);
    ASSERT_EQ(enter.fragments_size(), 1);
    EXPECT_EQ(enter.fragments(0).field(), "title");
    EXPECT_EQ(enter.fragments(0).texts(1), "bad \uFFFD");
    const v1::Event& told = events.events(1);
    EXPECT_EQ(told.kind(), v1::Event::COUNTS);
    EXPECT_EQ(told.sequence(), 7u);
    EXPECT_EQ(told.total(), 12u);
    ASSERT_EQ(told.facets_size(), 1);
    EXPECT_EQ(told.facets(0).buckets(0).count(), 3u);
    EXPECT_EQ(told.facets(0).other(), 2u);
    EXPECT_FALSE(told.has_position());
    EXPECT_FALSE(events.events(2).has_position());
}

TEST(LiveSearchConvertTest, TakesWhatASearchCanHave) {
    v1::Subscribe subscribe;
    subscribe.set_resume("main:4");
    subscribe.set_old_values(true);
    subscribe.set_progress(true);
    subscribe.set_at_least(9);
    subscribe.set_coalesce_us(1'000);
    subscribe.set_rate_max(100);
    subscribe.set_all_matches(true);
    v1::SearchRequest& search = *subscribe.mutable_search();
    search.set_index("goods_text");
    search.set_text("apple");
    search.set_fresh(5);
    const auto options = SearchOptionsOf(subscribe);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->search.index, "goods_text");
    EXPECT_EQ(options->search.query, "apple");
    EXPECT_EQ(options->search.fresh, Sequence(9));
    EXPECT_EQ(options->resume, "main:4");
    EXPECT_EQ(options->coalesce_us, 10'000);
    EXPECT_TRUE(options->all_matches && options->old_values && options->progress);
}

TEST(LiveSearchConvertTest, RefusesWhatCannotBeFollowed) {
    const auto reason = [](const auto& change) {
        v1::Subscribe subscribe;
        subscribe.mutable_search()->set_index("i");
        change(subscribe);
        return ReasonOf(SearchOptionsOf(subscribe).status());
    };
    EXPECT_EQ(reason([](auto&) {}), "");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->set_from(1); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->add_after(); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->set_collapse("x"); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->set_explain(true); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->set_did_you_mean(true); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.set_rows_max(5); }), "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->add_sort("x"); }), "");
    EXPECT_EQ(reason([](auto& s) {
                  s.set_all_matches(true);
                  s.mutable_search()->add_sort("x");
              }),
              "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) {
                  s.set_all_matches(true);
                  s.mutable_search()->set_size(10);
              }),
              "LIVE_REFUSED");
    EXPECT_EQ(reason([](auto& s) { s.set_coalesce_us(-1); }), "INVALID_DELAY");
    EXPECT_EQ(reason([](auto& s) { s.mutable_search()->set_size(1'000'000); }), "BAD_QUERY");
    v1::Subscribe neither, both;
    both.mutable_search();
    both.mutable_query();
    EXPECT_EQ(ReasonOf(IsSearch(neither).status()), "MALFORMED_REQUEST");
    EXPECT_EQ(ReasonOf(IsSearch(both).status()), "MALFORMED_REQUEST");
    both.clear_search();
    both.set_all_matches(true);
    EXPECT_EQ(ReasonOf(QueryOptionsOf(both).status()), "LIVE_REFUSED");
}

class LiveSearchTest : public testing::Test {
  protected:
    LiveSearchTest() {
        server_.Do(
            "CREATE TABLE goods(id INTEGER PRIMARY KEY, title TEXT, colour TEXT, price REAL)");
        server_.Do(
            "INSERT INTO goods VALUES(1, 'Red apple', 'red', 1.5), (2, 'Green apple pie', 'green', "
            "2), (3, 'Red brick', 'red', 30)");
        written_ = server_
                       .Do("CREATE VIRTUAL TABLE goods_text USING search(goods, title TEXT, colour "
                           "FACET, price NUMERIC)")
                       .summary()
                       .sequence();
    }

    v1::SearchRequest Ask(const std::string& text) const {
        v1::SearchRequest search;
        search.set_index("goods_text");
        search.set_text(text);
        search.set_fresh(written_);
        search.set_timeout_us(30'000'000);
        search.add_fields("title");
        return search;
    }
    uint64_t Do(const std::string& sql) { return server_.Do(sql).summary().sequence(); }
    // The keys of the list, in order, as events make it; what does not fit fails the test.
    static Strings ListOf(LiveCall& call, uint64_t id) {
        Strings list;
        for (const v1::Event& event : call.events[id]) {
            const std::string key = Show(event.key());
            const auto at = std::find(list.begin(), list.end(), key);
            if (event.kind() == v1::Event::RESET) list.clear();
            if (event.kind() == v1::Event::LEAVE || event.kind() == v1::Event::CHANGE) {
                EXPECT_NE(at, list.end()) << key;
                if (at != list.end()) list.erase(at);
            }
            if (!event.has_position()) continue;
            EXPECT_LE(event.position(), list.size());
            list.insert(list.begin() + std::min<std::ptrdiff_t>(event.position(), std::ssize(list)),
                        key);
        }
        return list;
    }

    SqlServer server_;
    uint64_t written_ = 0;
};

TEST_F(LiveSearchTest, EnterChangeLeaveAndCounts) {
    LiveCall call(server_.live());
    v1::SearchRequest search = Ask("apple");
    search.add_facets()->set_field("colour");
    call.Subscribe(7, search);
    ASSERT_TRUE(call.AwaitKind(7, v1::Event::READY));
    EXPECT_EQ(call.Told(7), (Strings{"row Red apple", "row Green apple pie", "counts", "ready"}));
    EXPECT_EQ(call.columns[7], Strings{"title"});
    EXPECT_EQ(call.events[7][2].total(), 2u);
    ASSERT_EQ(call.events[7][2].facets_size(), 1);
    EXPECT_GT(call.events[7][0].score(), 0);

    Do("INSERT INTO goods VALUES(4, 'Blue brick', 'blue', 1)");
    const uint64_t entered = Do("INSERT INTO goods VALUES(5, 'apple', 'blue', 1)");
    ASSERT_TRUE(call.AwaitKind(7, v1::Event::COUNTS, 4));
    EXPECT_EQ(ListOf(call, 7), (Strings{"5", "1", "2"}));
    EXPECT_EQ(call.events[7][4].sequence(), entered);
    EXPECT_EQ(call.events[7].back().total(), 3u);

    size_t seen = call.events[7].size();
    Do("UPDATE goods SET title = 'Yellow apple cake' WHERE id = 1");
    ASSERT_TRUE(call.AwaitKind(7, v1::Event::CHANGE, seen));
    EXPECT_EQ(call.Told(7).back(), "change Yellow apple cake");

    seen = call.events[7].size();
    Do("DELETE FROM goods WHERE id = 5");
    ASSERT_TRUE(call.AwaitKind(7, v1::Event::COUNTS, seen));
    EXPECT_EQ(call.events[7].back().total(), 2u);
    const Strings list = ListOf(call, 7);
    EXPECT_EQ(list.size(), 2u);
    EXPECT_EQ(std::count(list.begin(), list.end(), "5"), 0);
}

TEST_F(LiveSearchTest, QueriesAndSearchesShareAStreamAndItsNumbers) {
    LiveCall call(server_.live());
    call.Subscribe(1, Ask("apple"));
    call.Subscribe(2, "SELECT id FROM goods WHERE colour = 'blue'");
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    ASSERT_TRUE(call.AwaitKind(2, v1::Event::READY));
    Do("INSERT INTO goods VALUES(9, 'blue apple', 'blue', 1)");
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::ENTER));
    ASSERT_TRUE(call.AwaitKind(2, v1::Event::ENTER));
    // A number is free again for either.
    call.Unsubscribe(1);
    call.Unsubscribe(2);
    call.events.clear();
    call.Subscribe(1, "SELECT id FROM goods WHERE id = 9");
    call.Subscribe(2, Ask("brick"));
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    ASSERT_TRUE(call.AwaitKind(2, v1::Event::READY));
    EXPECT_TRUE(Eventually([&] {
        return server_.engine().live().stats().subscriptions == 1 &&
               server_.engine().live_searches()->stats().subscriptions == 1;
    }));
    call.Subscribe(1, Ask("pie"));
    v1::SubscribeResponse response;
    while (call.Read(&response)) {
    }
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(call.Reason(), "ID_IN_USE");
}

TEST_F(LiveSearchTest, RefusedSearchesEndAloneAndSayWhy) {
    LiveCall call(server_.live());
    v1::SearchRequest search = Ask("apple");
    call.Subscribe(1, search);
    search.set_index("nothing");
    call.Subscribe(2, search);
    call.Subscribe(3, Ask("\"open"));
    call.Subscribe(4, Ask("apple"), "nonsense");
    search = Ask("apple");
    search.set_from(3);
    call.Subscribe(5, search);
    v1::SubscribeRequest bare;
    bare.mutable_subscribe()->set_subscription(6);
    call.Write(bare);
    *bare.mutable_subscribe()->mutable_search() = Ask("apple");
    bare.mutable_subscribe()->set_subscription(7);
    bare.mutable_subscribe()->mutable_query()->set_sql("SELECT 1");
    call.Write(bare);
    search = Ask("apple");
    search.add_fields("nothing");
    call.Subscribe(8, search);
    const Strings reasons = {"INDEX_NOT_FOUND", "BAD_QUERY",         "INVALID_TOKEN",
                             "LIVE_REFUSED",    "MALFORMED_REQUEST", "MALFORMED_REQUEST",
                             "BAD_QUERY"};
    for (uint64_t id = 2; id <= 8; ++id) {
        ASSERT_TRUE(call.AwaitKind(id, v1::Event::ERROR)) << id;
        EXPECT_EQ(call.events[id].back().reason(), reasons[id - 2]) << id;
        EXPECT_FALSE(call.events[id].back().message().empty());
    }
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    // MATCH is no live query, and the remedy is named.
    call.Subscribe(2, "SELECT * FROM goods_text WHERE goods_text MATCH 'apple'");
    call.events[2].clear();
    ASSERT_TRUE(call.AwaitKind(2, v1::Event::ERROR));
    EXPECT_EQ(call.events[2][0].reason(), "LIVE_REFUSED");
    EXPECT_NE(call.events[2][0].message().find("--live"), std::string::npos);
}

TEST_F(LiveSearchTest, ResumesWithTheTokenOfAnyEvent) {
    const auto request = [&](const std::string& resume) {
        v1::SubscribeRequest all;
        all.mutable_subscribe()->set_subscription(1);
        all.mutable_subscribe()->set_all_matches(true);
        all.mutable_subscribe()->set_resume(resume);
        *all.mutable_subscribe()->mutable_search() = Ask("apple");
        return all;
    };
    LiveCall first(server_.live());
    first.Write(request(""));
    ASSERT_TRUE(first.AwaitKind(1, v1::Event::READY));
    const size_t ready = first.events[1].size() - 1;
    Do("INSERT INTO goods VALUES(11, 'apple', 'a', 1), (12, 'apple', 'b', 2)");
    Do("UPDATE goods SET title = 'pear' WHERE id = 1");
    const uint64_t last = Do("INSERT INTO goods VALUES(13, 'apple', 'c', 1)");
    while (first.events[1].back().sequence() < last ||
           first.events[1].back().kind() != v1::Event::COUNTS)
        ASSERT_TRUE(first.Await(1, first.events[1].size() + 1));
    const Strings all = first.Told(1);
    for (size_t i = ready; i + 1 < all.size(); ++i) {
        const std::string& token = first.events[1][i].token();
        SCOPED_TRACE(StrCat(all[i], " ", token));
        ASSERT_FALSE(token.empty());
        LiveCall second(server_.live());
        second.Write(request(token));
        ASSERT_TRUE(second.Await(1, all.size() - i - 1));
        EXPECT_EQ(second.Told(1),
                  Strings(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()));
    }
}

TEST_F(LiveSearchTest, TheBestHitsResumeOrBeginAnew) {
    LiveCall call(server_.live());
    call.Subscribe(1, Ask("apple"));
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    const std::string token = call.events[1].back().token();
    call.Subscribe(2, Ask("apple"), token);
    const uint64_t entered = Do("INSERT INTO goods VALUES(5, 'apple', 'blue', 1)");
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::ENTER));
    ASSERT_TRUE(call.AwaitKind(2, v1::Event::COUNTS));
    call.Subscribe(3, Ask("apple"), token);
    ASSERT_TRUE(call.AwaitKind(3, v1::Event::READY));
    EXPECT_EQ(call.events[3][0].kind(), v1::Event::RESET);
    EXPECT_EQ(call.events[3][0].reason(), "RESULT_MOVED_ON");
    EXPECT_GE(call.events[3].back().sequence(), entered);
    EXPECT_EQ(ListOf(call, 3), (Strings{"5", "1", "2"}));
}

TEST_F(LiveSearchTest, ADroppedIndexEndsItsSearches) {
    LiveCall call(server_.live());
    call.Subscribe(1, Ask("apple"));
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    Do("DROP TABLE goods_text");
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::ERROR));
    EXPECT_EQ(call.events[1].back().reason(), "INDEX_DROPPED");
    call.HalfClose();
    v1::SubscribeResponse response;
    EXPECT_FALSE(call.Read(&response));
    EXPECT_TRUE(call.Finish().ok());
}

TEST_F(LiveSearchTest, AllMatchesComeUnderCredit) {
    Do("WITH RECURSIVE c(x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM c WHERE x < 10099) "
       "INSERT INTO goods SELECT x, 'plum ' || x || printf('%.100c', 'x'), 'blue', x FROM c");
    LiveCall call(server_.live());
    call.Credit(1);
    v1::SubscribeRequest request;
    request.mutable_subscribe()->set_subscription(1);
    request.mutable_subscribe()->set_all_matches(true);
    *request.mutable_subscribe()->mutable_search() = Ask("plum");
    request.mutable_subscribe()->mutable_search()->set_fresh(
        server_.engine().tables().applied().value());
    call.Write(request);
    v1::SubscribeResponse response;
    size_t answers = 0;
    while (call.events[1].empty() || call.events[1].back().kind() != v1::Event::READY) {
        ASSERT_TRUE(call.Read(&response));
        call.Keep(response);
        ++answers;
        call.Credit(1);
    }
    EXPECT_GT(answers, 2u);
    EXPECT_EQ(call.events[1].size(), 10'002u);
    EXPECT_FALSE(call.events[1][0].has_position());
}

TEST_F(LiveSearchTest, WithoutSearchIndexesOnlyQueriesAreFollowed) {
    StreamSet streams;
    TaskGroup admin(server_.admin());
    GenericCalls calls(streams, 1);
    LiveService service(server_.engine().live(), nullptr, admin, streams);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    service.ServeCalls(calls);
    calls.AddTo(builder);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    ASSERT_NE(server, nullptr);
    calls.Start();
    {
        const auto stub = v1::Live::NewStub(
            grpc::CreateChannel(StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
        LiveCall call(*stub);
        call.Subscribe(1, Ask("apple"));
        call.Subscribe(2, "SELECT id FROM goods");
        EXPECT_TRUE(call.AwaitKind(1, v1::Event::ERROR));
        EXPECT_EQ(call.events[1].back().reason(), "LIVE_REFUSED");
        EXPECT_TRUE(call.AwaitKind(2, v1::Event::READY));
    }
    streams.StopAll();
    server->Shutdown(std::chrono::system_clock::now());
    server->Wait();
    calls.Stop();
    admin.Wait();
}

TEST_F(LiveSearchTest, StoppingEndsStreams) {
    LiveCall call(server_.live());
    call.Subscribe(1, Ask("apple"));
    ASSERT_TRUE(call.AwaitKind(1, v1::Event::READY));
    server_.server().Stop(std::chrono::milliseconds(2'000));
    v1::SubscribeResponse response;
    while (call.Read(&response)) {
    }
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(call.Reason(), "SERVER_STOPPING");
    EXPECT_EQ(server_.engine().live_searches()->stats().subscriptions, 0u);
}

}  // namespace
}  // namespace blasty::rpc
