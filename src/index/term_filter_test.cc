// Terms that queries of many terms ask for.
#include "index/term_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace blasty::index {
namespace {

bool Fits(const QueryPtr& query, std::string_view term) {
    const auto filter = MakeTermFilter(*query);
    return filter != nullptr && filter->Fits(term);
}

TEST(TermFilterTest, OfEachKind) {
    const auto prefix = MakeQuery(PrefixQuery{.field = "f", .prefix = "ab"});
    EXPECT_TRUE(Fits(prefix, "abc"));
    EXPECT_FALSE(Fits(prefix, "a"));
    const auto wildcard = MakeQuery(WildcardQuery{.field = "f", .pattern = "a*\xc3\xa9?"});
    EXPECT_TRUE(Fits(wildcard, "abc\xc3\xa9\xe4\xb8\x96"));
    EXPECT_FALSE(Fits(wildcard, "ab\xc3\xa9"));
    const auto regexp = MakeQuery(RegexpQuery{.field = "f", .pattern = "b.+k"});
    EXPECT_TRUE(Fits(regexp, "book"));
    EXPECT_FALSE(Fits(regexp, "books"));
    const auto range = MakeQuery(TermRangeQuery{.field = "f", .min = "b", .max = "d"});
    EXPECT_TRUE(Fits(range, "b"));
    EXPECT_FALSE(Fits(range, "d"));
    EXPECT_FALSE(Fits(range, "a"));
    const auto fuzzy = MakeQuery(FuzzyQuery{.field = "f", .term = "word", .prefix_length = 1});
    EXPECT_TRUE(Fits(fuzzy, "wrod"));
    EXPECT_FALSE(Fits(fuzzy, "ford"));
    EXPECT_FALSE(Fits(fuzzy, "words1"));
}

TEST(TermFilterTest, NothingOfOthers) {
    EXPECT_EQ(MakeTermFilter(*MakeQuery(TermQuery{.field = "f", .term = "x"})), nullptr);
    EXPECT_EQ(MakeTermFilter(*MakeQuery(RegexpQuery{.field = "f", .pattern = "("})), nullptr);
}

TEST(TermFilterTest, MisspeltWordsOfAnyAlphabet) {
    for (const std::string word : {"привет", "größe", "日本語文字", "cafe\xcc\x81s"}) {
        const auto filter =
            MakeTermFilter(*MakeQuery(FuzzyQuery{.field = "f", .term = word, .edits = 1}));
        ASSERT_NE(filter, nullptr);
        EXPECT_TRUE(filter->Fits(word)) << word;
        EXPECT_TRUE(filter->Fits(word + "x")) << word;
        EXPECT_FALSE(filter->Fits(word + "xyz")) << word;
    }
}

}  // namespace
}  // namespace blasty::index
