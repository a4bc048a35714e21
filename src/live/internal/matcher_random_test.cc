// The matcher against SQLite itself: every feed is evaluated over both images of every change.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "base/strings.h"
#include "live/internal/matcher.h"
#include "live/internal/test_tables.h"

namespace blasty::live::internal {
namespace {

using tables::Blob;
using tables::Row;
using tables::Text;
using tables::Value;

// Tables, values and conditions that are likely to hit each other in every odd way.
class Generator {
  public:
    explicit Generator(uint64_t seed) : random_(seed) {}

    size_t Below(size_t bound) { return static_cast<size_t>(random_.Below(bound)); }
    bool OneIn(size_t n) { return Below(n) == 0; }
    template <typename T>
    const T& Pick(const std::vector<T>& all) {
        return all[Below(all.size())];
    }

    std::string CreateTable() {
        static const std::vector<std::string> types = {"INTEGER",
                                                       "TEXT",
                                                       "REAL",
                                                       "NUMERIC",
                                                       "BLOB",
                                                       "",
                                                       "TEXT COLLATE NOCASE",
                                                       "INT",
                                                       "DOUBLE",
                                                       "CHAR",
                                                       "TEXT COLLATE RTRIM",
                                                       "COLLATE NOCASE"};
        kind_ = Below(4);
        std::string out = "CREATE TABLE t(";
        if (kind_ == 0) out += "id INTEGER PRIMARY KEY";
        if (kind_ == 1) out += "id TEXT NOT NULL PRIMARY KEY";
        if (kind_ == 2) out += "id INTEGER NOT NULL";
        if (kind_ == 3) out += "id ANY NOT NULL";
        for (int i = 1; i <= kColumns; ++i) StrAppend(out, ", c", i, " ", Pick(types));
        if (kind_ == 2) out += ", PRIMARY KEY (id, c1)) WITHOUT ROWID";
        if (kind_ == 3) out += ", PRIMARY KEY (id)";
        return kind_ == 2 ? out : out + ")";
    }

    Value AnyValue() {
        static const std::vector<Value> values = {tables::Null(),
                                                  int64_t{0},
                                                  int64_t{1},
                                                  int64_t{2},
                                                  int64_t{5},
                                                  int64_t{-1},
                                                  int64_t{1} << 53,
                                                  (int64_t{1} << 53) + 1,
                                                  INT64_MAX,
                                                  INT64_MIN,
                                                  INT64_MAX - 1,
                                                  0.0,
                                                  -0.0,
                                                  0.5,
                                                  1.0,
                                                  5.0,
                                                  0.1 + 0.2,
                                                  0.3,
                                                  1e20,
                                                  9007199254740992.0,
                                                  9223372036854775808.,
                                                  -1.5,
                                                  1e308 * 10,
                                                  Text{""},
                                                  Text{"a"},
                                                  Text{"A"},
                                                  Text{"a "},
                                                  Text{"a  "},
                                                  Text{"ab"},
                                                  Text{"AB"},
                                                  Text{"abcdefghi"},
                                                  Text{"abcdefgh"},
                                                  Text{"5"},
                                                  Text{"5.0"},
                                                  Text{" 5"},
                                                  Text{"5x"},
                                                  Text{"0.3"},
                                                  Text{"1e20"},
                                                  Text{"Inf"},
                                                  Text{"9e999"},
                                                  Text{"9007199254740993"},
                                                  Text{"\xc3\xa9"},
                                                  Text{std::string("a\0b", 3)},
                                                  Text{"\xff\xfe"},
                                                  Blob{""},
                                                  Blob{"a"},
                                                  Blob{"5"},
                                                  Text{"0.30000000000000004"},
                                                  Text{"1"},
                                                  Text{"x'61'"},
                                                  Text{"B"}};
        return Pick(values);
    }

