// Fields out of JSON: paths, and whatever is found inside.
#include "search/internal/json_fields.h"

#include <gtest/gtest.h>

#include "search/internal/json_path.h"
#include "search/internal/test_tables.h"

namespace blasty::search::internal {
namespace {

std::string Found(const std::string& path, const std::string& json) {
    const auto parsed = JsonPath::Parse(path);
    if (!parsed.ok()) return StrCat("error", MessageOf(parsed.status()));
    const auto root = ParseJson(json);
    if (!root) return "no JSON";
    std::string out;
    parsed->ForEach(*root, [&](const simdjson::dom::element& element) {
        StrAppend(out, out.empty() ? "" : " ", std::string(simdjson::minify(element)));
    });
    return out;
}

TEST(JsonPathTest, LeadsToValues) {
    const std::string json =
        R"({"a":{"b":[{"c":1},{"c":[2,3]},4]},"odd name":"x","list":[10,20,30],"e":null})";
    EXPECT_EQ(Found("$.a.b.c", json), "1 [2,3]");
    EXPECT_EQ(Found("$.a.b[0].c", json), "1");
    EXPECT_EQ(Found("$.a.b[1].c[#-1]", json), "3");
    EXPECT_EQ(Found("$.\"odd name\"", json), "\"x\"");
    EXPECT_EQ(Found("$.list[*]", json), "10 20 30");
    EXPECT_EQ(Found("$.list", json), "[10,20,30]");
    EXPECT_EQ(Found("$.list[3]", json), "");
    EXPECT_EQ(Found("$.list[#-3]", json), "10");
    EXPECT_EQ(Found("$.list[#-4]", json), "");
    EXPECT_EQ(Found("$.none.b", json), "");
    EXPECT_EQ(Found("$", "7"), "7");
    EXPECT_EQ(Found("$.a", "{\"a\":"), "no JSON");
    for (const char* bad : {"", "a", "$a", "$.", "$..a", "$[", "$[x]", "$[]", "$.a[#-]", "$.\"a",
                            "$[99999999999999999999]"})
        EXPECT_TRUE(Found(bad, json).starts_with("error")) << bad;
    std::string deep = "$";
    for (int i = 0; i < 40; ++i) deep += ".a";
    EXPECT_TRUE(Found(deep, json).starts_with("error"));
}

TEST(JsonPathTest, NamesFields) {
    EXPECT_EQ(JsonPath::Parse("$.owner.name")->Name(), "owner.name");
    EXPECT_EQ(JsonPath::Parse("$.items[*].\"the name\"")->Name(), "items.the name");
    EXPECT_EQ(JsonPath::Parse("$[0]")->Name(), "");
}

TEST(JsonFieldsTest, PathsAreFields) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT)");
    db.Must(R"(INSERT INTO t VALUES(1, '{"name":"Red Apple","tags":["fruit","red"],"n":3,
        "items":[{"t":"one two"},{"t":"three"}],"at":[16.4,48.2],"ok":true}'))");
    db.Must(R"(INSERT INTO t VALUES(2, '{"name":"Green Pear","tags":"fruit","n":"7.5","ok":false}'),
        (3, 'no json'), (4, NULL), (5, '[]'), (6, '{"name":null,"tags":[],"n":{}}'))");
    db.StartIndex({"t", "data->'$.name' TEXT BOOST 2", "data ->> '$.tags' FACET AS tag",
                   "data->'$.n' NUMERIC", "data->'$.items.t' TEXT AS items",
                   "data->'$.at' GEO AS place", "data->'$.ok' BOOLEAN"});
    using Ids = std::set<int64_t>;
    EXPECT_EQ(db.Find("name", "apple"), Ids{1});
    EXPECT_EQ(db.Find("tag", "fruit"), (Ids{1, 2}));
    EXPECT_EQ(db.Find("tag", "red"), Ids{1});
    EXPECT_EQ(db.Find("ok", "T"), Ids{1});
    EXPECT_EQ(db.Find("ok", "F"), Ids{2});
    const auto range = index::NumberRangeQuery{.field = "n", .min = 3, .max = 8};
    EXPECT_EQ(db.Find(index::MakeQuery(range)), (Ids{1, 2}));
    const auto near =
        index::GeoDistanceQuery{.field = "place", .center = {48.2, 16.4}, .meters = 10};
    EXPECT_EQ(db.Find(index::MakeQuery(near)), Ids{1});
    const auto phrase = [](const char* a, const char* b) {
        return index::MakeQuery(
            index::PhraseQuery{.field = "items", .places = {{0, {a}}, {1, {b}}}});
    };
    EXPECT_EQ(db.Find(phrase("one", "two")), Ids{1});
    // Not from one value into the next.
    EXPECT_EQ(db.Find(phrase("two", "three")), Ids());
    db.Must("UPDATE t SET data = json_set(data, '$.name', 'Yellow Apple') WHERE id = 2");
    db.Must("UPDATE t SET data = 'none' WHERE id = 1");
    EXPECT_EQ(db.Find("name", "apple"), Ids{2});
    EXPECT_EQ(db.Find("name", "green"), Ids());
}

