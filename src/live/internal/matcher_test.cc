#include "live/internal/matcher.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using tables::Row;
using tables::Text;

class MatcherTest : public ::testing::Test {
  protected:
    MatcherTest() {
        analyzer_ = *Analyzer::Make(tables_.schema());
        matcher_ = *Matcher::Make(tables_.schema(), {});
    }

    QueryPlanPtr Plan(const std::string& sql) {
        auto plan = analyzer_->Analyze(sql);
        EXPECT_TRUE(plan.ok()) << sql << ": " << plan.status().ToString();
        return *plan;
    }
    Status Add(FeedId feed, const std::string& sql, const Row& parameters = {}) {
        return matcher_->Add(feed, Plan(sql), parameters);
    }
    // An insert, update, delete: an empty row is absent.
    TestChange Change(const std::string& table, const Row& before, const Row& after) {
        const tables::Table& known = tables_.table(table);
        TestChange out;
        if (!before.empty()) out.old_row = tables_.Stored(known, before);
        if (!after.empty()) out.new_row = tables_.Stored(known, after);
        out.key = TestTables::KeyOf(known, after.empty() ? out.old_row : out.new_row);
        return out;
    }
    MatchResult Match(const std::string& table, const Row& before, const Row& after) {
        const TestChange change = Change(table, before, after);
        const tables::RowChange view = change.View(tables_.table(table).id);
        MatchResult out;
        const Status status = matcher_->Match({&view, 1}, &out);
        EXPECT_TRUE(status.ok()) << status.ToString();
        for (FeedChange& event : out.filters) event.key = {};
        return out;
    }
    Explanation Explain(const std::string& sql, const Row& parameters = {}) {
        Explanation out;
        const Status status = matcher_->Explain(Plan(sql), parameters, &out);
        EXPECT_TRUE(status.ok()) << status.ToString();
        return out;
    }
    // "id = 1 & age > 3 | scan", one part an access.
    std::string Shape(const std::string& sql, const Row& parameters = {}) {
        std::string out;
        for (const Explanation::Access& access : Explain(sql, parameters).accesses) {
            if (!out.empty()) out += " | ";
            if (!access.indexed) out += "scan";
            for (size_t i = 0; i < access.terms.size(); ++i) {
                StrAppend(out, i == 0 ? "" : " & ", access.terms[i]);
            }
        }
        return out;
    }

    TestTables tables_{{"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT, data)",
                        "CREATE TABLE orders(code TEXT PRIMARY KEY, user_id INT, total REAL)",
                        "CREATE VIEW adults AS SELECT * FROM users WHERE age >= 18"}};
    std::unique_ptr<Analyzer> analyzer_;
    std::unique_ptr<Matcher> matcher_;
};

TEST_F(MatcherTest, EnterChangeLeave) {
    ASSERT_TRUE(Add(7, "SELECT name FROM users WHERE age > ?1", {int64_t{18}}).ok());
    const Row young = {int64_t{1}, Text{"ged"}, int64_t{17}, tables::Null()};
    Row old = young;
    old[2] = int64_t{19};
    EXPECT_TRUE(Match("users", {}, young).filters.empty());
    MatchResult result = Match("users", young, old);
    ASSERT_EQ(result.filters.size(), 1u);
    EXPECT_EQ(result.filters[0].feed, 7u);
    EXPECT_EQ(result.filters[0].kind, EventKind::kEnter);
    EXPECT_EQ(result.filters[0].new_row, tables::EncodeRow({Text{"ged"}}));
    Row renamed = old;
    renamed[1] = Text{"sparrowhawk"};
    result = Match("users", old, renamed);
    ASSERT_EQ(result.filters.size(), 1u);
    EXPECT_EQ(result.filters[0].kind, EventKind::kChange);
    EXPECT_EQ(result.filters[0].old_row, tables::EncodeRow({Text{"ged"}}));
    Row older = old;
    older[2] = int64_t{20};
    EXPECT_TRUE(Match("users", old, older).filters.empty()) << "the projection is the same";
    result = Match("users", old, young);
    ASSERT_EQ(result.filters.size(), 1u);
    EXPECT_EQ(result.filters[0].kind, EventKind::kLeave);
    EXPECT_EQ(Match("users", old, {}).filters.size(), 1u);
    matcher_->Remove(7);
    EXPECT_TRUE(Match("users", old, {}).filters.empty());
    EXPECT_EQ(matcher_->stats().templates, 0u);
}

