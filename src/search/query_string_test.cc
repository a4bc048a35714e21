// What people type, and the queries it becomes.
#include "search/query_string.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "search/internal/query_string_dates.h"
#include "search/internal/query_string_test_fields.h"

namespace blasty::search::internal {
namespace {

std::string Parsed(std::string_view text, bool all_words = false) {
    static const Fields fields = TestFields();
    const auto query = ParseQueryString(text, fields, {.all_words = all_words});
    if (query.ok()) return QueryText(*query);
    EXPECT_EQ(ReasonOf(query.status()), "BAD_QUERY");
    return std::string(MessageOf(query.status()));
}

TEST(QueryStringTest, Words) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"", "none"},
        {"  ", "none"},
        {"cats", "{name=cats^3 text=cat}"},
        {"name:Cats", "name=cats^3"},
        {"text:cats text:dogs", "(text=cat text=dog)"},
        {"+text:cats -text:dogs text:x", "(+text=cat text=x -text=dog)"},
        {"-text:cats", "(-text=cat)"},
        {"section:Net/Web", "section=Net/Web"},
        {"text:foo-bar", "text=\"0:foo 1:bar\""},
        {"text:\"a big cat\"", "text=\"0:big 1:cat\""},
        {"text:\"big cats\"~2^2", "text=\"0:big 1:cat\"~2^2"},
        {"section:\"two \\\"words\\\"\"", "section=two \"words\""},
        {"text:cats^2.5", "text=cat^2.5"},
        {"text\\:x", "{name=\"0:text 1:x\"^3 text=\"0:text 1:x\"}"},
        {"section:a\\ b", "section=a b"},
        {"section:f(x)", "section=f(x)"},
        {"text:the", "none"},
        {"+text:the +text:cats", "text=cat"},
        {"text:the -text:cats", "none"},
        {"+name:the text:cats", "(+name=the^3 text=cat)"},
        {"+the +text:cats", "(+text=cat name=the^3)"},
        {"*", "all"},
        {"*:*", "all"},
        {"place:*", "place=any"},
        {"sold:true", "sold=T"},
        {"sold:F", "sold=F"},
        {"- text:x", "text=x"},
    };
    for (const auto& [text, expected] : kCases) EXPECT_EQ(Parsed(text), expected) << text;
    EXPECT_EQ(Parsed("text:a1 text:b1 -text:c1", true), "(+text=a1 +text=b1 -text=c1)");
}

TEST(QueryStringTest, Patterns) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"text:Pré*", "text=prefix pre"},
        {"section:Pre*", "section=prefix Pre"},
        {"text:wild*c?rd", "text=wild wild*c?rd"},
        {"section:a\\*b*", "section=wild a\\*b*"},
        {"text:Fuz~", "text=fuz~1"},
        {"text:fuz~2^3", "text=fuz~2^3"},
        {"text:fuz~0", "text=fuz~0"},
        {"text:/^Re[A-Z]\\W.*exp/", "text=/re[a-z]\\W.*exp/"},
        {"section:/usr\\/b.*/", "section=/usr/b.*/"},
        {"section:/usr/bin", "section=/usr/bin"},
        {"section:a~b", "section=a~b"},
        {"pre*", "{name=prefix pre^3 text=prefix pre}"},
    };
    for (const auto& [text, expected] : kCases) EXPECT_EQ(Parsed(text), expected) << text;
}

TEST(QueryStringTest, Ranges) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"price:5", "price=[5..5]"},
        {"price:-1.5", "price=[-1.5..-1.5]"},
        {"price:[10 TO 20]", "price=[10..20]"},
        {"price:{10 TO 20}", "price={10..20}"},
        {"price:[10 TO 20}", "price=[10..20}"},
        {"price:[10 TO *]", "price=[10..*]"},
        {"price:[* TO 20]^2", "price=[*..20]^2"},
        {"price:>5", "price={5..*]"},
        {"price:>=-5", "price=[-5..*]"},
        {"price:<5", "price=[*..5}"},
        {"+price:<=5e3", "price=[*..5000]"},
        {"day:1970-01-02", "day=[86400000000..172800000000}"},
        {"day:[1970-01-01 TO 1970-01-02]", "day=[0..172800000000}"},
        {"day:{1970-01-01 TO 1970-01-02}", "day=[86400000000..86400000000}"},
        {"day:>=1970-01-01T00:00:01Z", "day=[1000000..*]"},
        {"day:>\"1970-01-01\"", "day=[86400000000..*]"},
        {"day:<1970-01-01T01:00:00.5+01:00", "day=[*..500000}"},
        {"section:[a TO \"c d\"]", "section=[a..c d]"},
        {"section:>=\\*", "section=[*..]"},
    };
    for (const auto& [text, expected] : kCases) EXPECT_EQ(Parsed(text), expected) << text;
}

TEST(QueryStringTest, WordsInCapitalsAndParentheses) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"text:a1 AND text:b1", "(+text=a1 +text=b1)"},
        {"text:a1 OR text:b1 AND text:c1", "(text=a1 (+text=b1 +text=c1))"},
        {"text:a1 AND NOT text:b1", "(+text=a1 -text=b1)"},
        {"NOT text:a1", "(-text=a1)"},
        {"NOT NOT text:a1", "text=a1"},
        {"text:(a1 b1)^2", "(text=a1 text=b1)^2"},
        {"+text:(a1 -b1) section:x", "(+(text=a1 -text=b1) section=x)"},
        {"(text:a1 OR text:b1) AND section:x", "(+(text=a1 text=b1) +section=x)"},
        {"text:\"AND\" text:ANDROID", "text=android"},
        {"()", "none"},
    };
    for (const auto& [text, expected] : kCases) EXPECT_EQ(Parsed(text), expected) << text;
    EXPECT_EQ(Parsed("text:a1 OR text:b1 text:c1", true), "(+(text=a1 text=b1) +text=c1)");
}