    Row AnyRow() {
        Row row;
        row.emplace_back(static_cast<int64_t>(Below(1000000)));
        for (int i = 0; i < kColumns; ++i) {
            Value value = AnyValue();
            if (kind_ == 2 && i == 0 && std::holds_alternative<tables::Null>(value)) {
                value = int64_t{7};
            }
            row.push_back(std::move(value));
        }
        return row;
    }

    // The same key and mostly the same values.
    Row Changed(Row row) {
        for (size_t i = kind_ == 2 ? 2 : 1; i < row.size(); ++i) {
            if (OneIn(3)) row[i] = AnyValue();
        }
        return row;
    }

    // A text and its parameters.
    std::string Query(Row* parameters) {
        parameters_ = parameters;
        static const std::vector<std::string> projections = {"*",
                                                             "t.*",
                                                             "id, c1",
                                                             "c2, id",
                                                             "c1 || c2, typeof(c3)",
                                                             "id",
                                                             "1",
                                                             "T.C1, \"c2\"",
                                                             "CASE WHEN c1 > c2 THEN 1 ELSE id END",
                                                             "count_me.*"};
        std::string projection = Pick(projections);
        if (kind_ == 0 && OneIn(6)) projection = "rowid, _rowid_, oid";
        const bool alias = projection == "count_me.*";
        if (!alias && OneIn(8)) projection = StrCat(Constant(), ", *");
        std::string out = StrCat("SELECT ", projection, " FROM ", OneIn(5) ? "\"T\"" : "t",
                                 alias ? " AS count_me" : "");
        if (alias || projection.find('.') == std::string::npos || OneIn(2)) {
            if (!OneIn(20)) StrAppend(out, " WHERE ", Condition(3));
        }
        if (OneIn(6)) out += " ORDER BY c2 DESC, 1";
        return out;
    }

  private:
    static constexpr int kColumns = 5;

    std::string Column() {
        if (OneIn(12)) return kind_ == 0 && OneIn(2) ? "rowid" : "id";
        return StrCat(OneIn(10) ? "C" : "c", 1 + Below(kColumns));
    }

    std::string Literal(const Value& value) {
        const auto view = tables::ViewOf(value);
        char real[64];
        switch (view.type) {
            case tables::ValueType::kInteger:
                return view.integer == INT64_MIN ? "-9223372036854775808" : StrCat(view.integer);
            case tables::ValueType::kReal:
                if (view.real > 1e308) return "9e999";
                sqlite3_snprintf(sizeof(real), real, "%!.17g", view.real);
                return real;
            case tables::ValueType::kText: {
                std::string out = "'";
                for (const char c : view.bytes) {
                    if (c == '\0') break;
                    out += c;
                    if (c == '\'') out += c;
                }
                return out + "'";
            }
            case tables::ValueType::kBlob:
                return view.bytes == "a" ? "x'61'" : view.bytes == "5" ? "x'35'" : "x''";
            case tables::ValueType::kNull:
                break;
        }
        return "NULL";
    }

    std::string Constant() {
        const Value value = AnyValue();
        if (OneIn(2)) return Literal(value);
        parameters_->push_back(value);
        const size_t number = parameters_->size();
        switch (Below(4)) {
            case 0:
                return StrCat(":p", number);
            case 1:
                return StrCat("@p", number);
            default:
                return StrCat("?", number);
        }
    }

    std::string Operand() {
        static const std::vector<std::string> casts = {"INTEGER", "TEXT", "REAL", "NUMERIC",
                                                       "BLOB"};
        if (OneIn(12)) return StrCat("CAST(", Constant(), " AS ", Pick(casts), ")");
        if (OneIn(20)) return StrCat(Constant(), " || ''");
        if (OneIn(15)) return Column();
        return Constant();
    }

