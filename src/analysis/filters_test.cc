// Each part of a chain by example.

#include <gtest/gtest.h>

#include <string>

#include "analysis/internal/test_tokens.h"
#include "analysis/limits.h"

namespace blasty::analysis::internal {
namespace {

TEST(TokenizerTest, Plain) {
    EXPECT_EQ(Terms("keyword", "Two Words"), "Two Words");
    EXPECT_EQ(Terms("keyword", ""), "");
    EXPECT_EQ(Terms("keyword", "a\xff"), "a\ufffd");
    EXPECT_EQ(Places("whitespace", " a-b\u00a0ç\tÉ! "), "a-b=a-b ç=ç É!=É!");
    EXPECT_EQ(Terms("whitespace",
                    "a\xff"
                    "b"),
              "a b");
    EXPECT_EQ(Terms("letter", "ab1cd éa\u0301-x"), "ab cd éa\u0301 x");
    EXPECT_EQ(Terms("simple", "Foo2Bar"), "foo bar");
}

TEST(TokenizerTest, Path) {
    EXPECT_EQ(Positions("path", "/usr/share/doc"), "0:/usr 0:/usr/share 0:/usr/share/doc");
    EXPECT_EQ(Terms("path", "a//b/"), "a a//b");
    EXPECT_EQ(Places("path .", "com.example"), "com=com com.example=com.example");
    EXPECT_EQ(Terms("path /", "//"), "");
}

TEST(TokenizerTest, Regexp) {
    EXPECT_EQ(Terms("regexp '[a-z]+[0-9]'", "ab1 c2 d éf3"), "ab1 c2 f3");
    EXPECT_EQ(Places("regexp 'é+|b*'", "aéé bb"), "éé=éé bb=bb");
    // A pattern that would run for ever ends the words of the text.
    EXPECT_EQ(Terms("regexp '(a+)+b|c'", "c" + std::string(200, 'a')), "c");
}

TEST(TokenizerTest, Cjk) {
    EXPECT_EQ(Positions("cjk", "東京都 and 大 ABC한국어"),
              "0:東京 1:京都 2:and 3:大 4:abc 5:한국 6:국어");
    EXPECT_EQ(Terms("cjk", "ｶﾞｷﾞｸﾞ"), "ガギ ギグ");
    EXPECT_EQ(Places("cjk", "第3章です"), "第=第 3=3 章で=章で です=です");
    EXPECT_EQ(Terms("cjk", "日\xff本"), "日 本");
}

TEST(TokenizerTest, Web) {
    EXPECT_EQ(Places("web", "See http://a.org/x?y=1, or (www.b.com). Mail joe.x@c.co.uk!"),
              "see=See http://a.org/x?y=1=http://a.org/x?y=1 or=or www.b.com=www.b.com mail=Mail "
              "joe.x@c.co.uk=joe.x@c.co.uk");
    EXPECT_EQ(Terms("web", "@Alice likes #tags a@b x@y.z foo#bar http:// @é"),
              "@alice likes #tags a b x y.z foo bar http e");
}

TEST(CharFilterTest, Html) {
    EXPECT_EQ(Places("html_strip | standard",
                     "<p class=\"a>b\">Caf&eacute; &amp; <b>bo</b>ld<br>x</p><!-- no -->y"),
              "cafe=Caf&eacute; bold=bo</b>ld x=x y=y");
    EXPECT_EQ(Terms("html_strip | standard", "a<script>var x='<b>';</script>b<STYLE>c</style >d"),
              "a b d");
    EXPECT_EQ(Terms("html_strip | whitespace", "1 < 2 &x; &#65;&#x42; a<b &#0; <unclosed"),
              "1 < 2 &x; AB a<b &#0; <unclosed");
}

TEST(CharFilterTest, MappingAndZeroWidth) {
    EXPECT_EQ(Places("mapping 'ph=>f, c++=>cpp' | standard", "Graph c++ p"),
              "graf=Graph cpp=c++ p=p");
    EXPECT_EQ(Terms("mapping 'a=>1, ab=>2' | whitespace", "ab aab a"), "2 12 1");
    EXPECT_EQ(Terms("mapping 'x=>' | keyword", "axb"), "ab");
    EXPECT_EQ(Places("zero_width | whitespace", "so\u00adft می\u200cخواهم"),
              "soft=so\u00adft می=می خواهم=خواهم");
    EXPECT_EQ(Places("html_strip | mapping 'é=>e' | whitespace", "x&eacute;y z"),
              "xey=x&eacute;y z=z");
}

TEST(FilterTest, Shapes) {
    EXPECT_EQ(Positions("whitespace | length 2 3", "a bé ccc dddd"), "1:bé 2:ccc");
    EXPECT_EQ(Places("whitespace | truncate 2", "éàü x"), "éà=éàü x=x");
    EXPECT_EQ(Terms("whitespace | reverse", "abc e\u0301x"), "cba xe\u0301");
    EXPECT_EQ(Terms("unicode | apostrophe", "Türkiye'de İstanbul’un x"), "Türkiye İstanbul x");
    EXPECT_EQ(Terms("unicode | lowercase | elision french", "L'avion qu’il aujourd'hui"),
              "avion il aujourd'hui");
    EXPECT_EQ(Terms("unicode | possessive", "cat's cats' dog’s it"), "cat cats dog it");
}

TEST(FilterTest, StopWordsLeaveGaps) {
    EXPECT_EQ(Positions("unicode | fold | stop english", "The cat and THE don’t dog"),
              "1:cat 5:dog");
    EXPECT_EQ(Positions("unicode | fold | stop_words 'Été, b'", "ete a B c"), "1:a 3:c");
}

TEST(FilterTest, StemKeepsWhatItIsTold) {
    EXPECT_EQ(Terms("lowercase | stem english 'news, MAPS'", "news maps running"), "news maps run");
    EXPECT_EQ(Terms("stem porter", "generically"), "gener");
    EXPECT_EQ(Terms("stem en", "generically"), "generic");
}

TEST(FilterTest, Ngrams) {
    EXPECT_EQ(Places("unicode | fold | ngram 2 3", "Abçd x"),
              "ab=Abçd abc=Abçd bc=Abçd bcd=Abçd cd=Abçd x=x");
    EXPECT_EQ(Places("unicode | lowercase | ngram 2 3", "Abçd"),
              "ab=Ab abç=Abç bç=bç bçd=bçd çd=çd");
    EXPECT_EQ(Positions("edge_ngram 1 3", "abcd e"), "0:a 0:ab 0:abc 1:e");
    EXPECT_EQ(Terms("ngram 3", "ab abc abcd"), "ab abc abc bcd");
}

TEST(FilterTest, CamelCase) {
    EXPECT_EQ(Positions("camel_case | fold", "fooBarHTTPServer2 x"),
              "0:foo 1:bar 2:http 3:server 4:2 5:x");
    EXPECT_EQ(Places("camel_case", "snake_caseÉlan a"), "snake=snake case=case Élan=Élan a=a");
    EXPECT_EQ(Terms("whitespace | camel_case", "_a_ __ A1b2"), "a A 1 b 2");
}

TEST(FilterTest, ShingleAndUnique) {
    EXPECT_EQ(Positions("shingle 3", "a b c d"),
              "0:a 0:a b 0:a b c 1:b 1:b c 1:b c d 2:c 2:c d 3:d");
    EXPECT_EQ(Positions("lowercase | stop english | shingle 2", "big cat the dog"),
              "0:big 0:big cat 1:cat 3:dog");
    EXPECT_EQ(Places("shingle 2", "é b"), "é=é é b=é b b=b");
    EXPECT_EQ(Positions("unique", "a b a c b"), "0:a 1:b 3:c");
}

TEST(FilterTest, Synonyms) {
    EXPECT_EQ(Positions("fold | synonyms 'Car, automobile; tv => television set'", "a car TV b"),
              "0:a 1:car 1:automobile 2:television 3:set 4:b");
    EXPECT_EQ(Places("fold | synonyms 'new york => nyc'", "in New York now, new jersey"),
              "in=in nyc=New York now=now new=new jersey=jersey");
    EXPECT_EQ(Positions("fold | synonyms 'new york => nyc'", "new york new"), "0:nyc 1:new");
    // Either form of a phrase puts what follows at the same distance.
    EXPECT_EQ(Positions("synonyms 'dns, domain name system'", "dns x"),
              "0:dns 0:domain 1:name 2:system 3:x");
    EXPECT_EQ(Positions("synonyms 'dns, domain name system'", "domain name system x"),
              "0:domain 0:dns 1:name 2:system 3:x");
    // The rules see what the chain made of their words.
    EXPECT_EQ(Terms("english | synonyms 'Cars => vehicles'", "the car"), "vehicl");
    EXPECT_EQ(Terms("synonyms 'a b c => x'", "a b a b c a b"), "a b x a b");
}

TEST(FilterTest, LongWordsAreCutAtCharacters) {
    std::string term;
    uint32_t end = 0;
    const auto take = [&](const Token& token) {
        term = token.term;
        end = token.end;
    };
    std::string text(1 << 20, 'A');
    Make("standard")->Analyze(text, take);
    EXPECT_EQ(term, std::string(kTermBytesMax, 'a'));
    EXPECT_EQ(end, text.size());
    text.clear();
    for (int i = 0; i < 300'000; ++i) text += "ж";
    Make("russian")->Analyze(text, take);
    EXPECT_EQ(term.size(), kTermBytesMax - 1);
    EXPECT_EQ(end, text.size());
}

TEST(FilterTest, TokensOfATextAreBounded) {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += "abcdefghijklmnop ";
    size_t tokens = 0;
    Make("ngram 1 16")->Analyze(text, [&](const Token& /*token*/) { ++tokens; });
    EXPECT_EQ(tokens, kTokensMax);
}

}  // namespace
}  // namespace blasty::analysis::internal
