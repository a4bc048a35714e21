// Queries that are no filters: whenever a change makes another result, the feed is told affected.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"
#include "live/internal/matcher.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using tables::Row;
using tables::Text;
using tables::Value;

const char* const kQueries[] = {
    "SELECT count(*) FROM a WHERE x = ?1 AND y > ?2",
    "SELECT y, count(*), max(s) FROM a WHERE x IN (?1, ?2) GROUP BY y HAVING count(*) > 1",
    "SELECT a.id, b.id FROM a JOIN b ON a.x = b.x WHERE a.y = ?1 AND b.y < ?2",
    "SELECT a.id, b.id, b.y FROM a LEFT JOIN b ON a.x = b.x AND b.y = ?1 WHERE a.y <> ?2",
    "SELECT a.id, b.id FROM a LEFT JOIN b ON a.x = b.x AND a.y = ?1 AND b.y = ?2",
    "SELECT a.id FROM a LEFT JOIN b ON a.x = b.x WHERE b.y IS NULL OR b.y = ?1 AND a.y = ?2",
    "SELECT a.id FROM a LEFT JOIN b ON a.x = b.x WHERE b.id IS NULL AND a.y = ?1",
    "SELECT b.id, a.s FROM a RIGHT JOIN b ON a.x = b.x AND a.y = ?1 AND b.y = ?2",
    "SELECT a.id, b.id FROM a FULL JOIN b ON a.x = b.x AND a.y = ?1 WHERE ifnull(b.y, 1) = ?2",
    "SELECT id FROM a WHERE y = ?1 AND x IN (SELECT x FROM b WHERE y = ?2)",
    "SELECT id FROM a WHERE y = ?1 OR EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND b.y = ?2)",
    "SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.x = a.x AND b.y = ?2) AND y > ?1",
    "SELECT (SELECT max(y) FROM b WHERE b.x = a.x AND b.y > ?2), id FROM a WHERE a.y = ?1",
    "SELECT id FROM a WHERE y = ?1 UNION ALL SELECT id FROM b WHERE y = ?2",
    "SELECT x FROM a WHERE y = ?1 EXCEPT SELECT x FROM b WHERE y = ?2",
    "WITH c AS (SELECT x, count(*) AS n FROM b WHERE y < ?2 GROUP BY x) "
    "SELECT id, n FROM a JOIN c USING (x) WHERE a.y = ?1",
    "SELECT DISTINCT s FROM a WHERE x = ?1 OR y = ?2",
    "SELECT id FROM a WHERE y >= ?1 ORDER BY x, id LIMIT 2",
    "SELECT id, sum(x) OVER (ORDER BY id) FROM a WHERE y = ?1 AND x IS NOT ?2",
    "SELECT p.id, q.id FROM a p JOIN a q ON p.x = q.y WHERE p.s = ?1 AND q.s > ?2",
    "SELECT s, n FROM v WHERE n > ?1",
    "SELECT id FROM a NATURAL JOIN b WHERE y = ?1",
    "SELECT id FROM (SELECT * FROM a WHERE y = ?1) WHERE x = ?2",
    "SELECT min(y) FROM b WHERE x BETWEEN ?1 AND ?2",
    "SELECT id FROM a WHERE (x, y) IN (SELECT x, y FROM b WHERE x > ?1)",
    "SELECT id FROM a WHERE s LIKE 'a%' AND (SELECT count(*) FROM b WHERE y IS ?1) > 1",
    "SELECT count(*) FILTER (WHERE y = ?1) FROM a WHERE x = ?2",
};

class Changing {
  public:
    explicit Changing(uint64_t seed) : random_(seed) {
        analyzer_ = *Analyzer::Make(tables_.schema());
        matcher_ = *Matcher::Make(tables_.schema(), {});
        for (const char* sql : kQueries) {
            auto plan = analyzer_->Analyze(sql);
            EXPECT_TRUE(plan.ok()) << sql << ": " << plan.status().ToString();
            EXPECT_NE((*plan)->query_class, Explanation::Class::kFilter) << sql;
            Row parameters;
            for (int i = 0; i < (*plan)->parameter_count; ++i) parameters.push_back(Any());
            const auto id = static_cast<FeedId>(parameters_.size());
            EXPECT_TRUE(matcher_->Add(id, *plan, parameters).ok()) << sql;
            parameters_.push_back(parameters);
        }
        results_ = Results();
    }

    // How many feeds were told affected.
    size_t Step() {
        const tables::Table& table = tables_.table(random_.Chance(1, 2) ? "a" : "b");
        const auto id = static_cast<int64_t>(random_.Below(8));
        TestChange change;
        change.old_row = Present(table, id);
        tables_.Run(StrCat("DELETE FROM ", table.name, " WHERE id = ", id));
        if (change.old_row.empty() || random_.Chance(2, 3)) {
            std::vector<std::string> none;
            EXPECT_TRUE(
                tables_.Select(StrCat("INSERT INTO ", table.name, " VALUES (", id, ", ?1, ?2, ?3)"),
                               {Any(), Any(), Any()}, &none));
            change.new_row = Present(table, id);
        }
        if (change.old_row == change.new_row) return 0;
        change.key = tables::EncodeRow({id});
        const tables::RowChange view = change.View(table.id);
        MatchResult matched;
        EXPECT_TRUE(matcher_->Match({&view, 1}, &matched).ok());
        const auto results = Results();
        for (FeedId i = 0; i < results.size(); ++i) {
            if (results[i] == results_[i]) continue;
            EXPECT_TRUE(std::binary_search(matched.affected.begin(), matched.affected.end(), i))
                << kQueries[i];
        }
        results_ = results;
        return matched.affected.size();
    }

  private:
    Value Any() {
        switch (random_.Below(8)) {
            case 0:
                return tables::Null();
            case 1:
                return Text{"a"};
            case 2:
                return Text{"2"};
            case 3:
                return 1.5;
            default:
                return static_cast<int64_t>(random_.Below(3));
        }
    }
    std::string Present(const tables::Table& table, int64_t id) {
        std::vector<std::string> rows;
        EXPECT_TRUE(
            tables_.Select(StrCat("SELECT * FROM ", table.name, " WHERE id = ", id), {}, &rows));
        return rows.empty() ? "" : rows[0];
    }
    std::vector<std::vector<std::string>> Results() {
        std::vector<std::vector<std::string>> out;
        for (size_t i = 0; i < parameters_.size(); ++i) {
            EXPECT_TRUE(tables_.Select(kQueries[i], parameters_[i], &out.emplace_back()))
                << kQueries[i];
        }
        return out;
    }

    Random random_;
    TestTables tables_{{"CREATE TABLE a(id INTEGER PRIMARY KEY, x INT, y, s TEXT COLLATE NOCASE)",
                        "CREATE TABLE b(id INTEGER PRIMARY KEY, x INT, y TEXT, s)",
                        "CREATE VIEW v AS SELECT s, count(*) AS n FROM a WHERE y = 1 GROUP BY s"}};
    std::unique_ptr<Analyzer> analyzer_;
    std::unique_ptr<Matcher> matcher_;
    std::vector<Row> parameters_;
    std::vector<std::vector<std::string>> results_;
};

TEST(MatcherAffected, IsNeverTooNarrow) {
    size_t told = 0;
    constexpr size_t kSteps = 60;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(StrCat("seed ", seed));
        Changing world(seed);
        for (size_t i = 0; i < kSteps; ++i) told += world.Step();
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_LT(told, 20 * kSteps * std::size(kQueries) / 2) << "constants help";
}

}  // namespace
}  // namespace blasty::live::internal
