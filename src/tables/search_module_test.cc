// Search indexes in SQL: virtual tables USING search, over a module that looks words up in a map.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tables/internal/test_tables.h"

namespace blasty::tables {
namespace {

// Says what a request ended with: its reason and message.
std::string Told(const Status& status) {
    return status.ok() ? "" : StrCat(ReasonOf(status), ": ", MessageOf(status));
}

class FakeRows : public SearchRows {
  public:
    FakeRows(std::vector<std::pair<double, std::string>> found, std::string word, int* steps)
        : found_(std::move(found)), word_(std::move(word)), steps_(steps) {}
    Result<bool> Next() override {
        ++*steps_;
        return ++at_ < static_cast<int>(found_.size());
    }
    std::string_view key() const override { return found_[static_cast<size_t>(at_)].second; }
    double score() const override { return found_[static_cast<size_t>(at_)].first; }
    Result<MarkedText> Highlight(int, std::string_view text, const SearchMarks& marks) override {
        MarkedText out{std::string(text), false};
        const size_t at = out.text.find(word_);
        if (at == std::string::npos) return out;
        out.text = StrCat(text.substr(0, at), marks.before, word_, marks.after,
                          text.substr(at + word_.size()));
        out.matched = true;
        return out;
    }
    Result<MarkedText> Snippet(int column, std::string_view text,
                               const SnippetForm& form) override {
        auto out = Highlight(column, text, form.marks);
        if (out.ok()) out->text = StrCat(form.ellipsis, out->text, form.tokens);
        return out;
    }

  private:
    const std::vector<std::pair<double, std::string>> found_;
    const std::string word_;
    int* const steps_;
    int at_ = -1;
};

// Finds the rows that a test has put under a word.
class FakeModule : public SearchModule {
  public:
    Result<SearchTable> Describe(std::string_view,
                                 const std::vector<std::string>& arguments) const override {
        SearchTable table;
        for (const std::string& argument : arguments) {
            std::istringstream words(argument);
            std::string first;
            words >> first;
            if (first == "bad")
                return MakeError(StatusCode::kInvalidArgument, "BAD_INDEX_DEFINITION",
                                 "'bad' is no column; name one");
            if (table.table.empty())
                table.table = first;
            else
                table.columns.push_back(first);
        }
        return table;
    }
    Result<std::unique_ptr<SearchRows>> Find(const SearchQuery& query) override {
        last = query;
        last_index = query.index;
        const std::string word(query.text);
        if (word == "(")
            return MakeError(StatusCode::kInvalidArgument, "BAD_QUERY", "'(' is not closed");
        return std::make_unique<FakeRows>(found[word], word, &steps);
    }
    std::map<std::string, std::vector<std::pair<double, std::string>>> found;
    SearchQuery last;
    std::string last_index;
    int steps = 0;
};

constexpr char kIndex[] =
    "CREATE VIRTUAL TABLE words USING search(packages, name TEXT BOOST 3, note TEXT, size NUMERIC)";

class SearchModuleTest : public testing::Test {
  protected:
    SearchModuleTest() : module_(std::make_shared<FakeModule>()), db_(fs_, With(module_)) {}
    static TablesOptions With(std::shared_ptr<SearchModule> module) {
        TablesOptions options = ManualTables();
        options.search = std::move(module);
        return options;
    }
    void SetUp() override {
        ASSERT_TRUE(db_.status().ok()) << db_.status();
        db_.Must("CREATE TABLE packages(id INTEGER PRIMARY KEY, name TEXT, note TEXT, size INT)");
        db_.Must(
            "INSERT INTO packages VALUES (1, 'vim', 'an editor', 5), (2, 'emacs', 'editor too', 9),"
            " (3, 'nano', NULL, 1)");
        db_.Must(kIndex);
        module_->found["editor"] = {{3.5, EncodeRow({int64_t{2}})}, {1.5, EncodeRow({int64_t{1}})}};
        module_->found["all"] = {{3, EncodeRow({int64_t{3}})},
                                 {2, EncodeRow({int64_t{1}})},
                                 {1, EncodeRow({int64_t{2}})}};
    }
    std::string Told(std::string_view sql) { return tables::Told(db_.Run(sql).status()); }
    // The error of a query.
    std::string Why(std::string_view sql) {
        ReadRequest request;
        request.statement.sql = sql;
        auto query = db_.tables().Read(request);
        if (!query.ok()) return tables::Told(query.status());
        std::vector<std::string> rows;
        Result<bool> more = true;
        while (more.ok() && *more) more = (*query)->Next(100, 1 << 20, &rows);
        return tables::Told(more.status());
    }
    std::string Others() {
        std::string out;
        for (const SchemaObject& object : db_.tables().schema()->others)
            StrAppend(out, object.type, " ", object.name, " ", object.table, ";");
        return out;
    }

