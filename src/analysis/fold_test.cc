// Case and accents.

#include "analysis/internal/fold.h"

#include <gtest/gtest.h>
#include <unicode/utf8.h>

#include <string>

#include "analysis/internal/test_tokens.h"

namespace blasty::analysis::internal {
namespace {

std::string Utf8(uint32_t code_point) {
    char bytes[4];
    size_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, code_point);
    return {bytes, size};
}

std::string Applied(const TermFilter& filter, std::string_view text) {
    TermBuffer buffer;
    Term term{text, false, true};
    return filter.Apply(term, buffer) ? std::string(term.text) : "";
}

TEST(FoldTest, Examples) {
    const auto fold = MakeFold();
    EXPECT_EQ(Applied(*fold, "ÉCOLE"), "ecole");
    EXPECT_EQ(Applied(*fold, "Straße ﬁn Æther Łódź"), "strasse fin aether lodz");
    EXPECT_EQ(Applied(*fold, "ＦＵＬＬ１"), "full1");
    EXPECT_EQ(Applied(*fold, "İıI"), "iii");
    EXPECT_EQ(Applied(*fold, "ΣΊΣΥΦΟΣ"), "σισυφοσ");
    EXPECT_EQ(Applied(*fold, "Ёлка й"), "елка и");
    EXPECT_EQ(Applied(*fold, "cafe\u0301"), "cafe");
    EXPECT_EQ(Applied(*fold, "ガ カ\u3099 ｶﾞ"), "ガ ガ ガ");
    EXPECT_EQ(Applied(*fold, "한국 \u1112\u1161\u11ab"), "한국 한");
    EXPECT_EQ(Applied(*fold, "हिन्दी"), "हिन्दी");
    EXPECT_EQ(Applied(*fold, "so\u00adft ①"), "soft 1");
    EXPECT_EQ(Applied(*fold, "مُحَمَّد"), "محمد");
}

TEST(FoldTest, IdempotentAndAsOneText) {
    const auto fold = MakeFold();
    for (uint32_t c = 1; c < 0x20000; ++c) {
        if (U_IS_SURROGATE(c)) continue;
        const std::string once = Applied(*fold, Utf8(c));
        ASSERT_EQ(once, FoldText(Utf8(c))) << c;
        ASSERT_EQ(once, Applied(*fold, once)) << c;
    }
}

TEST(FoldTest, RandomTextIsFoldedAsAWhole) {
    const auto fold = MakeFold();
    Random random(21);
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (size_t i = 1 + random.Below(6); i > 0; --i) {
            static constexpr uint32_t kFrom[] = {0x20,  0xc0,   0x300,  0x370,  0x5d0,  0x620,
                                                 0x900, 0x1100, 0x1e00, 0x3040, 0xac00, 0xff00};
            text += Utf8(kFrom[random.Below(std::size(kFrom))] + random.Below(0xa0));
        }
        const std::string once = Applied(*fold, text);
        ASSERT_EQ(once, FoldText(text)) << round << " " << text;
        ASSERT_EQ(once, FoldText(once)) << round << " " << text;
    }
}

TEST(FoldTest, AsciiWayIsTheSame) {
    const auto fold = MakeFold();
    const auto lower = MakeLowercase();
    for (char c = 1; c > 0 && c < 127; ++c) {
        const std::string text = {c, 'A', c};
        TermBuffer buffer;
        Term term{text, true, true};
        ASSERT_TRUE(fold->Apply(term, buffer));
        EXPECT_EQ(term.text, Applied(*fold, text));
        EXPECT_EQ(term.text, Applied(*lower, text));
    }
}

TEST(FoldTest, AsciiInEights) {
    Random random(22);
    for (int round = 0; round < 2000; ++round) {
        const std::string text = random.Bytes(random.Below(40));
        const size_t size = random.Below(text.size() + 1);
        std::string out(size + 8, '?');
        LowercaseAscii(std::string_view(text).substr(0, size), text.size(), out.data());
        for (size_t i = 0; i < size; ++i) {
            const bool capital = text[i] >= 'A' && text[i] <= 'Z';
            ASSERT_EQ(out[i], capital ? text[i] + 32 : text[i]);
        }
    }
}

TEST(LowercaseTest, FinalSigmaAndTurkish) {
    EXPECT_EQ(Applied(*MakeLowercase(), "ΌΣΟΣ ÉÀ"), "όσος éà");
    EXPECT_EQ(Applied(*MakeLowercase(), "İ"), "i\u0307");
    EXPECT_EQ(Applied(*MakeTurkishLowercase(), "IŞIK İZMİR"), "ışık izmir");
    EXPECT_EQ(Applied(*MakeTurkishLowercase(), "I\u0307"), "i");
}

TEST(AsciiFoldTest, KeepsCase) {
    EXPECT_EQ(Applied(*MakeAsciiFold(), "Éß Œuvre Þór ½"), "Ess OEuvre THor  1/2");
    EXPECT_EQ(Applied(*MakeAsciiFold(), "Ελ"), "Ελ");
}

TEST(NormalFormTest, Forms) {
    EXPECT_EQ(Terms("whitespace | normalize nfkc", "ﬁ e\u0301"), "fi é");
    EXPECT_EQ(Terms("whitespace | normalize nfd", "é"), "e\u0301");
}

}  // namespace
}  // namespace blasty::analysis::internal