TEST(QueryStringTest, ErrorsNameThePlaceAndTheRemedy) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"a \"b", "could not parse 'a \"b': in column 3, the quote is never closed"},
        {"é x:y", "in column 3, there is no field 'x'; there are: name, text, section"},
        {"price:abc", "in column 1, 'abc' is no number, and field 'price' holds numbers"},
        {"day:abc", "'abc' is no date"},
        {"sold:perhaps", "'perhaps' is neither true nor false"},
        {"price:[1 20]", "in column 10, a range has TO between its ends"},
        {"price:[1 TO 20", "in column 7, the range is never closed"},
        {"price:[ TO 20]", "in column 12, a range has TO"},
        {"price:>", "in column 7, a comparison needs a value"},
        {"price:", "in column 7, nothing follows 'price:'"},
        {"price:5*", "a word with * or ? needs a text or keyword field, but 'price' is a number"},
        {"word~3", "in column 5, a word can be misspelt by at most 2 letters"},
        {"word^x", "in column 5, after ^ comes a number"},
        {"(a", "in column 1, the ( is never closed"},
        {"a )", "in column 3, there is a ) without a ("},
        {"AND a", "in column 1, AND stands between two words"},
        {"a OR", "in column 5, a word or ( is missing"},
        {"place:x", "field 'place' is a place; ask for places with a JSON query"},
        {"[1 TO 2] \xff", "the query is not UTF-8 at its byte 10"},
    };
    for (const auto& [text, expected] : kCases)
        EXPECT_NE(Parsed(text).find(expected), std::string::npos) << text << ": " << Parsed(text);
}

TEST(QueryStringTest, Limits) {
    std::string many;
    for (size_t i = 0; i < kQueryClausesMax; ++i) many += "text:x ";
    EXPECT_TRUE(Parsed(many).starts_with("(text=x")) << Parsed(many);
    EXPECT_NE(Parsed(many + "text:x").find("more than 1024 words"), std::string::npos);
    EXPECT_NE(Parsed(std::string(kQueryStringBytesMax + 1, 'a')).find("at most 65536"),
              std::string::npos);
    const auto nested = [](size_t depth) {
        return std::string(depth, '(') + "text:x" + std::string(depth, ')');
    };
    EXPECT_EQ(Parsed(nested(kQueryDepthMax - 1)), "text=x");
    EXPECT_NE(Parsed(nested(kQueryDepthMax)).find("more than 32 deep"), std::string::npos);
    EXPECT_NE(Parsed(std::string(60'000, '(')).find("more than 32 deep"), std::string::npos);
    EXPECT_EQ(Parsed(std::string(20'000, '-') + "text:x"), "(-text=x)");
}

TEST(QueryStringTest, RandomTextNeverCrashes) {
    const std::string_view kPieces[] = {"text:", "price:", "day:", "a",  "b*", "\"",  "(",  ")",
                                        "[",     "]",      " TO ", "{",  "}",  "~",   "^",  "2",
                                        "\\",    "/",      "+",    "-",  " ",  "AND", "OR", "NOT ",
                                        ">",     "<=",     "é",    "世", ":",  "*",   "?",  "\xc3"};
    const Fields fields = TestFields();
    const uint32_t seed = 20261;
    std::mt19937 random(seed);
    size_t parsed = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (size_t n = random() % 12; n > 0; --n) {
            if (random() % 50 == 0)
                text.push_back(static_cast<char>(random() % 256));
            else
                text += kPieces[random() % std::size(kPieces)];
        }
        SCOPED_TRACE(StrCat("seed ", seed, " round ", i));
        parsed += Parsed(text).starts_with("could not parse") ? 0 : 1;
        std::vector<QueryWord> words;
        const auto typed = ParseQueryString(text, fields, {.as_you_type = true, .words = &words});
        // What is not UTF-8 is refused, nothing else.
        EXPECT_EQ(typed.ok(), IsUtf8(text)) << typed.status();
        for (const QueryWord& word : words)
            EXPECT_TRUE(word.begin <= word.end && word.end <= text.size());
    }
    EXPECT_GT(parsed, 1000u);
}

TEST(QueryStringTest, DatesThereAndBack) {
    for (const std::string_view text :
         {"1970-01-01T00:00:00Z", "2026-11-29T02:50:03.000001Z", "1969-12-31T23:59:59.5Z",
          "0001-01-01T00:00:00Z", "2000-02-29T12:00:00Z"}) {
        const auto date = ParseDate(text);
        ASSERT_TRUE(date) << text;
        EXPECT_EQ(FormatDate(date->us), text);
    }
    for (const std::string_view text : {"2023-02-29", "2026-13-01", "2026-1-1", "2026-01-01T",
                                        "2026-01-01T25:00:00Z", "2026-01-01x", ""})
        EXPECT_FALSE(ParseDate(text)) << text;
}

}  // namespace
}  // namespace blasty::search::internal