    io::MemoryFileSystem fs_;
    std::shared_ptr<FakeModule> module_;
    TestDatabase db_;
};

TEST_F(SearchModuleTest, FindsRowsBestFirst) {
    EXPECT_EQ(db_.Ask("SELECT name, rank, rowid FROM words WHERE words MATCH 'editor'"),
              "'emacs',-3.500000,2|'vim',-1.500000,1");
    EXPECT_EQ(module_->last_index, "words");
    EXPECT_EQ(module_->last.at, db_.tables().applied());
    EXPECT_EQ(db_.Ask("SELECT * FROM words('editor') ORDER BY rank"),
              "'emacs','editor too',9|'vim','an editor',5");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'all' AND size > '4'"
                      " ORDER BY rank DESC"),
              "'emacs'|'vim'");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'nothing'"), "");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH NULL"), "");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'editor' OR words MATCH 'all'"
                      " ORDER BY name"),
              "'emacs'|'nano'|'vim'");
}

TEST_F(SearchModuleTest, ALimitReadsNoMore) {
    module_->steps = 0;
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'all' ORDER BY rank LIMIT 1"),
              "'nano'");
    EXPECT_LE(module_->steps, 2);
    EXPECT_EQ(db_.Ask("SELECT name FROM words('all') ORDER BY rank LIMIT 1 OFFSET 2"), "'emacs'");
    EXPECT_EQ(module_->last.rows_likely, 3u);
}

TEST_F(SearchModuleTest, Joins) {
    db_.Must("CREATE TABLE votes(id INTEGER PRIMARY KEY, package INTEGER, stars INTEGER)");
    db_.Must("INSERT INTO votes VALUES (1, 1, 4), (2, 2, 3), (3, 2, 5)");
    EXPECT_EQ(db_.Ask("SELECT w.name, sum(stars) FROM votes v JOIN words w ON w.rowid = v.package"
                      " WHERE words MATCH 'editor' GROUP BY w.name"),
              "'emacs',8|'vim',4");
    EXPECT_EQ(db_.Ask("SELECT p.id, highlight(words, 1, '<', '>') FROM packages p LEFT JOIN words w"
                      " ON w.rowid = p.id AND w.words MATCH 'editor' ORDER BY p.id"),
              "1,'an <editor>'|2,'<editor> too'|3,NULL");
    // The words of one table searched in the other.
    db_.Must("CREATE TABLE asked(word TEXT PRIMARY KEY)");
    db_.Must("INSERT INTO asked VALUES ('all'), ('editor')");
    EXPECT_EQ(db_.Ask("SELECT word, count(*) FROM asked, words WHERE words MATCH word GROUP BY 1"),
              "'all',3|'editor',2");
    db_.Must(
        "CREATE VIEW editors AS SELECT name, snippet(words, 'note', '[', ']', '~', 7) AS s"
        " FROM words WHERE words MATCH 'editor'");
    EXPECT_EQ(db_.Ask("SELECT * FROM editors"), "'emacs','~[editor] too7'|'vim','~an [editor]7'");
}

TEST_F(SearchModuleTest, HighlightsAndSnippets) {
    EXPECT_EQ(db_.Ask("SELECT highlight(words, 0, '<', '>'), snippet(words, -1, '<', '>', '.', 3)"
                      " FROM words WHERE words MATCH 'editor' ORDER BY name DESC"),
              "'vim','.an <editor>3'|'emacs','.<editor> too3'");
    EXPECT_EQ(db_.Ask("SELECT highlight(words, 1, '<', '>') FROM words WHERE words MATCH 'all'"
                      " LIMIT 1"),
              "NULL");
    EXPECT_NE(Why("SELECT highlight(words, 7, '<', '>') FROM words WHERE words MATCH 'all'")
                  .find("no column 7"),
              std::string::npos);
    EXPECT_NE(Why("SELECT highlight(packages, 0, '', '') FROM packages"), "");
    EXPECT_NE(Why("SELECT highlight(name, 0, '', '') FROM packages").find("in the query"),
              std::string::npos);
    EXPECT_NE(Why("SELECT highlight(12345, 0, '', '')").find("in the query"), std::string::npos);
}