TEST_F(MatcherTest, ColumnsThatNobodyReadCostNoEvaluation) {
    ASSERT_TRUE(Add(1, "SELECT id FROM users WHERE name LIKE '%x%'").ok());
    const Row before = {int64_t{1}, Text{"x"}, int64_t{17}, tables::Null()};
    Row after = before;
    after[2] = int64_t{18};
    EXPECT_TRUE(Match("users", before, after).filters.empty());
    EXPECT_EQ(matcher_->stats().evaluations, 0u);
}

TEST_F(MatcherTest, ConditionsWithoutIndexShareAStatement) {
    for (FeedId i = 0; i < 100; ++i) {
        ASSERT_TRUE(Add(i, "SELECT ?2 FROM users u WHERE u.name LIKE ?1 -- comment",
                        {Text{StrCat("%", i, "%")}, int64_t{i}})
                        .ok());
    }
    // Names of the projection cannot be taken out with the condition.
    ASSERT_TRUE(Add(100, "SELECT upper(name) AS big FROM users WHERE big LIKE '%X7%'").ok());
    ASSERT_TRUE(Add(101, "SELECT upper(name) AS big FROM users WHERE \"big\" LIKE '%X7%'").ok());
    // One that fails must not take the others with it.
    ASSERT_TRUE(Add(102, "SELECT 1 FROM users WHERE json_extract(name, '$') IS 7").ok());
    const Row row = {int64_t{1}, Text{"x77"}, int64_t{1}, tables::Null()};
    MatchResult result = Match("users", {}, row);
    ASSERT_EQ(result.filters.size(), 4u);
    EXPECT_EQ(result.filters[0].feed, 7u);
    EXPECT_EQ(result.filters[1].feed, 77u);
    EXPECT_EQ(result.filters[2].feed, 100u);
    EXPECT_EQ(result.filters[3].feed, 101u);
    ASSERT_EQ(result.failed.size(), 1u);
    EXPECT_EQ(result.failed[0].first, 102u);
    matcher_->Remove(102);
    matcher_->Remove(7);
    const uint64_t before = matcher_->stats().evaluations;
    result = Match("users", {}, row);
    ASSERT_EQ(result.filters.size(), 3u);
    EXPECT_EQ(matcher_->stats().evaluations, before + 3);
    for (FeedId i = 0; i <= 101; ++i) matcher_->Remove(i);
    EXPECT_TRUE(Match("users", {}, row).filters.empty());
    EXPECT_EQ(matcher_->stats().residuals, 0u);
}

TEST_F(MatcherTest, AffectedByConstants) {
    ASSERT_TRUE(Add(1, "SELECT count(*) FROM users WHERE age = ?1", {int64_t{5}}).ok());
    ASSERT_TRUE(
        Add(2, "SELECT name, total FROM users JOIN orders ON user_id = id WHERE total > 10").ok());
    ASSERT_TRUE(Add(3, "SELECT * FROM users LEFT JOIN orders ON user_id = id AND age = 7").ok());
    ASSERT_TRUE(Add(4, "SELECT * FROM adults").ok());
    ASSERT_TRUE(Add(5,
                    "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders "
                    "WHERE code = 'x')")
                    .ok());
    ASSERT_TRUE(
        Add(6, "SELECT * FROM users WHERE age = 5 UNION SELECT * FROM users WHERE age = 6").ok());
    ASSERT_TRUE(Add(7, "SELECT max(name) FROM users").ok());
    using Ids = std::vector<FeedId>;
    const auto user = [](int64_t age) { return Row{int64_t{1}, Text{"a"}, age, tables::Null()}; };
    EXPECT_EQ(Match("users", {}, user(5)).affected, (Ids{1, 2, 3, 5, 6, 7}));
    EXPECT_EQ(Match("users", {}, user(6)).affected, (Ids{2, 3, 5, 6, 7}));
    EXPECT_EQ(Match("users", {}, user(20)).affected, (Ids{2, 3, 4, 5, 7}));
    EXPECT_EQ(Match("users", user(4), user(3)).affected, (Ids{3, 5}));
    EXPECT_EQ(Match("users", user(4), user(5)).affected, (Ids{1, 3, 5, 6}));
    const auto order = [](const char* code, double total) {
        return Row{Text{code}, int64_t{1}, total};
    };
    EXPECT_EQ(Match("orders", {}, order("y", 5)).affected, (Ids{3}));
    EXPECT_EQ(Match("orders", {}, order("x", 5)).affected, (Ids{3, 5}));
    EXPECT_EQ(Match("orders", order("x", 5), order("x", 50)).affected, (Ids{2, 3}));
    for (FeedId id = 1; id <= 7; ++id) matcher_->Remove(id);
    EXPECT_TRUE(Match("users", {}, user(5)).affected.empty());
}

