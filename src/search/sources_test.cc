// Indexes over topics, definitions that change, and what is told of an index.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/strings.h"
#include "exec/sim_executor.h"
#include "io/memory_file_system.h"
#include "search/searches.h"
#include "search/sql_module.h"
#include "tables/tables.h"
#include "topics/topics.h"

namespace blasty::search {
namespace {

constexpr int64_t kWaitUs = 30'000'000;

// Topics and tables over one log, and searches over both.
class Database {
  public:
    Database() { Open(); }
    ~Database() { Shut(); }

    void Open() {
        topics::TopicsOptions topics_options;
        topics_options.directory = "db";
        topics_options.log.segment_bytes = 1 << 16;
        topics_options.log.manual_commit = true;
        topics_options.log.salt_seed = 7;
        auto topics = topics::Topics::Open(fs_, topics_options, executor_, SystemClock());
        ASSERT_TRUE(topics.ok()) << topics.status();
        topics_ = *std::move(topics);
        tables::TablesOptions tables_options;
        tables_options.directory = "db";
        tables_options.manual = true;
        tables_options.search = module_ = std::make_shared<SqlModule>();
        auto tables =
            tables::Tables::Open(fs_, tables_options, topics_->log(), executor_, SystemClock());
        ASSERT_TRUE(tables.ok()) << tables.status();
        tables_ = *std::move(tables);
        SearchesOptions options;
        options.directory = "db/search";
        auto searches =
            Searches::Open(fs_, options, topics_->log(), *tables_, SystemClock(), topics_.get());
        ASSERT_TRUE(searches.ok()) << searches.status();
        searches_ = *std::move(searches);
        module_->Use(searches_.get());
    }
    void Shut() {
        if (searches_ != nullptr) searches_->Close();
        module_->Use(nullptr);
        searches_.reset();
        tables_.reset();
        topics_.reset();
    }

    Status Execute(const std::vector<std::string>& statements) {
        tables::WriteRequest request;
        for (const std::string& sql : statements) request.statements.push_back({sql, {}, {}});
        return tables_->ExecuteAndWait(std::move(request)).status();
    }
    void Must(const std::vector<std::string>& statements) {
        const Status done = Execute(statements);
        ASSERT_TRUE(done.ok()) << statements.front() << ": " << done;
    }
    Sequence Publish(const std::string& topic, const std::string& payload,
                     const std::string& key = "") {
        const topics::NewMessage message{.payload = payload, .key = key, .headers = {}, .id = {}};
        Sequence at;
        Status failed;
        topics_->Publish(topic, {&message, 1}, [&](auto published) {
            if (published.ok())
                at = (*published)[0].sequence;
            else
                failed = published.status();
        });
        topics_->CommitQueued();
        EXPECT_TRUE(failed.ok()) << failed;
        return at;
    }
    Result<Response> Ask(Request request) {
        request.timeout_us = kWaitUs;
        return searches_->Search(request);
    }
    std::set<std::string> Ids(const std::string& index, const std::string& query, Sequence fresh) {
        const auto found = Ask({.index = index, .query = query, .size = 1000, .fresh = fresh});
        EXPECT_TRUE(found.ok()) << query << ": " << found.status();
        std::set<std::string> ids;
        if (!found.ok()) return ids;
        for (const ResultHit& hit : found->hits) ids.insert(hit.id);
        EXPECT_EQ(found->total, ids.size());
        return ids;
    }
    Sequence Applied() { return tables_->applied(); }
    // Until what `look` looks at is so.
    void Until(const std::function<bool()>& look) {
        const int64_t end = SystemClock().MonotonicMicros() + kWaitUs;
        while (!look()) {
            ASSERT_LT(SystemClock().MonotonicMicros(), end);
            std::this_thread::yield();
        }
    }

    topics::Topics& topics() { return *topics_; }
    Searches& searches() { return *searches_; }

