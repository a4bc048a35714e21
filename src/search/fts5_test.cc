// What SQLite's FTS5 finds, for what both languages can say: the same rows, and for one word in the
// same order.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>

#include "search/internal/test_tables.h"
#include "search/query_string.h"

namespace blasty::search::internal {
namespace {

// An FTS5 table in memory.
class Fts5 {
  public:
    Fts5() {
        EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
        Run("CREATE VIRTUAL TABLE f USING fts5(body, title, tokenize = 'unicode61')");
        // Its rank takes the length of the whole row, whatever column is asked for.
        Run("CREATE VIRTUAL TABLE bodies USING fts5(body, tokenize = 'unicode61')");
    }
    ~Fts5() { sqlite3_close(db_); }
    Fts5(const Fts5&) = delete;
    Fts5& operator=(const Fts5&) = delete;

    void Run(const std::string& sql) {
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
            << sql << ": " << (message == nullptr ? "" : message);
        sqlite3_free(message);
    }
    // Row -> rank, the smaller the better.
    std::map<int64_t, double> Find(const std::string& table, const std::string& query) {
        sqlite3_stmt* statement = nullptr;
        const std::string sql =
            StrCat("SELECT rowid, rank FROM ", table, " WHERE ", table, " MATCH ?1");
        EXPECT_EQ(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        sqlite3_bind_text(statement, 1, query.c_str(), -1, SQLITE_TRANSIENT);
        std::map<int64_t, double> found;
        int code;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            found.emplace(sqlite3_column_int64(statement, 0), sqlite3_column_double(statement, 1));
        EXPECT_EQ(code, SQLITE_DONE) << query << ": " << sqlite3_errmsg(db_);
        sqlite3_finalize(statement);
        return found;
    }

  private:
    sqlite3* db_ = nullptr;
};

class Both {
  public:
    Both() {
        db_.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, title TEXT)");
        db_.StartIndex({"t", "body TEXT", "title TEXT"});
    }
    // Words of unequal frequency, with accents, capitals and points between some of them.
    std::string Text(uint32_t words_max) {
        static const char* const kOdd[] = {"Wörd", "ÉTÉ", "naïve", "x1", "Zoë", "42"};
        static const char* const kBetween[] = {" ", ", ", " - ", "! ", "\n"};
        std::string text;
        for (uint32_t n = random_() % words_max; n > 0; --n) {
            if (random_() % 9 == 0)
                text += kOdd[random_() % 6];
            else
                StrAppend(text, "w", random_() % (1 + random_() % 40));
            text += kBetween[random_() % 5];
        }
        return text;
    }
    void Put(int64_t id) {
        const std::string body = Text(40), title = Text(6);
        db_.Must(StrCat("INSERT OR REPLACE INTO t VALUES(", id, ", '", body, "', '", title, "')"));
        Forget(id);
        fts5_.Run(StrCat("INSERT INTO bodies(rowid, body) VALUES(", id, ", '", body, "')"));
        fts5_.Run(StrCat("INSERT INTO f(rowid, body, title) VALUES(", id, ", '", body, "', '",
                         title, "')"));
    }
    void Remove(int64_t id) {
        db_.Must(StrCat("DELETE FROM t WHERE id = ", id));
        Forget(id);
    }
    void Same(const std::string& ours, const std::string& theirs) {
        std::set<int64_t> wanted;
        for (const auto& [id, rank] : fts5_.Find("f", theirs)) wanted.insert(id);
        ASSERT_EQ(db_.Find(Parse(ours)), wanted) << ours << " | " << theirs;
    }
    // One word: both count alike, but for a factor, and for documents without a word, which FTS5
    // has in its average length.
    void SameOrder(const std::string& word) {
        const auto ranks = fts5_.Find("bodies", word);
        const auto view = db_.index().WaitFor(db_.tables().applied(), 30'000'000);
        ASSERT_TRUE(view.ok()) << view.status();
        const auto result =
            index::Search(*view->snapshot, {.query = Parse("body:" + word), .size = 1000});
        ASSERT_TRUE(result.ok()) << result.status();
        ASSERT_EQ(result->hits.size(), ranks.size());
        double before = -1e9;
        for (const index::Hit& hit : result->hits) {
            const auto key = tables::DecodeRow(hit.key);
            ASSERT_TRUE(key.ok());
            const double rank = ranks.at(std::get<int64_t>((*key)[0]));
            ASSERT_GE(rank, before - 0.02 * std::abs(before)) << word;
            before = rank;
        }
    }
    std::string Word() { return StrCat("w", random_() % 40); }
    std::mt19937& random() { return random_; }
    TestTables& db() { return db_; }

  private:
    void Forget(int64_t id) {
        fts5_.Run(
            StrCat("DELETE FROM f WHERE rowid = ", id, "; DELETE FROM bodies WHERE rowid = ", id));
    }
    index::QueryPtr Parse(const std::string& text) {
        const auto view = db_.index().WaitFor(db_.tables().applied(), 30'000'000);
        EXPECT_TRUE(view.ok()) << view.status();
        auto query = ParseQueryString(text, view->mapping->fields());
        EXPECT_TRUE(query.ok()) << text << ": " << query.status();
        return *query;
    }

    TestTables db_;
    Fts5 fts5_;
    std::mt19937 random_{20261129};
};

TEST(Fts5Test, FindsTheSame) {
    Both both;
    for (int64_t id = 1; id <= 300; ++id) both.Put(id);
    for (int round = 0; round < 300; ++round) {
        const auto id = static_cast<int64_t>(both.random()() % 320);
        if (both.random()() % 4 == 0)
            both.Remove(id);
        else
            both.Put(id);
        if (round % 10 == 0) {
            while (both.db().index().Maintain(1)) {
            }
        }
        const std::string a = both.Word(), b = both.Word(), c = both.Word();
        both.Same(a, a);
        both.Same(StrCat("+", a, " +", b), StrCat(a, " AND ", b));
        both.Same(StrCat(a, " ", b), StrCat(a, " OR ", b));
        both.Same(StrCat("+", a, " -", b), StrCat(a, " NOT ", b));
        both.Same(StrCat("(", a, " OR ", b, ") AND ", c), StrCat("(", a, " OR ", b, ") AND ", c));
        both.Same(StrCat("\"", a, " ", b, "\""), StrCat("\"", a, " ", b, "\""));
        both.Same(StrCat("title:", a), StrCat("title : ", a));
        both.Same(StrCat("body:\"", a, " ", b, "\""), StrCat("body : \"", a, " ", b, "\""));
        both.Same("w1*", "w1*");
        both.Same("été", "été");
        both.Same("NAIVE", "naïve");
        if (round % 10 == 0) both.SameOrder(a);
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace blasty::search::internal
