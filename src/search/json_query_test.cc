// JSON queries, requests and results in Bleve's shape.
#include "search/json_query.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "search/internal/geo_text.h"
#include "search/internal/number_text.h"
#include "search/internal/query_string_test_fields.h"
#include "search/json_request.h"
#include "search/json_result.h"
#include "search/query_string.h"

namespace blasty::search::internal {
namespace {

std::string Parsed(std::string_view json) {
    static const Fields fields = TestFields();
    const auto query = ParseJsonQuery(json, fields);
    if (query.ok()) return QueryText(*query);
    EXPECT_EQ(ReasonOf(query.status()), "BAD_QUERY");
    return std::string(MessageOf(query.status()));
}

using Case = std::pair<std::string_view, std::string_view>;

TEST(JsonQueryTest, Words) {
    const Case kCases[] = {
        {R"({})", "none"},
        {R"({"match":"Big cats","field":"text"})", "(text=big text=cat)"},
        {R"({"match":"Big cats","field":"text","operator":"and","boost":2})",
         "(+text=big +text=cat)^2"},
        {R"({"match":"Cats","field":"text","analyzer":"standard"})", "text=cats"},
        {R"({"match":"cats"})", "{name=cats^3 text=cat}"},
        {R"({"match":"catsx","field":"name","fuzziness":1,"prefix_length":2})", "name=catsx~1/2^3"},
        {R"({"match":"to cat elephant","field":"text","fuzziness":"auto"})",
         "(text=cat~1 text=eleph~1)"},
        {R"({"match":"the","field":"text"})", "none"},
        {R"({"match":"5","field":"price"})", "price=[5..5]"},
        {R"({"term":"Cat","field":"text"})", "text=Cat"},
        {R"({"term":"cat","fuzziness":2,"field":"text"})", "text=cat~2"},
        {R"({"match_phrase":"big cats","field":"text"})", "text=\"0:big 1:cat\""},
        {R"({"terms":["a","b"],"field":"text"})", "text=\"0:a 1:b\""},
        {R"({"terms":[["a","b"],["c"]],"field":"text"})", "text=\"0:a b 1:c\""},
        {R"({"prefix":"Pre","field":"section"})", "section=prefix Pre"},
        {R"({"regexp":"^a.*","field":"text"})", "text=/a.*/"},
        {R"({"wildcard":"a*?","field":"text"})", "text=wild a*?"},
        {R"({"query":"+text:a1 -text:b1"})", "(+text=a1 -text=b1)"},
        {R"({"match_all":{}})", "all"},
        {R"({"match_none":{}})", "none"},
        {R"({"ids":["1","x"]})", "ids 1 x"},
        {R"({"bool":false,"field":"sold"})", "sold=F"},
    };
    for (const auto& [json, expected] : kCases) EXPECT_EQ(Parsed(json), expected) << json;
}

TEST(JsonQueryTest, RangesAndPlaces) {
    const Case kCases[] = {
        {R"({"min":1,"max":5,"field":"price"})", "price=[1..5}"},
        {R"({"min":1,"inclusive_min":false,"field":"price"})", "price={1..*]"},
        {R"({"min":"a","max":"c","inclusive_max":true,"field":"section"})", "section=[a..c]"},
        {R"({"start":"1970-01-02","field":"day"})", "day=[86400000000..*]"},
        {R"({"start":"1970-01-01T00:00:01Z","end":"1970-01-01 00:00:02","field":"day"})",
         "day=[1000000..2000000}"},
        {R"({"top_left":[1,4],"bottom_right":{"lat":3,"lng":2},"field":"place"})",
         "place=box 4 1 3 2"},
        {R"({"location":"1.5,2","distance":"2km","field":"place"})", "place=near 1.5 2 2000"},
        {R"({"location":"s000","distance":"1 nauticalmiles","field":"place"})",
         "place=near 0.087890625 0.17578125 1852"},
        {R"({"location":{"lat":0,"lon":0},"distance":"7","field":"place"})", "place=near 0 0 7"},
        {R"({"polygon_points":[[0,0],[0,1],"1,1"],"field":"place"})", "place=polygon of 3"},
    };
    for (const auto& [json, expected] : kCases) EXPECT_EQ(Parsed(json), expected) << json;
}

TEST(JsonQueryTest, NumbersAndPlacesAreReadAsThoseOfColumns) {
    const std::pair<std::string_view, std::optional<double>> kNumbers[] = {
        {" 12.5 ", 12.5}, {"+2", 2},   {"-1e3", -1000}, {".5", 0.5}, {"inf", {}}, {"nan", {}},
        {"0x10", {}},     {"+-1", {}}, {"1 2", {}},     {"", {}},    {"-", {}},   {"1e999", {}}};
    for (const auto& [text, number] : kNumbers) EXPECT_EQ(ReadNumber(text), number) << text;
    // A column may hold any text; a query's value is a place.
    EXPECT_EQ(ParsePoint("here"), std::nullopt);
    EXPECT_EQ(ParsePoint(R"({"latitude":1,"longitude":2})"), (index::Point{1, 2}));
    const Case kCases[] = {
        {R"({"location":"here","distance":"1m","field":"place"})",
         "place=near -71.103515625 33.22265625 1"},
        {R"({"location":{"latitude":1,"longitude":2},"distance":"1m","field":"place"})",
         "place=near 1 2 1"},
        {R"({"location":" 1 , 2 ","distance":"1m","field":"place"})", "place=near 1 2 1"},
    };
    for (const auto& [json, expected] : kCases)
        EXPECT_TRUE(Parsed(json).starts_with(expected)) << json << ": " << Parsed(json);
}

TEST(JsonQueryTest, QueriesOfQueries) {
    const std::string a = R"({"term":"a","field":"text"})", b = R"({"term":"b","field":"text"})";
    EXPECT_EQ(Parsed(StrCat(R"({"conjuncts":[)", a, ",", b, "]}")), "(+text=a +text=b)");
    EXPECT_EQ(Parsed(StrCat(R"({"disjuncts":[)", a, ",", b, R"(],"min":2})")), "(text=a text=b)/2");
    EXPECT_EQ(Parsed(StrCat(R"({"disjuncts":[)", a, R"(],"min":2})")), "none");
    EXPECT_EQ(Parsed(StrCat(R"({"must":{"conjuncts":[)", a, R"(]},"should":{"disjuncts":[)", b,
                            R"(],"min":1},"must_not":)", a, R"(,"filter":)", b, "}")),
              "(+text=a text=b -text=a #text=b)/1");
}

TEST(JsonQueryTest, Errors) {
    const Case kCases[] = {
        {R"({"x":1})", "unknown query type"},
        {R"({"cidr":"10.0.0.0/8","field":"ip"})", "\"cidr\" are not possible here"},
        {R"({"geometry":{},"field":"place"})", "\"geometry\""},
        {R"({"term":5,"field":"text"})", "\"term\" must be a string, not a number"},
        {R"({"term":"x","field":"nope"})", "there is no field 'nope'; there are: name, text"},
        {R"({"term":"x","fuzziness":3,"field":"text"})",
         "\"fuzziness\" must be a whole number of 0 to 2"},
        {R"({"conjuncts":[{"match_all":{}},{"must":{"x":1}}]})",
         "conjuncts[1]: must: unknown query type"},
        {R"({"match":"x","analyzer":"klingon"})", "\"analyzer\": "},
        {R"({"match_phrase":"a b","fuzziness":1,"field":"text"})", "not possible in a phrase"},
        {R"({"min":1,"field":"text"})", "a range of numbers needs a number field"},
        {R"({"location":[0,99],"distance":"1m","field":"place"})", "\"location\": a place is {"},
        {R"({"location":[0,9],"distance":"1 parsec","field":"place"})",
         "'1 parsec' is no distance"},
        {R"({"term":)", "this is not JSON"},
        {R"([])", "\"query\" must be an object"},
        {R"({"match_all":{},"boost":"x"})", "\"boost\" must be a number, not a string"},
    };
    for (const auto& [json, expected] : kCases)
        EXPECT_NE(Parsed(json).find(expected), std::string::npos) << json << ": " << Parsed(json);
    std::string deep = R"({"match_all":{}})";
    for (size_t i = 0; i + 1 < kQueryDepthMax; ++i) deep = StrCat(R"({"conjuncts":[)", deep, "]}");
    EXPECT_TRUE(Parsed(deep).starts_with("(+")) << Parsed(deep);
    EXPECT_NE(Parsed(StrCat(R"({"conjuncts":[)", deep, "]}")).find("more than 32 deep"),
              std::string::npos);
    std::string open;
    for (int i = 0; i < 5000; ++i) open += R"({"conjuncts":[)";
    EXPECT_NE(Parsed(open).find("not JSON"), std::string::npos);
}

TEST(JsonQueryTest, RandomJsonNeverCrashes) {
    const std::string_view kKeys[] = {
        "match",    "field",          "min",      "max",   "term", "terms", "must",
        "should",   "location",       "query",    "boost", "ids",  "start", "fuzziness",
        "distance", "polygon_points", "disjuncts"};
    const std::string_view kValues[] = {
        "1",  "-2.5",  "\"text\"",  "\"a b\"",   "null",      "true",    "[]",
        "{}", "[1,2]", "[[\"a\"]]", "\"price\"", "\"place\"", "\"auto\""};
    const uint32_t seed = 4711;
    std::mt19937 random(seed);
    const std::function<std::string(int)> object = [&](int depth) {
        std::string out = "{";
        for (size_t n = random() % 5; n > 0; --n) {
            AppendJsonName(out, kKeys[random() % std::size(kKeys)]);
            if (depth < 4 && random() % 3 == 0)
                out += random() % 2 == 0 ? object(depth + 1) : "[" + object(depth + 1) + "]";
            else
                out += kValues[random() % std::size(kValues)];
        }
        return out + "}";
    };
    const Fields fields = TestFields();
    for (int i = 0; i < 5000; ++i) {
        SCOPED_TRACE(StrCat("seed ", seed, " round ", i));
        std::string json = object(0);
        if (random() % 10 == 0) json.resize(random() % (json.size() + 1));
        Parsed(json);
        (void)ParseJsonRequest(json, fields);
    }
}

TEST(JsonRequestTest, RandomJsonNeverCrashes) {
    const std::string_view kKeys[] = {"query",         "size",       "from",    "highlight",
                                      "fields",        "facets",     "explain", "sort",
                                      "search_before", "score",      "style",   "includeLocations",
                                      "search_after",  "collapse",   "field",   "numeric_ranges",
                                      "date_ranges",   "interval",   "chosen",  "sums",
                                      "name",          "min",        "start",   "by",
                                      "location",      "exact_total"};
    const std::string_view kValues[] = {"1",
                                        "-3",
                                        "\"x\"",
                                        "\"section\"",
                                        "\"price\"",
                                        "\"day\"",
                                        "true",
                                        "null",
                                        "[]",
                                        "{}",
                                        "[1,\"a\"]",
                                        "[\"-_score\"]",
                                        "\"ansi\"",
                                        "\"1970-01-01\"",
                                        "[\"price\",\"_id\"]",
                                        "99999999999",
                                        "\"geo_distance\""};
    const uint32_t seed = 815;
    std::mt19937 random(seed);
    const std::function<std::string(int)> object = [&](int depth) {
        std::string out = "{";
        for (size_t n = random() % 6; n > 0; --n) {
            AppendJsonName(out, kKeys[random() % std::size(kKeys)]);
            if (depth < 3 && random() % 2 == 0)
                out += random() % 2 == 0 ? object(depth + 1) : "[" + object(depth + 1) + "]";
            else
                out += kValues[random() % std::size(kValues)];
        }
        return out + "}";
    };
    Fields fields = TestFields();
    size_t parsed = 0;
    for (int i = 0; i < 10'000; ++i) {
        SCOPED_TRACE(StrCat("seed ", seed, " round ", i));
        fields.key_columns = random() % 3;
        const auto request = ParseJsonRequest(object(0), fields);
        if (!request.ok()) continue;
        ++parsed;
        simdjson::dom::parser parser;
        EXPECT_EQ(parser.parse(WriteJsonResult(*request, {}, {}, {})).error(), simdjson::SUCCESS);
    }
    EXPECT_GT(parsed, 1000u);
}

std::string RequestError(std::string_view json) {
    const auto request = ParseJsonRequest(json, TestFields());
    return request.ok() ? "ok" : std::string(MessageOf(request.status()));
}

TEST(JsonRequestTest, Parts) {
    const auto request = ParseJsonRequest(
        R"({"query":{"match_all":{}},"size":3,"from":2,"sort":["section","-_score",
            {"by":"geo_distance","field":"place","location":"1,2","unit":"mi","desc":true},"_id"],
            "fields":["*"],"highlight":{"style":"ansi","fields":["text"]},"includeLocations":true,
            "collapse":"section","facets":{
              "s":{"field":"section","size":5},
              "p":{"field":"price","numeric_ranges":[{"name":"cheap","max":10}]},
              "d":{"field":"day","date_ranges":[{"name":"first","start":"1970-01-02"}]},
              "h":{"field":"price","interval":10,"sums":"price"}}})",
        TestFields());
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ(QueryText(request->search.query), "all");
    EXPECT_EQ(request->search.size, 3u);
    EXPECT_EQ(request->search.from, 2u);
    ASSERT_EQ(request->search.sort.size(), 4u);
    EXPECT_EQ(request->search.sort[0].field, "section");
    EXPECT_TRUE(request->search.sort[1].descending);
    EXPECT_EQ(request->search.sort[2].origin.longitude, 2);
    EXPECT_EQ(request->highlight_style, "ansi");
    EXPECT_TRUE(request->include_locations);
    ASSERT_EQ(request->search.facets.size(), 4u);
    EXPECT_EQ(request->search.facets[1].ranges[0].max, 10);
    EXPECT_EQ(request->search.facets[2].ranges[0].min, 86'400e6);
    EXPECT_EQ(request->date_facets, std::vector<std::string>{"d"});
    EXPECT_EQ(request->search.facets[3].kind, index::FacetRequest::Kind::kHistogram);
}