    std::string Simple() {
        static const std::vector<std::string> operators = {"=",  "==", "=",  "<",  ">",
                                                           "<=", ">=", "<>", "IS", "IS NOT"};
        static const std::vector<std::string> collations = {"NOCASE", "BINARY", "RTRIM"};
        static const std::vector<std::string> patterns = {"'a%'", "'A_%'", "'%b'",  "'ab'", "'5%'",
                                                          "''",   "'a*'",  "'ab*'", "NULL"};
        const std::string column = Column();
        const std::string collate = OneIn(8) ? StrCat(" COLLATE ", Pick(collations)) : "";
        switch (Below(14)) {
            case 0:
                return StrCat(column, " IS NULL");
            case 1:
                return StrCat(column, " NOT NULL");
            case 2:
                return StrCat(column, collate, " BETWEEN ", Operand(), " AND ", Operand());
            case 3: {
                std::string list;
                for (size_t i = Below(5); i != 0; --i) {
                    StrAppend(list, list.empty() ? "" : ", ", Constant());
                }
                return StrCat(column, collate, OneIn(6) ? " NOT" : "", " IN (", list, ")");
            }
            case 4:
                return StrCat(column, OneIn(4) ? " NOT" : "", " LIKE ", Pick(patterns));
            case 5:
                return StrCat(column, " GLOB ", Pick(patterns));
            case 6:
                return StrCat("lower(", column, ") = ", Constant());
            case 7:
                return StrCat(column, " IS ", OneIn(2) ? "NOT " : "", "DISTINCT FROM ", Operand());
            case 8:
                return OneIn(3) ? StrCat(Constant(), " = ", Constant())
                                : StrCat(Operand(), " ", Pick(operators), " ", column);
            case 9:
                return StrCat("CASE WHEN ", column, " = ", Constant(), " THEN 1 ELSE ", Column(),
                              " END");
            default:
                return StrCat(column, collate, " ", Pick(operators), " ", Operand());
        }
    }

    std::string Condition(int depth) {
        if (depth == 0 || OneIn(3)) return Simple();
        switch (Below(6)) {
            case 0:
                return StrCat("(", Condition(depth - 1), " OR ", Condition(depth - 1), ")");
            case 1:
                return StrCat("NOT (", Condition(depth - 1), ")");
            case 2:
                return StrCat("(", Simple(), " OR ", Simple(), " OR ", Simple(), ")");
            default:
                return StrCat(Condition(depth - 1), " AND ", Condition(depth - 1));
        }
    }

    Random random_;
    size_t kind_ = 0;
    Row* parameters_ = nullptr;
};

struct Feed {
    std::string sql;
    Row parameters;
    QueryPlanPtr plan;
};

class World {
  public:
    explicit World(uint64_t seed) : generator_(seed), tables_({generator_.CreateTable()}) {
        analyzer_ = *Analyzer::Make(tables_.schema());
        matcher_ = *Matcher::Make(tables_.schema(), {});
    }

    void AddFeeds(size_t count) {
        for (size_t i = 0; i < count; ++i) {
            Feed feed;
            feed.sql = generator_.Query(&feed.parameters);
            auto plan = analyzer_->Analyze(feed.sql);
            ASSERT_TRUE(plan.ok()) << feed.sql << ": " << plan.status().ToString();
            feed.plan = *plan;
            ASSERT_EQ(feed.plan->query_class, Explanation::Class::kFilter)
                << feed.sql << ": " << feed.plan->why;
            const Status added = matcher_->Add(static_cast<FeedId>(i), feed.plan, feed.parameters);
            ASSERT_TRUE(added.ok()) << feed.sql << ": " << added.ToString();
            feeds_.push_back(std::move(feed));
        }
    }

    void RemoveSome() {
        for (FeedId i = 0; i < feeds_.size(); ++i) {
            if (generator_.OneIn(2)) continue;
            matcher_->Remove(i);
            removed_.insert(i);
        }
    }