TEST_F(SearchModuleTest, QueriesThatCannotBeAnswered) {
    EXPECT_NE(Why("SELECT * FROM words").find("needs MATCH"), std::string::npos);
    EXPECT_EQ(Why("SELECT * FROM words WHERE words MATCH '('"), "BAD_QUERY: '(' is not closed");
    EXPECT_NE(Why("SELECT * FROM words WHERE name MATCH 'x'").find("words MATCH 'column:"),
              std::string::npos);
    EXPECT_NE(
        Why("SELECT * FROM words WHERE words MATCH 'x' AND words MATCH 'y'").find("two MATCH"),
        std::string::npos);
    module_->found["lost"] = {{1, EncodeRow({int64_t{99}})}};
    EXPECT_EQ(Why("SELECT name FROM words WHERE words MATCH 'lost'").find("INDEX_DAMAGED"), 0u);
    EXPECT_EQ(db_.Ask("SELECT 1 FROM words WHERE words MATCH 'editor'"), "1|1");
}

TEST_F(SearchModuleTest, KeysOfSeveralColumns) {
    db_.Must(
        "CREATE TABLE pages(site TEXT COLLATE NOCASE, path TEXT, body TEXT,"
        " PRIMARY KEY(path, site)) WITHOUT ROWID");
    db_.Must("INSERT INTO pages VALUES ('A', '/x', 'one'), ('b', '/y', 'two')");
    db_.Must("CREATE VIRTUAL TABLE pages_text USING search(pages, body, site)");
    module_->found["p"] = {{2, EncodeRow({T("/y"), T("b")})}, {1, EncodeRow({T("/x"), T("A")})}};
    EXPECT_EQ(db_.Ask("SELECT rowid, body, site = 'B' FROM pages_text WHERE pages_text MATCH 'p'"),
              "1,'two',1|2,'one',0");
}

TEST_F(SearchModuleTest, DefinitionsAreChecked) {
    EXPECT_EQ(Told("CREATE VIRTUAL TABLE w USING search(packages, bad)"),
              "BAD_INDEX_DEFINITION: 'bad' is no column; name one");
    EXPECT_NE(Told("CREATE VIRTUAL TABLE w USING search(nowhere, a)").find("table 'nowhere'"),
              std::string::npos);
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE w USING search(words, name)"), "BAD_INDEX_DEFINITION");
    EXPECT_NE(Told("CREATE VIRTUAL TABLE w USING search(packages, colour)").find("'colour'"),
              std::string::npos);
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE name USING search(packages, name)"),
              "BAD_INDEX_DEFINITION");
    EXPECT_EQ(db_.Try(kIndex), "SQL_ERROR");
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE packages USING search(packages, name)"), "SQL_ERROR");
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE IF NOT EXISTS words USING search(packages, name)"), "");
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE __blasty_x USING search(packages, name)"),
              "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE temp.x USING search(packages, name)"),
              "STATEMENT_REFUSED");
    EXPECT_EQ(db_.Try("CREATE VIRTUAL TABLE x USING fts5(name)"), "STATEMENT_REFUSED");
    EXPECT_EQ(Others(), "search words packages;");
    EXPECT_EQ(db_.tables().schema()->tables.size(), 1u);
}

TEST_F(SearchModuleTest, WritesAndChangesAreRefused) {
    for (const char* sql :
         {"INSERT INTO words(name) VALUES ('x')", "DELETE FROM words",
          "UPDATE words SET name = 'x' WHERE words MATCH 'editor'", "ALTER TABLE words RENAME TO w",
          "DROP TABLE packages", "ALTER TABLE packages RENAME TO p",
          "ALTER TABLE packages RENAME COLUMN note TO text",
          "ALTER TABLE packages DROP COLUMN size",
          "INSERT INTO packages(name) SELECT name FROM words WHERE words MATCH 'editor'"})
        EXPECT_EQ(db_.Try(sql), "STATEMENT_REFUSED") << sql << ": " << Told(sql);
    EXPECT_NE(Told("DELETE FROM words").find("table 'packages' instead"), std::string::npos);
    EXPECT_NE(Told("INSERT INTO words(name) VALUES ('x')").find("table 'packages' instead"),
              std::string::npos);
    EXPECT_NE(Told("DROP TABLE packages").find("DROP TABLE words"), std::string::npos);
    EXPECT_NE(db_.Try("ALTER TABLE words ADD COLUMN x"), "");
    EXPECT_NE(db_.Try("CREATE INDEX w ON words(name)"), "");
    db_.Must("ALTER TABLE packages ADD COLUMN more TEXT DEFAULT 'm'");
    db_.Must("ALTER TABLE packages DROP COLUMN more");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'editor'"), "'emacs'|'vim'");
    db_.Must("DROP TABLE words");
    EXPECT_EQ(db_.Try("DROP TABLE words"), "SQL_ERROR");
    db_.Must("DROP TABLE IF EXISTS words");
    EXPECT_EQ(Others(), "");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'editor'"), "SQL_ERROR");
    db_.Must("DROP TABLE packages");
}