TEST(JsonRequestTest, ErrorsInBlevesWords) {
    const Case kCases[] = {
        {R"({"search_after":["1"],"search_before":["1"]})",
         "cannot use search after and search before together"},
        {R"({"search_after":["1"],"from":1})", "cannot use search after with from !=0"},
        {R"({"search_before":["1"],"from":1})", "cannot use search before with from !=0"},
        {R"({"search_after":["1","2"]})", "search after must have same size as sort order"},
        {R"({"search_before":[]})", "search before must have same size as sort order"},
        {R"({"facets":{"f":{"field":"price","numeric_ranges":[],"date_ranges":[]}}})",
         "facet can only conain numeric ranges or date ranges, not both"},
        {R"({"facets":{"f":{"field":"price","numeric_ranges":[{"name":"a","min":1},{"name":"a","min":1}]}}})",
         "numeric ranges contains duplicate name 'a'"},
        {R"({"facets":{"f":{"field":"price","numeric_ranges":[{"name":"a"}]}}})",
         "numeric range query must specify either min, max or both for range name 'a'"},
        {R"({"facets":{"f":{"field":"day","date_ranges":[{"name":"a","end":"2020-01-01"},{"name":"a"}]}}})",
         "date ranges contains duplicate name 'a'"},
        {R"({"facets":{"f":{"field":"day","date_ranges":[{"name":"a"}]}}})",
         "date range query must specify either start, end or both for range name 'a'"},
        {R"({"sort":["text"]})",
         "sort[0]: \"sort\": field 'text' is a text; only keywords, numbers and dates have an "
         "order"},
    };
    for (const auto& [json, expected] : kCases) EXPECT_EQ(RequestError(json), expected) << json;
}

