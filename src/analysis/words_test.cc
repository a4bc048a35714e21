// Words by Unicode's rules: the tables against ICU.

#include "analysis/internal/words.h"

#include <gtest/gtest.h>

#include <string>

#include "analysis/internal/test_tokens.h"

namespace blasty::analysis::internal {
namespace {

std::string ByTables(std::string_view text) {
    std::string out;
    SplitWords(text, [&](size_t start, size_t end, bool /*ascii*/) {
        StrAppend(out, "[", text.substr(start, end - start), "]");
        return true;
    });
    return out;
}

std::string ByIcu(std::string_view text) {
    std::string out;
    for (const auto& [start, end] : IcuWords(text)) {
        StrAppend(out, "[", text.substr(start, end - start), "]");
    }
    return out;
}

TEST(WordsTest, ExamplesInAscii) {
    EXPECT_EQ(ByTables("can't stop 3.14 a.b snake_case"), "[can't][stop][3.14][a.b][snake_case]");
    EXPECT_EQ(ByTables("a:b x@y.org #tag 1,000;2 a,b"), "[a][b][x][y.org][tag][1,000;2][a][b]");
    EXPECT_EQ(ByTables("'quoted' end. ...dots... __ _a_ -"), "[quoted][end][dots][_a_]");
    EXPECT_EQ(ByTables("libfoo-dev2 1st 3px 192.168.0.1"), "[libfoo][dev2][1st][3px][192.168.0.1]");
}

TEST(WordsTest, ExamplesElsewhere) {
    EXPECT_EQ(ByTables("Привет, мир!"), "[Привет][мир]");
    EXPECT_EQ(ByTables("l’été à Zürich"), "[l’été][à][Zürich]");
    EXPECT_EQ(ByTables("한국어 공부"), "[한국어][공부]");
    EXPECT_EQ(ByTables("日本語 ไทยแลนด์"), ByIcu("日本語") + ByIcu("ไทยแลนด์"));
    EXPECT_EQ(ByTables("a👨‍👩‍👧b 🇩🇪 ©"), "[a][b]");
    EXPECT_EQ(ByTables("א\"ב ג' שלום"), "[א\"ב][ג'][שלום]");
    EXPECT_EQ(ByTables("cafe\u0301s"), "[cafe\u0301s]");
}

TEST(WordsTest, AsciiTableIsThatOfAllCharacters) {
    for (uint32_t c = 0; c < 0x80; ++c) EXPECT_EQ(kAsciiClasses[c], WordClassOf(c)) << c;
}

TEST(WordsTest, EveryAsciiTripleIsAsIcuHasIt) {
    constexpr std::string_view kOf = "aZ9_.,;:'\"@- \n\t#/\x01";
    for (const char a : kOf) {
        for (const char b : kOf) {
            for (const char c : kOf) {
                for (const char d : {'b', '7', '_', '.', '\''}) {
                    const std::string text = {a, b, c, d};
                    ASSERT_EQ(ByTables(text), ByIcu(text)) << Printable(text);
                }
            }
        }
    }
}

TEST(WordsTest, RandomAsciiIsAsIcuHasIt) {
    Random random(11);
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        const bool few = random.Chance(1, 2);
        for (size_t i = random.Below(40); i > 0; --i) {
            text += few ? "ab1_.,;:'\"@ -"[random.Below(13)] : static_cast<char>(random.Below(128));
        }
        ASSERT_EQ(ByTables(text), ByIcu(text)) << Printable(text, 200);
    }
}

// Spaces between the scripts that ICU segments by a dictionary and the others: what ICU does with
// both in one run depends on how much of it it is given.
TEST(WordsTest, RandomTextIsAsIcuHasIt) {
    const std::string_view pieces[] = {
        "a",  "Z",      "é",      "ß",      "ж",      "λ",          "ا", "ـ", "א",  "ב",
        "9",  "٣",      "_",      "‿",      ".",      "·",          "’", ":", "'",  "\"",
        ",",  ";",      "\u0301", "\u200d", "\u00ad", "\u05bc",     "क", "्",  "ि",  "한",
        "글", "\u1100", "\u1161", "😀",      "👩",      "🇩",          "🇪", " ", "\n", "-",
        "@",  "\u2028", "\u00a0", "\ufeff", "𝒜",      "\U00010400", "ﬁ", "ª", "½",  "𞤀",
    };
    Random random(12);
    for (int round = 0; round < 6000; ++round) {
        const std::string text = RandomText(random, pieces, 25);
        ASSERT_EQ(ByTables(text), ByIcu(text)) << round << ": " << text;
    }
}

TEST(WordsTest, DictionaryWordsAmongOthers) {
    const std::string_view pieces[] = {"a",  "9",  "_", ".", "é", " ",  "漢", "字", "カ",    "タ",
                                       "ひ", "ら", "ไ", "ท", "ย", "。", "！", "、", "\u3099"};
    Random random(13);
    for (int round = 0; round < 3000; ++round) {
        const std::string text = RandomText(random, pieces, 15);
        ASSERT_EQ(ByTables(text), ByIcu(text)) << round << ": " << text;
    }
}

TEST(WordsTest, BadBytesSeparate) {
    EXPECT_EQ(ByTables("ab\xff"
                       "cd"),
              "[ab][cd]");
    EXPECT_EQ(ByTables("ab\xc3"), "[ab]");
    EXPECT_EQ(ByTables("a\xed\xa0\x80z \xc0\xaf x\xf8y"), "[a][z][x][y]");
    EXPECT_EQ(ByTables(std::string_view("a\0b", 3)), "[a][b]");
    EXPECT_EQ(ByTables("日\xff本"), "[日][本]");
}

}  // namespace
}  // namespace blasty::analysis::internal
