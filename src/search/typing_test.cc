// Words on their way: searches while somebody types, corrections, completions.
#include <gtest/gtest.h>

#include <algorithm>

#include "analysis/chain.h"
#include "search/internal/answer.h"
#include "search/internal/as_you_type.h"
#include "search/internal/keeps_words.h"
#include "search/internal/query_string_test_fields.h"
#include "search/internal/suggestions.h"
#include "search/internal/test_tables.h"
#include "search/query_string.h"

namespace blasty::search::internal {
namespace {

TEST(WrittenWordsTest, KnowsWhichAnalyzersStem) {
    for (const analysis::AnalyzerInfo& info : analysis::ListAnalyzers()) {
        const auto analyzer = analysis::MakeAnalyzer(info.name);
        ASSERT_TRUE(analyzer.ok());
        EXPECT_EQ(KeepsWords(**analyzer), info.chain.find("stem") == std::string::npos)
            << info.name << ": " << info.chain;
    }
    EXPECT_FALSE(KeepsWords(**analysis::MakeAnalyzer("unicode | fold | ngram 2 3")));
}

std::string Typed(std::string_view text) {
    static const Fields fields = TestFields();
    const auto query = ParseQueryString(text, fields, {.as_you_type = true});
    return query.ok() ? QueryText(*query) : std::string(MessageOf(query.status()));
}

TEST(AsYouTypeTest, QueriesOfWords) {
    EXPECT_EQ(Typed("name:ca"), "{(+name=ca^0.05 +all^16) name=prefix ca^14}");
    EXPECT_EQ(Typed("name:ca "), "(+name=ca^0.05 +all^16)");
    EXPECT_EQ(Typed("name:cats"),
              "{(+name=cats^0.05 +all^16) name=prefix cats^14 (+all^6 #name=cats~1/1)}");
    // Stems that a word may be on its way to.
    EXPECT_EQ(Typed("text:cities"),
              "{(+text=citi^0.05 +all^16) text=prefix cities^14 (+all^12 #(text=citie text=citi)) "
              "(+all^6 #text=citi~1/1)}");
    EXPECT_EQ(Typed("text:the "), "none");
    EXPECT_EQ(Typed("text:the"), "text=prefix the^14");
    // Two letters from 8 on; not what has a sign of its own, is a phrase or a pattern.
    EXPECT_NE(Typed("name:elephants").find("~2/1"), std::string::npos);
    EXPECT_EQ(Typed("name:cats~ name:\"big cats\" name:c*").find("all"), std::string::npos);
    EXPECT_EQ(Typed("price:5"), "price=[5..5]");
    // Of many words the first ones and the last.
    std::string many;
    for (int i = 0; i < 40; ++i) many += "name:elephants ";
    many = Typed(many + "name:elephants");
    size_t fuzzy = 0;
    for (size_t at = many.find("~2"); at != std::string::npos; at = many.find("~2", at + 1))
        ++fuzzy;
    EXPECT_EQ(fuzzy, 17u);
    // What cannot be read is taken as words.
    for (const char* text : {"name:\"cats", "(cats", "+ -", "foo:bar", "price:x", "a AND", "a^x"})
        EXPECT_EQ(Typed(text).find("could not parse"), std::string::npos) << Typed(text);
}

// A small catalogue.
class TypingTest : public testing::Test {
  public:
    void SetUp() override {
        db_.Must("CREATE TABLE p(name TEXT PRIMARY KEY, about TEXT, section TEXT, size INTEGER)");
        Add("nginx", "small, powerful, scalable web server", "httpd");
        Add("apache2", "Apache HTTP Server, configured by files", "httpd");
        Add("webmin", "web interface for the configuration of a system", "admin");
        Add("engine", "searches documents of libraries", "text");
        Add("lynx", "browser for the web, with many options", "Web");
        Add("webalizer", "analysis of logs of a web server", "Web Tools");
        for (int i = 0; i < 30; ++i)
            Add(StrCat("lib", i), "library that searches for documents", "libs");
        db_.StartIndex({"p", "name TEXT BOOST 3", "about TEXT LANGUAGE english", "section FACET"});
    }

    void Add(const std::string& name, const std::string& about, const std::string& section) {
        db_.Must(StrCat("INSERT INTO p VALUES('", name, "','", about, "','", section, "',1)"));
    }
    LiveIndex::View View() {
        auto view = db_.index().WaitFor(db_.tables().applied(), 30'000'000);
        EXPECT_TRUE(view.ok()) << view.status();
        return *std::move(view);
    }
    Response Find(const Request& request) {
        const auto response = Answer(request, View(), db_.tables());
        EXPECT_TRUE(response.ok()) << response.status();
        return response.ok() ? *response : Response();
    }
    std::vector<std::string> Ids(const std::string& typed, bool all_words = false) {
        const Response response =
            Find({.query = typed, .all_words = all_words, .size = 100, .as_you_type = true});
        std::vector<std::string> ids;
        for (const ResultHit& hit : response.hits) ids.push_back(hit.id);
        return ids;
    }
    std::string DidYouMean(const std::string& text) {
        return Find({.query = text, .did_you_mean = true}).did_you_mean;
    }
    Result<SuggestResult> Suggest(const std::string& text,
                                  const std::vector<std::string>& fields = {}, size_t size = 10) {
        return Suggestions({.text = text, .fields = fields, .size = size}, View(), db_.tables());
    }
    std::string Suggested(const std::string& text, const std::vector<std::string>& fields = {}) {
        const auto found = Suggest(text, fields);
        if (!found.ok()) return ReasonOf(found.status());
        std::string out;
        for (const Suggestion& each : found->suggestions) {
            StrAppend(out, out.empty() ? "" : ", ", each.text, " ", each.documents,
                      each.distance > 0 ? "~" : "");
        }
        return out;
    }