    void Commit(size_t changes) {
        std::vector<TestChange> made;
        std::set<std::string> keys;
        const tables::Table& table = tables_.table("t");
        while (made.size() < changes) {
            const Row row = generator_.AnyRow();
            TestChange change;
            const size_t kind = generator_.Below(4);
            if (kind != 0) change.old_row = tables_.Stored(table, row);
            if (kind != 1) change.new_row = tables_.Stored(table, generator_.Changed(row));
            change.key =
                TestTables::KeyOf(table, change.new_row.empty() ? change.old_row : change.new_row);
            if (change.old_row == change.new_row || !keys.insert(change.key).second) continue;
            made.push_back(std::move(change));
        }
        std::vector<tables::RowChange> views;
        for (const TestChange& change : made) views.push_back(change.View(table.id));
        Check(views);
    }

  private:
    std::string RowOf(const Feed& feed) {
        std::vector<std::string> rows;
        EXPECT_TRUE(tables_.Select(feed.sql, feed.parameters, &rows)) << feed.sql;
        EXPECT_LE(rows.size(), 1u);
        return rows.empty() ? "" : rows[0];
    }

    std::vector<std::string> RowsOf(std::string_view image) {
        tables_.Hold(tables_.table("t"), image);
        std::vector<std::string> rows;
        for (FeedId i = 0; i < feeds_.size(); ++i) {
            rows.push_back(removed_.contains(i) || image.empty() ? "" : RowOf(feeds_[i]));
        }
        return rows;
    }

    void Check(const std::vector<tables::RowChange>& changes) {
        MatchResult result;
        const Status matched = matcher_->Match(changes, &result);
        ASSERT_TRUE(matched.ok()) << matched.ToString();
        ASSERT_TRUE(result.failed.empty()) << result.failed[0].second.ToString();
        size_t at = 0;
        for (const tables::RowChange& change : changes) {
            const std::vector<std::string> before = RowsOf(change.old_row);
            const std::vector<std::string> after = RowsOf(change.new_row);
            for (FeedId i = 0; i < feeds_.size(); ++i) {
                if (before[i] == after[i]) continue;
                const EventKind kind = before[i].empty()  ? EventKind::kEnter
                                       : after[i].empty() ? EventKind::kLeave
                                                          : EventKind::kChange;
                ASSERT_LT(at, result.filters.size()) << "missed: " << feeds_[i].sql;
                const FeedChange& event = result.filters[at++];
                ASSERT_EQ(event.feed, i) << feeds_[i].sql << " and not " << feeds_[event.feed].sql;
                EXPECT_EQ(event.kind, kind) << feeds_[i].sql;
                EXPECT_EQ(event.key, change.key);
                EXPECT_EQ(event.old_row, before[i]) << feeds_[i].sql;
                EXPECT_EQ(event.new_row, after[i]) << feeds_[i].sql;
            }
        }
        ASSERT_EQ(at, result.filters.size()) << feeds_[result.filters[at].feed].sql;
    }

    Generator generator_;
    TestTables tables_;
    std::unique_ptr<Analyzer> analyzer_;
    std::unique_ptr<Matcher> matcher_;
    std::vector<Feed> feeds_;
    std::set<FeedId> removed_;
};

TEST(MatcherRandom, EqualsSqlite) {
    const char* given = std::getenv("BLASTY_SEED");
    const uint64_t first = given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
    const char* rounds = std::getenv("BLASTY_ROUNDS");
    const uint64_t last = first + (rounds == nullptr ? 25 : std::strtoull(rounds, nullptr, 10));
    for (uint64_t seed = first; seed < last; ++seed) {
        SCOPED_TRACE(StrCat("seed ", seed, " (BLASTY_SEED=", seed, " BLASTY_ROUNDS=1)"));
        World world(seed);
        world.AddFeeds(120);
        for (size_t i = 0; i < 6 && !::testing::Test::HasFailure(); ++i)
            world.Commit(1 + i % 3 * 4);
        if (::testing::Test::HasFailure()) return;
        world.RemoveSome();
        for (size_t i = 0; i < 2 && !::testing::Test::HasFailure(); ++i) world.Commit(5);
        if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::live::internal
