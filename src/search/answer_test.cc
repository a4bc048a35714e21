// Whole answers: how scores come about, and searches as JSON.
#include "search/internal/answer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>

#include "search/internal/answer_json.h"
#include "search/internal/row_ids.h"
#include "search/internal/test_tables.h"

namespace blasty::search::internal {
namespace {

class AnswerTest : public testing::Test {
  public:
    void SetUp() override {
        db_.Must("CREATE TABLE p(name TEXT PRIMARY KEY, about TEXT, section TEXT, size INTEGER)");
        db_.Must(
            "INSERT INTO p VALUES('nginx', 'small web server', 'httpd', 10), "
            "('apache2', 'HTTP server', 'httpd', 40), ('lynx', 'web browser', 'web', 25), "
            "('42', 'a number', NULL, NULL)");
        db_.StartIndex({"p", "name TEXT BOOST 3", "about TEXT LANGUAGE english", "section FACET",
                        "size NUMERIC", "about FACET AS whole"});
    }
    LiveIndex::View View() {
        auto view = db_.index().WaitFor(db_.tables().applied(), 30'000'000);
        EXPECT_TRUE(view.ok()) << view.status();
        return *std::move(view);
    }
    Result<std::string> Json(const std::string& json) {
        return AnswerJson({.index = "it", .json = json}, View(), db_.tables(), SystemClock(), 0);
    }
    std::string Must(const std::string& json) {
        const auto answer = Json(json);
        EXPECT_TRUE(answer.ok()) << json << ": " << answer.status();
        simdjson::dom::parser parser;
        EXPECT_EQ(parser.parse(answer.ok() ? *answer : "").error(), simdjson::SUCCESS);
        return answer.ok() ? *answer : "";
    }
    // The ids of the hits.
    std::string Ids(const std::string& json) {
        simdjson::dom::parser parser;
        const std::string answer = Must(json);
        std::string out;
        for (const auto hit : parser.parse(answer)["hits"].get_array())
            StrAppend(out, out.empty() ? "" : " ", std::string_view(hit["id"]));
        return out;
    }
    void ExpectHas(const std::string& answer, const std::string& part) {
        EXPECT_NE(answer.find(part), std::string::npos) << part << "\nin " << answer;
    }