TEST(JsonRequestTest, SearchBeforeRunsBackwards) {
    const auto request = ParseJsonRequest(
        R"({"query":"*","sort":["-price","section"],"search_before":["7",null]})", TestFields());
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_TRUE(request->backwards);
    EXPECT_FALSE(request->search.sort[0].descending);
    EXPECT_TRUE(request->search.sort[0].missing_first);
    EXPECT_EQ(request->search.sort[0].mode, index::SortKey::Mode::kMax);
    EXPECT_EQ(std::get<double>(request->search.after[0]), 7);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(request->search.after[1]));
}

TEST(JsonResultTest, IsBlevesAndReadsBack) {
    auto request = ParseJsonRequest(R"({"query":"x","facets":{"s":{"field":"section"},
        "d":{"field":"day","date_ranges":[{"name":"a","start":"1970-01-01"}]}}})",
                                    TestFields());
    ASSERT_TRUE(request.ok()) << request.status();
    index::SearchResult result;
    result.hits.push_back({.score = 0.5F, .key = "k\"1", .sort = {0.5, std::string("x")}});
    result.total = 1;
    result.max_score = 0.5F;
    result.facets.push_back({.name = "s",
                             .field = "section",
                             .total = 2,
                             .buckets = {{.name = "net", .count = 2, .sums = {}}}});
    result.facets.push_back(
        {.name = "d",
         .field = "day",
         .kind = index::FacetRequest::Kind::kRanges,
         .total = 1,
         .buckets = {{.name = "a", .min = 0, .max = 1.0 / 0.0, .count = 1, .sums = {}}}});
    const JsonHit extra{
        .fields = {{"name", "\"v\""}},
        .fragments = {{"text", {"<mark>x</mark>\xff"}}},
        .locations = {{"text", {{.term = "x", .position = 0, .start = 0, .end = 1}}}}};
    const std::string json =
        WriteJsonResult(*request, result, std::span(&extra, 1), {.index = "i", .took_ns = 9});
    EXPECT_NE(
        json.find(R"("request":{"query":"x","size":10,"from":0,"highlight":null,"fields":null,)"
                  R"("facets":{"s":{"field":"section"})"),
        std::string::npos)
        << json;
    EXPECT_NE(
        json.find(
            R"("hits":[{"index":"i","id":"k\"1","score":0.5,"locations":{"text":{"x":)"
            R"([{"pos":1,"start":0,"end":1,"array_positions":null}]}},"fragments":{"text":)"
            "[\"<mark>x</mark>\xef\xbf\xbd\"]},\"sort\":[0.5,\"x\"],\"fields\":{\"name\":\"v\"}}],"
            R"("total_hits":1,"max_score":0.5,"took":9,"facets":{"s":{"field":"section",)"
            R"("total":2,"missing":0,"other":0,"terms":[{"term":"net","count":2}]},"d":{)"
            R"("field":"day","total":1,"missing":0,"other":0,"date_ranges":[{"name":"a",)"
            R"("start":"1970-01-01T00:00:00Z","count":1}]}}})"),
        std::string::npos)
        << json;
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(json).error(), simdjson::SUCCESS);
    EXPECT_NE(WriteJsonResult(*request, {}, {}, {}).find(R"("hits":[],"total_hits":0)"),
              std::string::npos);
}

}  // namespace
}  // namespace blasty::search::internal
