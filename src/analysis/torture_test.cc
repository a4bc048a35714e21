// What holds for every text and every chain.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "analysis/internal/test_tokens.h"
#include "analysis/limits.h"
#include "base/utf8.h"

namespace blasty::analysis::internal {
namespace {

const std::string_view kChains[] = {
    "standard",
    "english",
    "german",
    "turkish",
    "arabic",
    "hindi",
    "greek",
    "web",
    "path",
    "cjk",
    "keyword",
    "simple",
    "whitespace | ascii_fold",
    "html_strip | standard",
    "zero_width | mapping 'a=>bb, é=>, 字=>zi' | whitespace",
    "html_strip | mapping '<=>x, b=>' | cjk | fold | ngram 1 3",
    "unicode | lowercase | ngram 2 3 | unique",
    "keyword | edge_ngram 1 8 | reverse",
    "camel_case | fold | shingle 3",
    "fold | synonyms 'a, b c; b => d e f; c d e => a' | shingle 2",
    "regexp '\\w+' | normalize nfkd",
    "letter | camel_case | synonyms 'a => a a a' | stem english",
    "unicode | length 1 3 | truncate 2 | elision french | apostrophe | possessive",
};

const std::string_view kPieces[] = {
    "a",
    "B",
    "b c",
    "9",
    " ",
    "\n",
    ".",
    "'",
    "_",
    "<",
    "<b>",
    "</b>",
    "&amp;",
    "&#233;",
    "é",
    "İ",
    "ß",
    "ﬁ",
    "\u0301",
    "\u0301\u0301\u0301",
    "\u200d",
    "\u00ad",
    "👩\u200d👩\u200d👧",
    "🇩🇪",
    "한",
    "\u1100\u1161\u11a8",
    "漢字",
    "カ",
    "ｶﾞ",
    "ไทย",
    "مَرحبا",
    "שלום",
    "हिन्दी",
    "Σ",
    "ΣΑΣ",
    "\ufdfa",
    "\U0001d400",
    "\xff",
    "\xc3",
    "\xed\xa0\x80",
    "\xc0\xaf",
    "\xf0\x9f\x98",
    "\xf4\x90\x80\x80",
    "http://x.y/z",
    "a@b.cd",
    "#t",
    "/",
    "fooBar",
    "l'",
    "’s",
    "the",
    std::string_view("\0", 1),
};

// On a character of well-formed text, and anywhere among bytes that are none.
bool OnBoundary(std::string_view text, size_t at) {
    if (at == 0 || at == text.size()) return true;
    for (size_t back = 1; back <= 3 && back <= at; ++back) {
        if (Utf8Length(text.substr(at - back)) > back) return false;
    }
    return true;
}

void ExpectSound(const Analyzer& analyzer, std::string_view chain, std::string_view text) {
    uint32_t last = 0;
    bool sound = true;
    analyzer.Analyze(text, [&](const Token& token) {
        sound = sound && token.start <= token.end && token.end <= text.size() &&
                token.position >= last && token.position < (1u << 30) && !token.term.empty() &&
                token.term.size() <= kTermBytesMax && IsUtf8(token.term) &&
                OnBoundary(text, token.start) && OnBoundary(text, token.end);
        last = token.position;
    });
    EXPECT_TRUE(sound) << chain << ": " << Printable(text, 400);
    EXPECT_TRUE(IsUtf8(analyzer.Normalize(text))) << chain;
}

TEST(TortureTest, RandomPieces) {
    for (const std::string_view chain : kChains) {
        const auto analyzer = Make(chain);
        Random random(31);
        for (int round = 0; round < 400; ++round) {
            ExpectSound(*analyzer, chain, RandomText(random, kPieces, 30));
        }
    }
}

TEST(TortureTest, RandomBytes) {
    for (const std::string_view chain : kChains) {
        const auto analyzer = Make(chain);
        Random random(32);
        for (int round = 0; round < 300; ++round) {
            ExpectSound(*analyzer, chain, random.Bytes(random.Below(200)));
        }
    }
}

TEST(TortureTest, OneThingForEver) {
    for (const std::string_view piece : {"a", "\u0301", "a\u0301", "\u200d", "字", "ก", "한", "a.",
                                         "'", "_", "<", "&", "\xff", "@a", "a/", "\u1100"}) {
        std::string text;
        while (text.size() < (64 << 10)) text += piece;
        for (const std::string_view chain : kChains) {
            ExpectSound(*Make(chain), chain, text);
        }
    }
}

TEST(TortureTest, TermsAreThoseOfTheirTerms) {
    // What an index holds is found by itself.
    const auto analyzer = Make("standard");
    Random random(33);
    for (int round = 0; round < 2000; ++round) {
        const std::string text = RandomText(random, kPieces, 12);
        analyzer->Analyze(text, [&](const Token& token) {
            EXPECT_EQ(analyzer->Normalize(token.term), token.term) << Printable(text, 400);
        });
    }
}

TEST(TortureTest, CachedWordsAreTheSame) {
    // More words than the cache holds, twice.
    const auto chain = Make("english");
    const auto plain = Make("unicode | fold");
    Random random(34);
    std::vector<std::string> words;
    for (int i = 0; i < 30'000; ++i) {
        std::string word;
        for (size_t n = 1 + random.Below(12); n > 0; --n) word += "aeioustnrly"[random.Below(11)];
        words.push_back(word);
    }
    std::vector<std::string> first;
    for (int round = 0; round < 2; ++round) {
        for (size_t i = 0; i < words.size(); ++i) {
            const std::string terms = Terms(*chain, words[i]);
            if (round == 0) {
                first.push_back(terms);
            } else {
                ASSERT_EQ(terms, first[i]) << words[i];
            }
        }
    }
}

TEST(TortureTest, ASinkMayAnalyze) {
    const auto outer = Make("english");
    const auto inner = Make("english | shingle 2");
    const auto third = Make("german");
    std::string out;
    outer->Analyze("running dogs", [&](const Token& token) {
        const std::string_view term = token.term;
        inner->Analyze("big houses", [&](const Token& /*other*/) {
            third->Analyze("Häuser 漢字 ไทย", [](const Token& /*other*/) {});
        });
        StrAppend(out, term, ";");
    });
    EXPECT_EQ(out, "run;dog;");
}

TEST(TortureTest, ThreadsShareAnAnalyzer) {
    std::vector<std::shared_ptr<const Analyzer>> analyzers;
    for (const std::string_view chain : kChains) analyzers.push_back(Make(chain));
    Random random(35);
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) texts.push_back(RandomText(random, kPieces, 30));
    const auto all = [&] {
        std::string out;
        for (const auto& analyzer : analyzers) {
            for (const std::string& text : texts) out += Terms(*analyzer, text);
        }
        return out;
    };
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (std::string& result : results) threads.emplace_back([&] { result = all(); });
    for (std::thread& thread : threads) thread.join();
    const std::string expected = all();
    for (const std::string& result : results) EXPECT_EQ(result, expected);
}

}  // namespace
}  // namespace blasty::analysis::internal