  protected:
    TestTables db_;
};

TEST_F(AnswerTest, ScoresAreExplained) {
    for (const bool as_you_type : {false, true}) {
        const auto response =
            Answer({.query = "web serv", .explain = true, .as_you_type = as_you_type}, View(),
                   db_.tables());
        ASSERT_TRUE(response.ok()) << response.status();
        ASSERT_FALSE(response->hits.empty());
        for (const ResultHit& hit : response->hits) {
            ASSERT_TRUE(hit.explanation);
            EXPECT_NEAR(hit.explanation->value, hit.score, 1e-4 * hit.score);
            EXPECT_FALSE(hit.explanation->parts.empty());
        }
    }
    const auto plain = Answer({.query = "web"}, View(), db_.tables());
    ASSERT_TRUE(plain.ok());
    EXPECT_FALSE(plain->hits[0].explanation);
    const std::string json = Must(R"({"query":{"match":"web"},"explain":true})");
    ExpectHas(json, R"("explanation":{"value":)");
    ExpectHas(json, R"("children":[{"value":)");
}

TEST_F(AnswerTest, JsonIsTheWholeSearch) {
    const std::string json = Must(
        R"({"query":{"match":"servers","field":"about"},"size":1,"fields":["size","whole","section"],
            "highlight":{"fields":["about"]},"includeLocations":true,"sort":["-size"],
            "facets":{"sections":{"field":"section"},"sizes":{"field":"size","numeric_ranges":
            [{"name":"small","max":20},{"name":"large","min":20}]}}})");
    ExpectHas(json,
              R"("status":{"total":1,"failed":0,"successful":1},"request":{"query":{"match")");
    ExpectHas(json, R"("hits":[{"index":"it","id":"apache2","score":0,)");
    ExpectHas(json, R"("locations":{"about":{"server":[{"pos":2,"start":5,"end":11,)");
    ExpectHas(json, R"("fragments":{"about":["HTTP <mark>server</mark>"]},"sort":[40],)");
    ExpectHas(json, R"("fields":{"size":40,"whole":"HTTP server","section":"httpd"}}])");
    ExpectHas(json, R"("total_hits":2)");
    ExpectHas(json, R"("terms":[{"term":"httpd","count":2}])");
    ExpectHas(json, R"("numeric_ranges":[{"name":"large","min":20,"count":1},)");
    ExpectHas(Must(R"({"query":{"match_all":{}},"fields":["*"],"sort":["_id"]})"),
              R"("fields":{"name":"42","about":"a number","section":null,"size":null})");
}

TEST_F(AnswerTest, JsonGoesOnBehindAHit) {
    EXPECT_EQ(Ids(R"({"query":{"ids":["nginx","42","nobody"]},"sort":["-_id"]})"), "nginx 42");
    for (const std::string sort : {R"(["_id"])", R"(["section","_id"])"}) {
        std::string all, after;
        for (int i = 0; i < 4; ++i) {
            const std::string json =
                Must(StrCat(R"({"query":"*","size":1,"sort":)", sort, after, "}"));
            simdjson::dom::parser parser;
            const auto hit = parser.parse(json)["hits"].at(0);
            ASSERT_EQ(hit.error(), simdjson::SUCCESS) << json;
            StrAppend(all, std::string_view(hit["id"]), " ");
            after = StrCat(",\"search_after\":", simdjson::minify(hit["sort"].value()));
        }
        EXPECT_EQ(all.find("nginx") == std::string::npos, false) << all;
        EXPECT_EQ(std::count(all.begin(), all.end(), ' '), 4);
        EXPECT_EQ(Ids(StrCat(R"({"query":"*","size":1,"sort":)", sort, after, "}")), "");
    }
}

TEST_F(AnswerTest, JsonErrors) {
    const std::pair<const char*, const char*> kCases[] = {
        {"{", "not JSON"},
        {R"({"query":{"match":5}})", "must be a string"},
        {R"({"query":"*","fields":["nope"]})", "neither table 'p' nor the index has 'nope'"},
        {R"({"query":"*","search_after":[1],"search_before":[1]})",
         "cannot use search after and search before together"},
        {R"({"query":"*","sort":["_id"],"search_after":["x"]})", "must be what a hit has"},
        {R"({"query":"*","facets":{"a":{"field":"section","size":10001}}})", "10000"},
    };
    for (const auto& [json, message] : kCases) {
        const auto answer = Json(json);
        EXPECT_EQ(ReasonOf(answer.status()), "BAD_QUERY") << json;
        EXPECT_NE(MessageOf(answer.status()).find(message), std::string_view::npos)
            << answer.status();
    }
}

TEST(RowIdsTest, StandForKeys) {
    const auto text = [](const std::string& bytes) { return tables::Value(tables::Text{bytes}); };
    EXPECT_EQ(KeysOf("a,b", 1), std::vector<std::string>{tables::EncodeRow({text("a,b")})});
    EXPECT_EQ(KeysOf("7", 1), (std::vector<std::string>{tables::EncodeRow({int64_t{7}}),
                                                        tables::EncodeRow({text("7")})}));
    EXPECT_EQ(KeysOf("a,b", 2),
              std::vector<std::string>{tables::EncodeRow({text("a"), text("b")})});
    EXPECT_EQ(KeysOf("1,2", 2).size(), 4u);
    EXPECT_TRUE(KeysOf("a", 2).empty());
    const std::string key = tables::EncodeRow({int64_t{-300}, text("\xff")});
    EXPECT_EQ(ReadKeyText(KeyText(key)), key);
    EXPECT_EQ(ReadKeyText("0x"), std::nullopt);
    EXPECT_EQ(ReadKeyText("012"), std::nullopt);
}

}  // namespace
}  // namespace blasty::search::internal