TEST_F(MatcherTest, Shapes) {
    EXPECT_EQ(Shape("SELECT * FROM users WHERE id = 3"), "id = 3");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE rowid = ?1", {int64_t{3}}), "id = 3");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name = 'x' AND age > 3 AND lower(name) = 'x'"),
              "name = 'x' & age > 3");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE age BETWEEN 2 AND 5"), "age >= 2 & age <= 5");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name IN ('a', 'b')"), "name IN ('a', 'b')");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE id = 1 OR name = 'x'"), "id = 1 | name = 'x'");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE id = 1 OR lower(name) = 'x'"), "scan");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name IS NULL"), "name IS NULL");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name LIKE 'ab%'"),
              "name >= 'AB' & name < 'ac' & name LIKE 'ab%'");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name LIKE ?1", {Text{"ab%"}}), "name LIKE 'ab%'");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE name LIKE '%ab'"), "scan");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE age = NULL"), "never true");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE ?1 = 1", {int64_t{1}}), "scan");
    EXPECT_EQ(Shape("SELECT * FROM users WHERE ?1 = 1", {int64_t{2}}), "");
    EXPECT_EQ(Shape("SELECT * FROM users"), "scan");
    EXPECT_EQ(Shape("SELECT count(*) FROM users WHERE age = ?1", {int64_t{4}}), "age = 4");
    const Explanation join = Explain("SELECT * FROM users JOIN orders ON user_id = id");
    EXPECT_EQ(join.query_class, Explanation::Class::kJoin);
    EXPECT_EQ(join.tables, (std::vector<std::string>{"orders", "users"}));
    EXPECT_EQ(join.key, "the primary keys of its tables");
    EXPECT_EQ(matcher_->stats().templates, 0u) << "explaining leaves nothing";
    EXPECT_EQ(Shape("SELECT x.id FROM users x JOIN users y ON x.age = y.age AND x.age = 3 JOIN "
                    "users z ON z.id = x.id"),
              "age = 3 | scan")
        << "each line once";
}

TEST_F(MatcherTest, ErrorsEndAFeedAlone) {
    ASSERT_TRUE(Add(1, "SELECT json_extract(data, '$.x') FROM users").ok());
    ASSERT_TRUE(Add(2, "SELECT id FROM users").ok());
    ASSERT_TRUE(Add(3, "SELECT date(data) FROM users").ok());
    const auto user = [](const char* data) {
        return Row{int64_t{1}, Text{"a"}, int64_t{1}, Text{data}};
    };
    MatchResult result = Match("users", {}, user("{\"x\": 1}"));
    EXPECT_EQ(result.filters.size(), 3u);
    EXPECT_TRUE(result.failed.empty());
    result = Match("users", {}, user("now"));
    ASSERT_EQ(result.failed.size(), 2u);
    EXPECT_EQ(result.failed[0].first, 1u);
    EXPECT_EQ(ReasonOf(result.failed[0].second), "SQL_ERROR");
    EXPECT_EQ(ReasonOf(result.failed[1].second), "LIVE_REFUSED");
    ASSERT_EQ(result.filters.size(), 1u);
    EXPECT_EQ(result.filters[0].feed, 2u);
}

TEST_F(MatcherTest, Limits) {
    matcher_ = *Matcher::Make(tables_.schema(), {.templates_max = 2, .residuals_max = 1});
    ASSERT_TRUE(Add(1, "SELECT 1 FROM users WHERE abs(id) = ?1", {int64_t{1}}).ok());
    EXPECT_EQ(ReasonOf(Add(2, "SELECT 1 FROM users WHERE abs(id) = ?1", {int64_t{2}})),
              "LIVE_LIMIT");
    ASSERT_TRUE(Add(2, "SELECT 1 FROM users WHERE id = ?1", {int64_t{2}}).ok());
    EXPECT_EQ(ReasonOf(Add(3, "SELECT 2 FROM users WHERE id = 3")), "LIVE_LIMIT");
    matcher_->Remove(1);
    EXPECT_EQ(matcher_->stats().residuals, 0u);
    EXPECT_TRUE(Add(3, "SELECT 2 FROM users WHERE abs(id) = 3").ok());
}