  private:
    io::MemoryFileSystem fs_;
    exec::SimExecutor executor_{1};
    std::unique_ptr<topics::Topics> topics_;
    std::shared_ptr<SqlModule> module_;
    std::unique_ptr<tables::Tables> tables_;
    std::unique_ptr<Searches> searches_;
};

using Ids = std::set<std::string>;

std::string Id(Sequence sequence) { return StrCat(sequence.value()); }

TEST(TopicIndexTest, FindsMessages) {
    Database db;
    const Sequence first = db.Publish("orders", R"({"customer":{"name":"Ged"},"amount":12})", "k1");
    db.Must(
        {"CREATE VIRTUAL TABLE orders_text USING search(TOPIC orders, customer.name TEXT, "
         "amount NUMERIC, key FACET, payload->'$.tags' FACET AS tag, time DATE)"});
    const Sequence second =
        db.Publish("orders", R"({"customer":{"name":"Tenar Ged"},"tags":["a"]})");
    const Sequence last = db.Publish("other", "Ged");
    EXPECT_EQ(db.Ids("orders_text", "ged", last), (Ids{Id(first), Id(second)}));
    EXPECT_EQ(db.Ids("orders_text", "amount:>10", last), Ids{Id(first)});
    EXPECT_EQ(db.Ids("orders_text", "tag:a", last), Ids{Id(second)});
    EXPECT_EQ(db.Ids("orders_text", "time:>2020-01-01", last).size(), 2u);
    const Sequence broken = db.Publish("orders", "no json \xff");
    EXPECT_EQ(db.Ids("orders_text", "*", broken).size(), 3u);

    Request request{.index = "orders_text", .query = "key:k1", .marks = Marks::kHtml};
    request.fields = {"sequence", "topic", "key", "payload"};
    request.query = "customer.name:ged";
    request.sort = {"_id"};
    const auto found = db.Ask(request);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->hits.size(), 2u);
    const ResultHit& hit = found->hits[0];
    ASSERT_EQ(hit.fields.size(), 4u);
    EXPECT_EQ(hit.fields[0].second, tables::Value(static_cast<int64_t>(first.value())));
    EXPECT_EQ(hit.fields[1].second, tables::Value(tables::Text{"orders"}));
    EXPECT_EQ(hit.fields[2].second, tables::Value(tables::Text{"k1"}));
    ASSERT_EQ(hit.fragments.size(), 1u);
    EXPECT_EQ(hit.fragments[0].second, std::vector<std::string>{"<mark>Ged</mark>"});

    const auto info = db.searches().Info("orders_text");
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->topic, "orders");
    EXPECT_EQ(info->table, "");
}

TEST(TopicIndexTest, GoesOnAfterARestart) {
    Database db;
    db.Must({"CREATE VIRTUAL TABLE it USING search(TOPIC orders, payload JSON AS p)"});
    std::set<std::string> wanted;
    Sequence last;
    for (int i = 0; i < 50; ++i) {
        last = db.Publish("orders", StrCat("{\"n\":", i, ",\"text\":\"word w", i, "\"}"));
        wanted.insert(Id(last));
        if (i % 10 != 9) continue;
        EXPECT_EQ(db.Ids("it", "p.text:word", last), wanted);
        db.Shut();
        db.Open();
    }
    EXPECT_EQ(db.Ids("it", "p.text:word", last), wanted);
    EXPECT_EQ(db.Ids("it", "p.n:>=40", last).size(), 10u);
    EXPECT_EQ(db.Ids("it", "p.text.keyword:\"word w7\"", last).size(), 1u);
}

