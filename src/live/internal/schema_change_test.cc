#include "live/internal/schema_change.h"

#include <gtest/gtest.h>

#include "live/internal/matcher.h"
#include "live/internal/planner.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

const std::vector<std::string>& Tables() {
    static const std::vector<std::string> statements = {
        "CREATE TABLE a(id INTEGER PRIMARY KEY, v TEXT)",
        "CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER)",
        "CREATE VIEW high AS SELECT * FROM b WHERE id > 10",
        "CREATE VIEW higher AS SELECT * FROM high WHERE id > 20"};
    return statements;
}

class SchemaChangeTest : public ::testing::Test {
  protected:
    // The tables, and then those statements; ids of tables that were there stay.
    tables::SchemaPtr After(const std::vector<std::string>& more) {
        std::vector<std::string> statements = Tables();
        statements.insert(statements.end(), more.begin(), more.end());
        const TestTables made(statements);
        auto schema = std::make_shared<tables::Schema>(*made.schema());
        schema->changed_at = Sequence(++changes_);
        uint32_t next_id = 100;
        for (auto& table : schema->tables) {
            auto copy = std::make_shared<tables::Table>(*table);
            const tables::Table* before = before_->Find(table->name);
            copy->id = before != nullptr ? before->id : tables::TableId(next_id++);
            if (before != nullptr && before->sql != copy->sql) copy->shaped_at = schema->changed_at;
            table = std::move(copy);
        }
        return schema;
    }
    SchemaChange To(const std::vector<std::string>& more) { return Compare(*before_, After(more)); }
    bool Concerns(const SchemaChange& change, const std::string& sql) {
        const auto plan = planner_.Plan(before_, sql);
        EXPECT_TRUE(plan.ok()) << plan.status();
        return change.Concerns(**plan);
    }

    uint64_t changes_ = 0;
    TestTables tables_{Tables()};
    tables::SchemaPtr before_ = tables_.schema();
    Planner planner_;
};

TEST_F(SchemaChangeTest, WhatIsAsItWasIsTheSameObject) {
    const SchemaChange change =
        To({"ALTER TABLE b ADD COLUMN c", "CREATE TABLE d(id PRIMARY KEY)"});
    EXPECT_EQ(change.next->Find("a"), before_->Find("a"));
    EXPECT_NE(change.next->Find("b"), before_->Find("b"));
    ASSERT_EQ(change.gone.size(), 1u);
    EXPECT_EQ(change.gone[0]->name, "b");
    EXPECT_EQ(change.come.size(), 2u);
    EXPECT_FALSE(Concerns(change, "SELECT v FROM a"));
    EXPECT_TRUE(Concerns(change, "SELECT id FROM b"));
    EXPECT_TRUE(Concerns(change, "SELECT id FROM higher")) << "a view over a view over it";
    EXPECT_EQ(change.views_gone.size(), 2u);
    EXPECT_EQ(change.views_come.size(), 2u);
}

TEST_F(SchemaChangeTest, ANewNameMayMeanSomethingInAText) {
    const SchemaChange change = To({"CREATE TABLE \"json_each\"(id INTEGER PRIMARY KEY)"});
    EXPECT_FALSE(Concerns(change, "SELECT v FROM a"));
    EXPECT_TRUE(Concerns(change, "SELECT v FROM a, json_each(v)"));
    EXPECT_TRUE(Concerns(change, "SELECT v FROM a, JSON_EACH(v)"));
    EXPECT_TRUE(Concerns(change, "SELECT v FROM a, `json_each`(v)"));
    EXPECT_TRUE(Concerns(change, "SELECT v FROM a, [json_each](v)"));
    const auto plan = planner_.Plan(before_, "SELECT v FROM a, json_each(v)");
    ASSERT_TRUE(plan.ok());
    EXPECT_FALSE(change.Voids(**plan));
}

TEST_F(SchemaChangeTest, ViewsVoidTheirReaders) {
    const SchemaChange change = To({"DROP VIEW high", "CREATE VIEW high AS SELECT id FROM b"});
    EXPECT_TRUE(change.gone.empty());
    const auto direct = planner_.Plan(before_, "SELECT id FROM high");
    const auto through = planner_.Plan(before_, "SELECT id FROM higher");
    const auto table = planner_.Plan(before_, "SELECT id FROM b");
    ASSERT_TRUE(direct.ok() && through.ok() && table.ok());
    EXPECT_TRUE(change.Voids(**direct));
    EXPECT_TRUE(change.Voids(**through));
    EXPECT_FALSE(change.Concerns(**table));
}

TEST_F(SchemaChangeTest, AnIndexReordersWhatHasNoOrderOfItsOwn) {
    const SchemaChange change = To({"CREATE INDEX by_v ON a(v)"});
    EXPECT_TRUE(change.gone.empty());
    EXPECT_TRUE(change.names.empty());
    const auto reorders = [&](const std::string& sql) {
        const auto plan = planner_.Plan(before_, sql);
        EXPECT_TRUE(plan.ok()) << plan.status();
        return change.Reorders(**plan);
    };
    EXPECT_FALSE(reorders("SELECT * FROM a WHERE v > 'x'"));
    EXPECT_TRUE(reorders("SELECT v FROM a ORDER BY v LIMIT 3"));
    EXPECT_FALSE(reorders("SELECT id FROM a ORDER BY id LIMIT 3"));
    EXPECT_TRUE(reorders("SELECT group_concat(v) FROM a"));
    EXPECT_FALSE(reorders("SELECT group_concat(a) FROM b"));
}

TEST_F(SchemaChangeTest, ThePlannerKeepsWhatIsNotConcerned) {
    const std::string texts[] = {"SELECT v FROM a", "SELECT id FROM b", "SELECT id FROM high"};
    for (const std::string& sql : texts) ASSERT_TRUE(planner_.Plan(before_, sql).ok());
    const auto kept = *planner_.Plan(before_, texts[0]);
    EXPECT_EQ(planner_.analyzed(), 3u);
    const tables::SchemaPtr next = After({"ALTER TABLE b ADD COLUMN c"});
    for (const std::string& sql : texts) ASSERT_TRUE(planner_.Plan(next, sql).ok());
    EXPECT_EQ(*planner_.Plan(next, texts[0]), kept);
    EXPECT_EQ(planner_.analyzed(), 5u);
    EXPECT_EQ((*planner_.Plan(next, "SELECT * FROM b"))->columns.size(), 3u);
    EXPECT_EQ((*planner_.Plan(next, "SELECT * FROM higher"))->columns.size(), 3u);
    // And back: whoever is behind asks for the old schema.
    EXPECT_EQ((*planner_.Plan(before_, "SELECT * FROM b"))->columns.size(), 2u);
    EXPECT_EQ((*planner_.Plan(before_, "SELECT * FROM higher"))->columns.size(), 2u);
}

}  // namespace
}  // namespace blasty::live::internal
