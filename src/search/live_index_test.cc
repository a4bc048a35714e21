// An index follows its table: through changes, restarts, changes of the schema, damage.
#include "search/internal/live_index.h"

#include <gtest/gtest.h>

#include <random>

#include "search/internal/test_tables.h"

namespace blasty::search::internal {
namespace {

const std::vector<std::string> kArguments = {"t", "body TEXT", "tag FACET", "n NUMERIC"};

TEST(LiveIndexTest, FollowsItsTable) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    db.Must("INSERT INTO t VALUES(1, 'Hello world', 'a', 1), (2, 'hello', 'b', NULL)");
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "hello"), (std::set<int64_t>{1, 2}));
    db.Must("UPDATE t SET body = 'bye' WHERE id = 1");
    db.Must("INSERT INTO t VALUES(3, 'HELLO', NULL, 7)");
    EXPECT_EQ(db.Find("body", "hello"), (std::set<int64_t>{2, 3}));
    db.Must("UPDATE t SET id = 30 WHERE id = 3");
    db.Must("DELETE FROM t WHERE id = 2");
    EXPECT_EQ(db.Find("body", "hello"), (std::set<int64_t>{30}));
    EXPECT_EQ(db.Find("tag", "b"), std::set<int64_t>());
    EXPECT_EQ(db.Find("tag", "a"), std::set<int64_t>{1});
    const IndexInfo info = db.index().Info();
    EXPECT_EQ(info.state, IndexState::kReady);
    EXPECT_EQ(info.stats.documents, 2u);
    ASSERT_EQ(info.fields.size(), 3u);
    EXPECT_EQ(info.fields[1].type, "FACET");
}

TEST(LiveIndexTest, RandomChangesAndRestarts) {
    std::mt19937 random(11);
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    db.StartIndex(kArguments);
    const auto below = [&](uint32_t n) { return random() % n; };
    for (int step = 0; step < 400; ++step) {
        const auto id = below(60);
        switch (below(5)) {
            case 0:
                db.Must(StrCat("DELETE FROM t WHERE id % 7 = ", below(7), " AND id > ", id));
                break;
            case 1:
                db.Must(StrCat("UPDATE t SET body = 'w", below(9), " w", below(9),
                               "', n = ", below(100), " WHERE id >= ", id, " AND id < ", id + 5));
                break;
            case 2:
                db.Must(StrCat("UPDATE OR IGNORE t SET id = ", below(60), " WHERE id = ", id));
                break;
            default:
                db.Must(StrCat("INSERT OR REPLACE INTO t VALUES(", id, ", 'w", below(9), " w",
                               below(9), "', 'g", below(4), "', ", below(100), ")"));
        }
        if (below(40) == 0) {
            db.Shut();
            db.Open();
            db.StartIndex(kArguments);
        }
        if (below(10) == 0) {
            while (db.index().Maintain(1)) {
            }
        }
        if (step % 5 != 0) continue;
        const std::string word = StrCat("w", below(9)), tag = StrCat("g", below(4));
        ASSERT_EQ(db.Find("body", word),
                  db.Select(StrCat("SELECT id FROM t WHERE ' '||body||' ' LIKE '% ", word, " %'")))
            << step;
        ASSERT_EQ(db.Find("tag", tag),
                  db.Select(StrCat("SELECT id FROM t WHERE tag = '", tag, "'")));
        ASSERT_EQ(
            db.Find(index::MakeQuery(index::NumberRangeQuery{.field = "n", .min = 20, .max = 50})),
            db.Select("SELECT id FROM t WHERE n BETWEEN 20 AND 50"));
    }
}

TEST(LiveIndexTest, ComesBackWhereItWas) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    db.Must("INSERT INTO t VALUES(1, 'one', 'a', 1)");
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "one"), std::set<int64_t>{1});
    db.index().Close();
    const uint64_t batches = db.index().Info().stats.batches;
    EXPECT_GT(batches, 0u);
    db.Shut();
    db.Open();
    db.Must("INSERT INTO t VALUES(2, 'one more', 'a', 1)");
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "one"), (std::set<int64_t>{1, 2}));
    // Only what was missed was read.
    EXPECT_EQ(db.index().Info().stats.batches, 1u);
    EXPECT_EQ(db.index().Info().problem, "");
}

TEST(LiveIndexTest, ChangesOfTheSchemaBuildItAgain) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    db.Must("INSERT INTO t VALUES(1, 'one', 'a', 1)");
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "one"), std::set<int64_t>{1});
    db.Must("ALTER TABLE t ADD COLUMN more TEXT DEFAULT 'x'");
    db.Must("INSERT INTO t VALUES(2, 'one', 'a', 1, 'y')");
    EXPECT_EQ(db.Find("body", "one"), (std::set<int64_t>{1, 2}));
    db.Must("ALTER TABLE t DROP COLUMN more");
    db.Must("UPDATE t SET body = 'two' WHERE id = 1");
    EXPECT_EQ(db.Find("body", "one"), (std::set<int64_t>{2}));
    db.Must("DROP TABLE t");
    const auto view = db.index().WaitFor(db.tables().applied(), 30'000'000);
    EXPECT_EQ(ReasonOf(view.status()), "INDEX_FAILED") << view.status();
}

TEST(LiveIndexTest, DamageIsBuiltAgain) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    for (int i = 0; i < 50; ++i)
        db.Must(StrCat("INSERT INTO t VALUES(", i, ", 'word w", i, "', 'a', 1)"));
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "word").size(), 50u);
    db.index().Close();
    db.Shut();
    bool damaged = false;
    const auto generations = db.fs().List("db/search/it");
    ASSERT_TRUE(generations.ok()) << generations.status();
    for (const auto& generation : *generations) {
        const std::string folder = StrCat("db/search/it/", generation.name);
        const auto files = db.fs().List(folder);
        ASSERT_TRUE(files.ok());
        for (const auto& file : *files) {
            if (!file.name.ends_with(".seg")) continue;
            std::string bytes = *db.fs().Peek(StrCat(folder, "/", file.name));
            bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
            bytes[10] = static_cast<char>(bytes[10] ^ 1);
            ASSERT_TRUE(db.fs().Poke(StrCat(folder, "/", file.name), bytes).ok());
            damaged = true;
        }
    }
    ASSERT_TRUE(damaged);
    db.Open();
    db.StartIndex(kArguments);
    auto view = db.index().WaitFor(db.tables().applied(), 30'000'000);
    ASSERT_TRUE(view.ok()) << view.status();
    const auto query = index::MakeQuery(index::TermQuery{.field = "body", .term = "word"});
    const auto result = index::Search(*view->snapshot, {.query = query, .size = 100});
    if (!result.ok()) {
        EXPECT_EQ(ReasonOf(result.status()), "INDEX_DAMAGED");
        db.index().Damaged(view->snapshot);
    }
    EXPECT_EQ(db.Find("body", "word").size(), 50u);
    EXPECT_NE(db.index().Info().problem, "");
}

TEST(LiveIndexTest, RebuildsBesideWhatServes) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, tag TEXT, n REAL)");
    db.Must("INSERT INTO t VALUES(1, 'one', 'a', 1)");
    db.StartIndex(kArguments);
    EXPECT_EQ(db.Find("body", "one"), std::set<int64_t>{1});
    for (int i = 0; i < 5; ++i) {
        db.index().Rebuild();
        db.Must(StrCat("INSERT INTO t VALUES(", 10 + i, ", 'one', 'a', 1)"));
        EXPECT_EQ(db.Find("body", "one").size(), static_cast<size_t>(2 + i));
    }
}

}  // namespace
}  // namespace blasty::search::internal