TEST(JsonFieldsTest, WhatIsFoundBecomesFields) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT)");
    db.Must(R"(INSERT INTO t VALUES(1, '{"name":"Red Apple","size":{"width":3},"fresh":true}'))");
    const std::vector<std::string> arguments = {"t", "data JSON LANGUAGE english AS d"};
    db.StartIndex(arguments);
    using Ids = std::set<int64_t>;
    EXPECT_EQ(db.Find("d.name", "appl"), Ids{1});  // stemmed
    EXPECT_EQ(db.Find("d.name.keyword", "Red Apple"), Ids{1});
    EXPECT_EQ(db.Find("d.fresh", "T"), Ids{1});
    const auto width = [](double min) {
        return index::MakeQuery(index::NumberRangeQuery{.field = "d.size.width", .min = min});
    };
    EXPECT_EQ(db.Find(width(3)), Ids{1});
    // New ones while it goes on; values of another kind are taken as the first was.
    db.Must(R"(INSERT INTO t VALUES(2, '{"name":12,"size":{"width":"40"},"more":["a b","c"]}'))");
    EXPECT_EQ(db.Find("d.more", "b"), Ids{2});
    EXPECT_EQ(db.Find("d.name", "12"), Ids{2});
    EXPECT_EQ(db.Find(width(4)), Ids{2});
    const auto names = [&] {
        std::set<std::string> all;
        for (const IndexFieldInfo& field : db.index().Info().fields)
            all.insert(StrCat(field.name, " ", field.type, field.dynamic ? "" : " declared"));
        return all;
    };
    const std::set<std::string> expected = {"d JSON declared",      "d.name TEXT",
                                            "d.name.keyword FACET", "d.fresh BOOLEAN",
                                            "d.size.width NUMERIC", "d.more TEXT",
                                            "d.more.keyword FACET", "d.size.width.keyword FACET"};
    EXPECT_EQ(names(), expected);
    // They are known after a restart, also when no row has them any more.
    db.Must("DELETE FROM t WHERE id = 1");
    EXPECT_EQ(db.Find("d.name", "appl"), Ids());
    db.index().Close();
    db.Shut();
    db.Open();
    db.StartIndex(arguments);
    EXPECT_EQ(db.Find("d.more.keyword", "c"), Ids{2});
    EXPECT_EQ(names(), expected);
}

TEST(JsonFieldsTest, ThereIsAnEndToFields) {
    TestTables db;
    db.Must("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT)");
    std::string json = "{\"first\":1";
    for (int i = 0; i < 2000; ++i) StrAppend(json, ",\"f", i, "\":", i);
    std::string deep = "1";
    for (int i = 0; i < 100; ++i) deep = StrCat("{\"a\":", deep, "}");
    db.Must(StrCat("INSERT INTO t VALUES(1, '", json, "}'), (2, '", deep, "'), (3, '{\"",
                   std::string(1000, 'n'), "\":1}')"));
    db.StartIndex({"t", "data JSON"});
    const auto first = index::NumberRangeQuery{.field = "data.first", .min = 1};
    EXPECT_EQ(db.Find(index::MakeQuery(first)), std::set<int64_t>{1});
    EXPECT_EQ(db.index().Info().fields.size(), 501u);
}

}  // namespace
}  // namespace blasty::search::internal