TEST_F(MatcherTest, TooManyShapesAreRefusedAlone) {
    matcher_ = *Matcher::Make(tables_.schema(), {.shapes_max = 1});
    ASSERT_TRUE(Add(1, "SELECT id FROM users WHERE id = 1").ok());
    EXPECT_EQ(ReasonOf(Add(2, "SELECT id FROM users WHERE age = 1")), "LIVE_LIMIT");
    EXPECT_EQ(ReasonOf(Add(2, "SELECT count(*) FROM orders, users WHERE age = 1 AND user_id = 1")),
              "LIVE_LIMIT");
    EXPECT_EQ(matcher_->stats().templates, 1u);
    ASSERT_TRUE(Add(2, "SELECT id FROM users WHERE id = 2").ok());
    const MatchResult result =
        Match("users", {}, {int64_t{2}, Text{"x"}, int64_t{1}, tables::Null()});
    ASSERT_EQ(result.filters.size(), 1u);
    EXPECT_EQ(result.filters[0].feed, 2u);
    EXPECT_TRUE(result.affected.empty());
}

TEST_F(MatcherTest, MatchOneReplaysWithoutAdding) {
    const QueryPlanPtr plan = Plan("SELECT id FROM users WHERE age = ?1 OR name = ?1 ORDER BY age");
    const TestChange one = Change("users", {}, {int64_t{1}, Text{"5"}, int64_t{5}, tables::Null()});
    const TestChange two = Change("users", {int64_t{2}, Text{"x"}, int64_t{5}, tables::Null()}, {});
    const TestChange other = Change("orders", {}, {Text{"5"}, int64_t{5}, 5.0});
    const std::vector<tables::RowChange> changes = {one.View(tables_.table("users").id),
                                                    other.View(tables_.table("orders").id),
                                                    two.View(tables_.table("users").id)};
    std::vector<FeedChange> result;
    ASSERT_TRUE(matcher_->MatchOne(plan, {int64_t{5}}, changes, &result).ok());
    ASSERT_EQ(result.size(), 2u);
    EXPECT_EQ(result[0].kind, EventKind::kEnter);
    EXPECT_EQ(result[1].kind, EventKind::kLeave);
    EXPECT_EQ(matcher_->stats().feeds, 0u);
}

TEST_F(MatcherTest, ASchemaChangeTakesWhatReadsTheTable) {
    ASSERT_TRUE(Add(1, "SELECT * FROM users WHERE id = 1").ok());
    ASSERT_TRUE(Add(2, "SELECT id FROM users WHERE abs(id) = 1").ok());
    ASSERT_TRUE(Add(3, "SELECT count(*) FROM users, orders").ok());
    TestTables changed({"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)"});
    const SchemaChange change = Compare(*tables_.schema(), changed.schema());
    ASSERT_TRUE(matcher_->ChangeSchema(change, std::vector<FeedId>{1, 2, 3}).ok());
    EXPECT_EQ(matcher_->stats().feeds, 0u);
    EXPECT_EQ(matcher_->stats().residuals, 0u);
    EXPECT_EQ(ReasonOf(matcher_->Add(9, Plan("SELECT * FROM orders"), {})), "SQL_ERROR");
    analyzer_ = *Analyzer::Make(changed.schema());
    ASSERT_TRUE(Add(1, "SELECT * FROM users WHERE name = 'a'").ok());
    TestChange one;
    one.new_row = tables::EncodeRow({int64_t{1}, Text{"a"}});
    one.key = TestTables::KeyOf(changed.table("users"), one.new_row);
    const tables::RowChange view = one.View(changed.table("users").id);
    MatchResult result;
    ASSERT_TRUE(matcher_->Match({&view, 1}, &result).ok());
    EXPECT_EQ(result.filters.size(), 1u);
}

TEST_F(MatcherTest, ImagesOfAnotherShapeAreAnError) {
    TestChange change;
    change.new_row = tables::EncodeRow({int64_t{1}});
    change.key = change.new_row;
    const tables::RowChange view = change.View(tables_.table("users").id);
    MatchResult result;
    EXPECT_EQ(matcher_->Match({&view, 1}, &result).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace blasty::live::internal
