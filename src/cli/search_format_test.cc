#include "cli/search_format.h"

#include <gtest/gtest.h>

#include <string>

#include "cli/search_arguments.h"

namespace blasty::cli {
namespace {

v1::SearchResponse Sample() {
    v1::SearchResponse response;
    v1::SearchHit& hit = *response.add_hits();
    hit.set_id("nginx\x1b[2J");
    hit.mutable_key()->add_values()->set_text("nginx");
    hit.set_score(8.12345);
    v1::SearchHit::Field& field = *hit.add_fields();
    field.set_name("size");
    field.mutable_value()->set_integer(9007199254740993);
    v1::SearchHit::Fragments& fragments = *hit.add_fragments();
    fragments.set_field("description");
    fragments.add_texts("small \x1b[1;31mweb\x1b[0m\nserver");
    v1::Facet& facet = *response.add_facets();
    facet.set_name("section");
    facet.set_field("section");
    facet.set_total(5);
    facet.set_missing(1);
    facet.set_other(2);
    v1::Facet::Bucket& bucket = *facet.add_buckets();
    bucket.set_name("httpd");
    bucket.set_count(3);
    response.set_total(1234);
    response.set_total_is_exact(true);
    response.set_max_score(8.12345);
    response.set_sequence(17);
    response.set_took_us(2000);
    return response;
}

TEST(SearchFormatTest, Text) {
    v1::SearchRequest request;
    request.add_facets()->add_chosen("httpd");
    EXPECT_EQ(SearchText(request, Sample(), {}),
              "1. nginx\\x1b[2J  (8.123)\n"
              "   size: 9007199254740993\n"
              "   description: small web server\n"
              "\n"
              "section     COUNT\n"
              "* httpd         3\n"
              "  (others)      2\n"
              "  (none)        1\n");
    EXPECT_EQ(SearchSummary(Sample()), "1 of 1,234 hits in 2 ms · sequence 17");
    request.set_from(20);
    const std::string coloured = SearchText(request, Sample(), {.colour = true});
    EXPECT_NE(coloured.find("21. \x1b[1mnginx"), std::string::npos) << coloured;
    EXPECT_NE(coloured.find("small \x1b[1;31mweb\x1b[0m server"), std::string::npos) << coloured;
}

TEST(SearchFormatTest, Json) {
    v1::SearchResponse response = Sample();
    response.mutable_hits(0)->add_sort()->set_number(12);
    response.mutable_hits(0)->add_sort()->set_text("b");
    response.mutable_hits(0)->add_sort();
    v1::Facet& facet = *response.add_facets();
    facet.set_name("size");
    facet.set_field("size");
    v1::Facet::Bucket& bucket = *facet.add_buckets();
    bucket.set_min(10);
    bucket.set_max(20);
    bucket.set_count(1);
    bucket.mutable_sums()->set_values(1);
    bucket.mutable_sums()->set_sum(12.5);
    EXPECT_EQ(SearchJson(response),
              "{\"kind\":\"hit\",\"id\":\"nginx\\u001b[2J\",\"key\":[\"nginx\"],\"score\":8.12345,"
              "\"sort\":[12,\"b\",null],"
              "\"fields\":{\"size\":9007199254740993},"
              "\"fragments\":{\"description\":[\"small \\u001b[1;31mweb\\u001b[0m\\nserver\"]}}\n"
              "{\"kind\":\"facet\",\"name\":\"section\",\"field\":\"section\",\"total\":5,"
              "\"missing\":1,\"other\":2,\"buckets\":[{\"name\":\"httpd\",\"count\":3}]}\n"
              "{\"kind\":\"facet\",\"name\":\"size\",\"field\":\"size\",\"total\":0,\"missing\":0,"
              "\"other\":0,\"buckets\":[{\"min\":10,\"max\":20,\"count\":1,\"sums\":{\"values\":1,"
              "\"sum\":12.5,\"min\":0,\"max\":0}}]}\n"
              "{\"kind\":\"summary\",\"total\":1234,\"exact\":true,\"max_score\":8.12345,"
              "\"sequence\":17,\"took_us\":2000}\n");
}

TEST(SearchFormatTest, MarksAreAllThatSteersATerminal) {
    EXPECT_EQ(MarkedText("a\x1b[1mb\x1b[0m", true), "a\x1b[1mb\x1b[0m");
    EXPECT_EQ(MarkedText("a\x1b[1mb\x1b[0m", false), "ab");
    EXPECT_EQ(MarkedText("\x1b[2Jx\x1b]0;t\x07\x1b[1", true), " [2Jx ]0;t  [1");
    EXPECT_EQ(MarkedText("\xc2\x9b"
                         "31m\xc3\xa9\t\x7f",
                         true),
              " 31m\xc3\xa9  ");
}

TEST(SearchFormatTest, Facets) {
    EXPECT_EQ(ParseFacet("section")->field(), "section");
    EXPECT_EQ(ParseFacet("section:20")->size(), 20u);
    const auto ranges = ParseFacet("price:..10,10..20.5,20.5..");
    ASSERT_TRUE(ranges.ok()) << ranges.status();
    ASSERT_EQ(ranges->ranges().ranges_size(), 3);
    EXPECT_FALSE(ranges->ranges().ranges(0).has_min());
    EXPECT_EQ(ranges->ranges().ranges(1).name(), "10..20.5");
    EXPECT_EQ(ranges->ranges().ranges(1).max(), 20.5);
    EXPECT_FALSE(ranges->ranges().ranges(2).has_max());
    for (const char* text : {"", ":5", "a:", "a:0", "a:x", "a:1..x", "a:1,2", "a:1..2,x..3"})
        EXPECT_EQ(ReasonOf(ParseFacet(text).status()), "USAGE") << text;

    const auto histogram = ParseFacet("price:hist=2.5,sum=tax");
    ASSERT_TRUE(histogram.ok()) << histogram.status();
    EXPECT_EQ(histogram->histogram().interval(), 2.5);
    EXPECT_EQ(histogram->sums_field(), "tax");
    EXPECT_EQ(ParseFacet("section:5,sum=price")->size(), 5u);
    for (const char* text : {"a:hist=", "a:hist=0", "a:hist=-1", "a:hist=1,1..2", "a:1..2,hist=1",
                             "a:sum=", "a:what=1"})
        EXPECT_EQ(ReasonOf(ParseFacet(text).status()), "USAGE") << text;

    v1::SearchRequest request;
    request.add_facets()->set_field("a");
    EXPECT_TRUE(ChooseFacet("a=x=y", &request).ok());
    EXPECT_TRUE(ChooseFacet("b=", &request).ok());
    ASSERT_EQ(request.facets_size(), 2);
    EXPECT_EQ(request.facets(0).chosen(0), "x=y");
    EXPECT_EQ(request.facets(1).field(), "b");
    EXPECT_EQ(ReasonOf(ChooseFacet("a", &request)), "USAGE");
    EXPECT_EQ(ReasonOf(ChooseFacet("=a", &request)), "USAGE");
}

TEST(SearchFormatTest, SortValuesGoThereAndBack) {
    v1::SearchHit hit;
    hit.add_sort()->set_number(12);
    hit.add_sort()->set_number(-0.125);
    hit.add_sort()->set_text("b\"\n");
    hit.add_sort()->set_text("\x03\xff");
    hit.add_sort();
    v1::SearchRequest request;
    ASSERT_TRUE(ParseAfter(SortJson(hit), &request).ok()) << SortJson(hit);
    ASSERT_EQ(request.after_size(), hit.sort_size());
    for (int i = 0; i < hit.sort_size(); ++i)
        EXPECT_EQ(request.after(i).SerializeAsString(), hit.sort(i).SerializeAsString()) << i;
    for (const char* json : {"", "{", "1", "{}", "[{}]", "[[1]]", "[true]"})
        EXPECT_EQ(ReasonOf(ParseAfter(json, &request)), "USAGE") << json;
}

TEST(SearchFormatTest, Explanations) {
    v1::SearchResponse response;
    v1::SearchHit& hit = *response.add_hits();
    hit.set_id("a");
    hit.set_score(3);
    hit.mutable_explanation()->set_value(3);
    hit.mutable_explanation()->set_text("sum");
    v1::SearchHit::Explanation& part = *hit.mutable_explanation()->add_parts();
    part.set_value(1.25);
    part.set_text("idf\x1b");
    EXPECT_EQ(SearchText({}, response, {}), "1. a  (3)\n   3  sum\n     1.25  idf\\x1b\n");
    EXPECT_NE(SearchJson(response).find("\"explanation\":{\"value\":3.0,\"text\":\"sum\","
                                        "\"parts\":[{\"value\":1.25,"),
              std::string::npos)
        << SearchJson(response);
    response.set_did_you_mean("b");
    EXPECT_NE(SearchJson(response).find(",\"did_you_mean\":\"b\"}"), std::string::npos);
}

}  // namespace
}  // namespace blasty::cli