TEST(TopicIndexTest, WhatTheTopicForgetsIsForgotten) {
    Database db;
    topics::TopicConfig config;
    config.retention.count = 10;
    ASSERT_TRUE(db.topics().CreateTopic("orders", config).ok());
    db.Must({"CREATE VIRTUAL TABLE it USING search(TOPIC orders, name TEXT)"});
    std::vector<Sequence> all;
    for (int i = 0; i < 3000; ++i) all.push_back(db.Publish("orders", R"({"name":"word"})"));
    ASSERT_TRUE(db.topics().Clean().ok());
    const auto kept = db.topics().GetTopic("orders");
    ASSERT_TRUE(kept.ok());
    ASSERT_EQ(kept->messages, 10u);
    Ids wanted;
    for (size_t i = all.size() - 10; i < all.size(); ++i) wanted.insert(Id(all[i]));
    db.Until([&] {
        const auto info = db.searches().Info("it");
        return info.ok() && info->stats.documents == 10;
    });
    EXPECT_EQ(db.Ids("it", "word", all.back()), wanted);
}

TEST(TopicIndexTest, RefusesTopicsOfLatestMessages) {
    Database db;
    topics::TopicConfig config;
    config.retention.latest_per_key = true;
    ASSERT_TRUE(db.topics().CreateTopic("state", config).ok());
    db.Must({"CREATE VIRTUAL TABLE it USING search(TOPIC state, name TEXT)"});
    const auto found = db.Ask({.index = "it"});
    EXPECT_EQ(ReasonOf(found.status()), "INDEX_FAILED");
    EXPECT_NE(MessageOf(found.status()).find("newest message of each key"), std::string_view::npos)
        << found.status();
}

TEST(TopicIndexTest, WaitsForItsTopic) {
    Database db;
    db.Must({"CREATE VIRTUAL TABLE it USING search(TOPIC orders, name TEXT)"});
    const auto found = db.Ask({.index = "it", .query = "ged"});
    EXPECT_EQ(ReasonOf(found.status()), "INDEX_FAILED") << found.status();
    const Sequence at = db.Publish("orders", R"({"name":"ged"})");
    db.Until([&] { return db.Ask({.index = "it", .query = "ged"}).ok(); });
    EXPECT_EQ(db.Ids("it", "ged", at), Ids{Id(at)});
    // Made again it holds other messages.
    ASSERT_TRUE(db.topics().DeleteTopic("orders", "orders").ok());
    const Sequence next = db.Publish("orders", R"({"name":"ged"})");
    db.Until([&] {
        const auto info = db.searches().Info("it");
        return info.ok() && info->stats.documents == 1 && info->stats.sequence >= next;
    });
    EXPECT_EQ(db.Ids("it", "ged", next), Ids{Id(next)});
    EXPECT_EQ(ReasonOf(db.Ask({.index = "it", .fresh = Sequence(1'000'000)}).status()),
              "SEQUENCE_AHEAD");
}

TEST(RedefinitionTest, TheOldOneAnswersUntilTheNewOneCan) {
    Database db;
    db.Must({"CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT)"});
    for (int i = 0; i < 200; ++i)
        db.Must({StrCat("INSERT INTO t VALUES(", i, ", 'running w", i % 10, "', 'g", i % 3, "')")});
    db.Must({"CREATE VIRTUAL TABLE it USING search(t, body TEXT)"});
    EXPECT_EQ(db.Ids("it", "running", db.Applied()).size(), 200u);
    EXPECT_EQ(db.Ids("it", "run", db.Applied()).size(), 0u);
    db.Must({"DROP TABLE it",
             "CREATE VIRTUAL TABLE it USING search(t, body TEXT LANGUAGE english, tag FACET)"});
    // Never a time without answers, and in the end those of the new one.
    db.Until([&] {
        const auto found = db.Ask({.index = "it", .query = "running"});
        EXPECT_TRUE(found.ok()) << found.status();
        EXPECT_EQ(found->total, 200u);
        return db.Ask({.index = "it", .query = "run"})->total == 200;
    });
    EXPECT_EQ(db.Ids("it", "tag:g0", db.Applied()).size(), 67u);
    const auto info = db.searches().Info("it");
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->next_built, std::nullopt);
    EXPECT_EQ(info->fields.size(), 2u);
    // And back, again and again, with changes in between.
    for (int i = 0; i < 10; ++i) {
        db.Must({"DROP TABLE it", StrCat("CREATE VIRTUAL TABLE it USING search(t, body TEXT, tag ",
                                         i % 2 == 0 ? "TEXT" : "FACET", ")")});
        db.Must({StrCat("UPDATE t SET tag = 'new' WHERE id = ", i)});
    }
    db.Until([&] {
        const auto now = db.searches().Info("it");
        return now.ok() && now->next_built == std::nullopt && now->fields[1].type == "FACET";
    });
    EXPECT_EQ(db.Ids("it", "tag:new", db.Applied()).size(), 10u);
}