TEST_F(SearchModuleTest, InATransactionOfSchemaStatements) {
    WriteRequest request = Request("CREATE TABLE IF NOT EXISTS packages(id INTEGER PRIMARY KEY)");
    request.statements.push_back(
        {"CREATE VIRTUAL TABLE IF NOT EXISTS words USING search(packages, name)", {}, {}});
    request.statements.push_back(
        {"CREATE VIRTUAL TABLE more USING search(packages, name)", {}, {}});
    const auto run = db_.Run(request);
    EXPECT_TRUE(run.ok()) << run.status();
    EXPECT_EQ(Others(), "search more packages;search words packages;");
    WriteRequest fails = Request("DROP TABLE more");
    fails.statements.push_back({"DROP TABLE words", {}, {}});
    fails.statements.push_back({"CREATE VIRTUAL TABLE x USING search(packages, nix)", {}, {}});
    EXPECT_EQ(ReasonOf(db_.Run(fails).status()), "BAD_INDEX_DEFINITION");
    EXPECT_EQ(Others(), "search more packages;search words packages;");
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'editor'"), "'emacs'|'vim'");
    EXPECT_EQ(db_.Try("INSERT INTO words(name) VALUES ('x')"), "STATEMENT_REFUSED");
}

TEST_F(SearchModuleTest, RestartsReplaysAndCopies) {
    db_.Must("CREATE VIRTUAL TABLE gone USING search(packages, name)");
    db_.Must("DROP TABLE gone");
    const std::string rows = db_.Ask("SELECT * FROM words WHERE words MATCH 'editor'");
    ASSERT_TRUE(db_.tables().CopyTo("db/copy").ok());
    // As after kill -9: what was not checkpointed is in the WAL or the log.
    const auto killed = fs_.Clone();
    TestDatabase other(*killed, With(module_));
    ASSERT_TRUE(other.status().ok()) << other.status();
    EXPECT_EQ(other.Ask("SELECT * FROM words WHERE words MATCH 'editor'"), rows);
    for (const bool rebuild : {false, true}) {
        db_.Shut();
        if (rebuild) {
            ASSERT_TRUE(fs_.Remove("db/tables.db").ok());
            (void)fs_.Remove("db/tables.db-wal");
        }
        db_.Open();
        ASSERT_TRUE(db_.status().ok()) << db_.status();
        EXPECT_EQ(Others(), "search words packages;");
        EXPECT_EQ(db_.Ask("SELECT * FROM words WHERE words MATCH 'editor'"), rows);
        EXPECT_EQ(db_.Try("DROP TABLE packages"), "STATEMENT_REFUSED");
    }
    ASSERT_TRUE(fs_.Poke("db/tables.db", *fs_.Peek("db/copy")).ok());
    db_.Restart();
    EXPECT_EQ(db_.Ask("SELECT * FROM words WHERE words MATCH 'editor'"), rows);
}

// A server without a search engine opens the database, and can be rid of the index.
TEST_F(SearchModuleTest, WithoutAModule) {
    db_.Shut();
    ASSERT_TRUE(fs_.Remove("db/tables.db").ok());
    (void)fs_.Remove("db/tables.db-wal");
    TestDatabase bare(fs_);
    ASSERT_TRUE(bare.status().ok()) << bare.status();
    EXPECT_EQ(bare.tables().schema()->others.size(), 1u);
    EXPECT_EQ(bare.Ask("SELECT rank FROM words WHERE words MATCH 'editor'"), "STATEMENT_REFUSED");
    const auto made = bare.Run("CREATE VIRTUAL TABLE w USING search(packages, name)");
    EXPECT_EQ(tables::Told(made.status()).find("STATEMENT_REFUSED: search is not available here"),
              0u);
    EXPECT_EQ(bare.Ask("SELECT count(*) FROM packages"), "3");
    bare.Must("DROP TABLE words");
    bare.Must("DROP TABLE packages");
}

TEST_F(SearchModuleTest, AnotherConnectionSeesOneSnapshot) {
    auto connection = db_.tables().OpenConnection();
    ASSERT_TRUE(connection.ok()) << connection.status();
    const auto snapshot = (*connection)->BeginSnapshot();
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    db_.Must("UPDATE packages SET name = 'ed' WHERE id = 1");
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2((*connection)->handle(),
                                 "SELECT group_concat(name) FROM words WHERE words MATCH 'editor'",
                                 -1, &statement, nullptr),
              SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)), "emacs,vim");
    EXPECT_EQ(module_->last.at, snapshot->sequence);
    sqlite3_finalize(statement);
    (*connection)->EndSnapshot();
    EXPECT_EQ(db_.Ask("SELECT name FROM words WHERE words MATCH 'editor'"), "'emacs'|'ed'");
}

}  // namespace
}  // namespace blasty::tables