  protected:
    TestTables db_;
};

TEST_F(TypingTest, EachLetterFindsMore) {
    EXPECT_EQ(Ids("ngi"), std::vector<std::string>{"nginx"});
    for (const std::string typed :
         {"configur", "configura", "configurat", "configurati", "configuratio", "configuration"}) {
        const auto ids = Ids(typed);
        EXPECT_EQ(ids.size(), 2u) << typed;
    }
    EXPECT_EQ(Ids("web ser", true), (std::vector<std::string>{"webalizer", "nginx"}));
    EXPECT_EQ(Ids("+web -ser").size(), 2u);
    EXPECT_EQ(Ids("\"web server").size(), 36u - 30u - 1u);
    // Not the first letter; swapped neighbours are one.
    EXPECT_EQ(Ids("ngnix"), std::vector<std::string>{"nginx"});
    EXPECT_EQ(Ids("mginx"), std::vector<std::string>());
    // A word that the beginning of it happens to be is not what was meant.
    EXPECT_EQ(Ids("webserch"), std::vector<std::string>());
}

TEST_F(TypingTest, NearerIsBetter) {
    Add("form", "x", "libs");
    Add("format", "x", "libs");
    Add("from", "x", "libs");
    Add("other", "form", "libs");
    Add("another", "forms: forms and forms", "libs");
    EXPECT_EQ(Ids("form"),
              (std::vector<std::string>{"form", "format", "another", "other", "from"}));
    // In the better field all that begins so, before what is elsewhere.
    EXPECT_EQ(Ids("form").size(), 5u);
    EXPECT_EQ(Ids("form "), (std::vector<std::string>{"form", "another", "other", "from"}));
}

TEST_F(TypingTest, DidYouMean) {
    EXPECT_EQ(DidYouMean("web serachs"), "web searches");
    EXPECT_EQ(DidYouMean("+Wbe servr -\"Libary\"~2"), "+Web server -\"Library\"~2");
    EXPECT_EQ(DidYouMean("about:LIBARY name:ngnix*"), "about:LIBRARY name:ngnix*");
    EXPECT_EQ(DidYouMean("wbe-server"), "web-server");
    EXPECT_EQ(DidYouMean("wnginx OR (engin AND lynxx)"), "nginx OR (engine AND lynx)");
    // Right, not words, or nothing near.
    for (const char* text : {"web server", "the web", "lib77", "zzzzzz", "w", "httpd", "searching",
                             "*", "webbed\\-off"})
        EXPECT_EQ(DidYouMean(text), "") << text;
    EXPECT_EQ(Find({.query = "lib", .as_you_type = true, .did_you_mean = true}).did_you_mean, "");
}

TEST_F(TypingTest, HardlyAnyIsNoneToo) {
    // Of 1,500 rows one has it wrong.
    for (int i = 0; i < 30; ++i) {
        std::string rows;
        for (int j = 0; j < 50; ++j) {
            StrAppend(rows, rows.empty() ? "" : ",", "('n", i, "x", j, "','a database', '", j % 3,
                      "', 1)");
        }
        db_.Must("INSERT INTO p VALUES " + rows);
    }
    Add("bad", "a databse", "libs");
    EXPECT_EQ(DidYouMean("databse"), "database");
    Add("worse", "a databse", "libs");
    EXPECT_EQ(DidYouMean("databse"), "");
}

TEST_F(TypingTest, Suggestions) {
    EXPECT_EQ(Suggested("web s"),
              "web searches 31, web server 3, web scalable 1, web small 1, web system 1");
    EXPECT_EQ(Suggested("configuratio"), "configuration 2");
    EXPECT_EQ(Suggested("ng"), "nginx 1");
    EXPECT_EQ(Suggested("ngnix"), "nginx 1~");
    EXPECT_EQ(Suggested("+name:we"), "+name:webalizer 1, +name:webmin 1");
    EXPECT_EQ(Suggested("WE", {"section"}), "Web 1, Web Tools 1");
    EXPECT_EQ(Suggested("web t", {"section"}), "web text 1, Web Tools 1");
    EXPECT_EQ(Suggested("xyz web", {"section"}), "xyz Web 1, xyz Web Tools 1");
    for (const char* text : {"", "web ", "  ", "\"", "zzz", "name:"})
        EXPECT_EQ(Suggested(text), "") << text;
    EXPECT_EQ(Suggested("a", {"nope"}), "FIELD_NOT_FOUND");
    EXPECT_EQ(ReasonOf(Suggest("a", {}, 101).status()), "BAD_QUERY");
    EXPECT_EQ(ReasonOf(Suggest(std::string(1025, 'a')).status()), "BAD_QUERY");
    EXPECT_EQ(ReasonOf(Suggest("\xff").status()), "BAD_QUERY");
    EXPECT_EQ(Suggest("s", {}, 2)->suggestions.size(), 2u);
    db_.Must("DELETE FROM p WHERE name = 'nginx'");
    EXPECT_EQ(Suggested("ng"), "");
}

}  // namespace
}  // namespace blasty::search::internal