TEST(RedefinitionTest, OneThatCannotBeBuiltIsSaid) {
    Database db;
    db.Must({"CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT)"});
    db.Must({"INSERT INTO t VALUES(1, 'hello', 'x')"});
    db.Must({"CREATE VIRTUAL TABLE it USING search(t, body TEXT)"});
    EXPECT_EQ(db.Ids("it", "hello", db.Applied()), Ids{"1"});
    // A topic that does not exist.
    db.Must({"DROP TABLE it", "CREATE VIRTUAL TABLE it USING search(TOPIC none, body TEXT)"});
    db.Until([&] {
        const auto info = db.searches().Info("it");
        return info.ok() && info->problem.find("none") != std::string::npos;
    });
    EXPECT_EQ(db.Ids("it", "hello", db.Applied()), Ids{"1"});
    db.Must({"DROP TABLE it"});
    EXPECT_EQ(ReasonOf(db.Ask({.index = "it"}).status()), "INDEX_NOT_FOUND");
}

TEST(IndexEventsTest, TellWhatBecameVisible) {
    Database db;
    db.Must({"CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)"});
    db.Must({"CREATE VIRTUAL TABLE it USING search(t, body TEXT)"});
    EXPECT_EQ(db.Ids("it", "*", db.Applied()).size(), 0u);  // built
    ASSERT_TRUE(db.topics().CreateTopic("$index/it", {}).ok());
    db.Must({"INSERT INTO t VALUES(1, 'a'), (2, 'b')"});
    EXPECT_EQ(db.Ids("it", "*", db.Applied()).size(), 2u);
    db.Must({"DELETE FROM t WHERE id = 1"});
    EXPECT_EQ(db.Ids("it", "*", db.Applied()).size(), 1u);
    const auto reader =
        db.topics().OpenReader({.patterns = {"$index/it"},
                                .start = {.kind = topics::Start::Kind::kOldest, .sequence = {}}},
                               [] {});
    ASSERT_TRUE(reader.ok()) << reader.status();
    std::vector<topics::Message> messages;
    db.Until([&] {
        db.topics().CommitQueued();
        EXPECT_TRUE((*reader)->Fetch({}, &messages).ok());
        return messages.size() >= 2;
    });
    const auto holds = [&](size_t i, const char* piece) {
        return messages[i].payload.find(piece) != std::string_view::npos;
    };
    EXPECT_TRUE(holds(0, R"("put":["1","2"],"put_total":2,"removed":[],"removed_total":0)"))
        << messages[0].payload;
    EXPECT_TRUE(
        holds(1, R"("put":[],"put_total":0,"removed":["1"],"removed_total":1,"documents":1})"))
        << messages[1].payload;
    // Only the server writes it, and no index is over it.
    Status refused;
    const topics::NewMessage message{.payload = "x", .key = {}, .headers = {}, .id = {}};
    db.topics().Publish("$index/it", {&message, 1},
                        [&](auto published) { refused = published.status(); });
    EXPECT_EQ(ReasonOf(refused), "INVALID_NAME") << refused;
    EXPECT_EQ(ReasonOf(db.Execute(
                  {"CREATE VIRTUAL TABLE own USING search(TOPIC '$index/own', put FACET)"})),
              "BAD_INDEX_DEFINITION");
}

}  // namespace
}  // namespace blasty::search
