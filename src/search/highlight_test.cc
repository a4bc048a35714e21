// Words of a query shown in texts of all kinds.
#include "search/highlight.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "search/internal/query_string_test_fields.h"
#include "search/query_string.h"

namespace blasty::search::internal {
namespace {

Fields TextFields(std::string_view analyzer = "english") {
    Fields fields;
    fields.all = {
        {.name = "text", .analyzer = *analysis::MakeAnalyzer(analyzer), .by_default = true},
        {.name = "tag", .kind = index::FieldKind::kKeyword}};
    return fields;
}

std::string Whole(std::string_view query, std::string_view text,
                  std::string_view analyzer = "english", std::string_view field = "text") {
    const Fields fields = TextFields(analyzer);
    const auto parsed = ParseQueryString(query, fields);
    if (!parsed.ok()) return parsed.status().ToString();
    HighlightOptions options;
    options.begin = "[";
    options.end = "]";
    return Highlighter(*parsed, fields).Whole(field, text, options);
}

std::vector<std::string> Fragments(std::string_view query, std::string_view text, size_t characters,
                                   size_t count = 1) {
    const Fields fields = TextFields();
    HighlightOptions options;
    options.begin = "[";
    options.end = "]";
    options.fragment_characters = characters;
    options.fragments_max = count;
    return Highlighter(*ParseQueryString(query, fields), fields).Fragments("text", text, options);
}

TEST(HighlightTest, Words) {
    EXPECT_EQ(Whole("cat", "Cats and a cat"), "[Cats] and a [cat]");
    EXPECT_EQ(Whole("cat -dog", "cat dog"), "[cat] dog");
    EXPECT_EQ(Whole("pre*", "Prefix, préfet; impress"), "[Prefix], [préfet]; impress");
    EXPECT_EQ(Whole("fuzy~", "fuzy fuzzy"), "[fuzy] fuzzy");
    EXPECT_EQ(Whole("w?rd wo?d", "word wood"), "[word] [wood]");
    EXPECT_EQ(Whole("/b.+k/", "book bark bank"), "[book] [bark] [bank]");
    EXPECT_EQ(Whole("", "cat"), "cat");
    EXPECT_EQ(Whole("cat", ""), "");
    EXPECT_EQ(Whole("tag:Net*", "Network", "english", "tag"), "[Network]");
    EXPECT_EQ(Whole("tag:net", "Net", "english", "tag"), "Net");
}

TEST(HighlightTest, PhrasesAreMarkedWhole) {
    EXPECT_EQ(Whole("\"big cat\"", "cat, big cat, big a1 cat big"),
              "cat, [big cat], big a1 cat big");
    EXPECT_EQ(Whole("\"big cat\"~1", "big old cat, big very old cat"),
              "[big old cat], big very old cat");
    EXPECT_EQ(Whole("\"big cat\" cat", "big cat cat"), "[big cat] [cat]");
    EXPECT_EQ(Whole("\"x x\"", "x y x x"), "x y [x x]");
    EXPECT_EQ(Whole("\"cat of house\"", "a cat of house"), "a [cat of house]");
}

TEST(HighlightTest, TextsOfAllKinds) {
    EXPECT_EQ(Whole("b", "<b>&\"b'"), "&lt;[b]&gt;&amp;&#34;[b]&#39;");
    EXPECT_EQ(Whole("京都", "東京都庁", "cjk"), "東[京都]庁");
    EXPECT_EQ(Whole("cafe", "Cafe\xcc\x81!", "standard"), "[Cafe\xcc\x81]!");
    EXPECT_EQ(Whole("שלום", "אמר שלום לך", "standard"), "אמר [שלום] לך");
    EXPECT_EQ(Whole("cat",
                    "\xff"
                    "cat\xc3",
                    "standard"),
              "\xef\xbf\xbd[cat]\xef\xbf\xbd");
    EXPECT_EQ(Whole("abc bcd", "abcd", "ngram 3 3"), "[abcd]");
}

TEST(HighlightTest, FragmentsAreTheBestParts) {
    std::string filler;
    for (int i = 0; i < 100; ++i) filler += "lorem ";
    const std::string text = "cat " + filler + "cat dog " + filler + "dog";
    const auto best = Fragments("cat dog", text, 30);
    ASSERT_EQ(best.size(), 1u);
    EXPECT_EQ(best[0], "…lorem [cat] [dog] lorem…");
    const auto all = Fragments("cat dog", text, 30, 5);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0], best[0]);
    EXPECT_TRUE(all[1].starts_with("[cat] lorem")) << all[1];
    EXPECT_TRUE(all[2].ends_with("lorem [dog]")) << all[2];
    EXPECT_TRUE(Fragments("bird", text, 30).empty());
    EXPECT_EQ(Fragments("cat", "cat", 1)[0], "[c]…");
    const auto phrase = Fragments("\"cat dog\"", text, 5);
    EXPECT_EQ(phrase[0], "…[cat d]…");
}

TEST(HighlightTest, AnsiCannotBeSteeredByTheText) {
    const Fields fields = TextFields();
    const Highlighter highlighter(*ParseQueryString("cat", fields), fields);
    EXPECT_EQ(highlighter.Whole("text", "\x1b[2J cat \xc2\x9b<", HighlightOptions::Ansi()),
              " [2J \x1b[1;31mcat\x1b[0m  <");
}

TEST(HighlightTest, Locations) {
    const Fields fields = TextFields();
    const Highlighter highlighter(*ParseQueryString("dogs \"big cat\"", fields), fields);
    const auto found = highlighter.Locations("text", "cat dog big cat");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].term, "dog");
    EXPECT_EQ(found[1].term, "big");
    EXPECT_EQ(found[2].position, 3u);
    EXPECT_EQ(found[2].start, 12u);
    EXPECT_EQ(found[2].end, 15u);
}

TEST(HighlightTest, RandomTextGivesUtf8AndNoWordIsLost) {
    const std::string_view kPieces[] = {"cat",         "dog",      " ",    ".", "é",
                                        "\xcc\x81",    "世界",     "\xff", "<", "שלום",
                                        "👩‍🚀", "👍🏽", "x",    "\n"};
    const uint32_t seed = 77;
    std::mt19937 random(seed);
    const Fields fields = TextFields("standard");
    const Highlighter highlighter(*ParseQueryString("cat \"dog x\"~2 世* do~1", fields), fields);
    for (int i = 0; i < 2000; ++i) {
        SCOPED_TRACE(StrCat("seed ", seed, " round ", i));
        std::string text;
        for (size_t n = random() % 60; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
        HighlightOptions options;
        options.begin = options.end = options.separator = "";
        options.escape_html = false;
        options.fragment_characters = 1 + random() % 40;
        options.fragments_max = 3;
        for (const std::string& part : highlighter.Fragments("text", text, options))
            EXPECT_TRUE(IsUtf8(part));
        const std::string whole = highlighter.Whole("text", text, options);
        EXPECT_TRUE(IsUtf8(whole));
        EXPECT_TRUE(whole == text || !IsUtf8(text)) << whole;
    }
}

}  // namespace
}  // namespace blasty::search::internal
