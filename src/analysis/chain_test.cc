// Chains as text: how they are read, and what is said when they are wrong.

#include "analysis/chain.h"

#include <gtest/gtest.h>

#include <string>

#include "analysis/internal/test_tokens.h"
#include "analysis/limits.h"
#include "base/place.h"

namespace blasty::analysis {
namespace {

std::string TextOf(std::string_view chain) {
    auto spec = ParseChain(chain);
    EXPECT_TRUE(spec.ok()) << chain;
    return spec.ok() ? ChainText(*spec) : "";
}

// "place: message" of the error.
std::string ErrorOf(std::string_view chain) {
    const auto made = MakeAnalyzer(chain);
    if (made.ok()) return "ok";
    EXPECT_EQ(ReasonOf(made.status()), "BAD_ANALYZER");
    return StrCat(PlaceOf(made.status()), ": ", MessageOf(made.status()));
}

TEST(ChainTest, NamesAndDefaults) {
    EXPECT_EQ(TextOf("standard"), "unicode | fold");
    EXPECT_EQ(TextOf("lowercase|stop english"), "unicode | lowercase | stop english");
    EXPECT_EQ(TextOf(" english | unique "),
              "unicode | fold | possessive | stop english | stem english | unique");
    EXPECT_EQ(TextOf("cjk"), "cjk | fold");
    EXPECT_EQ(TextOf("cjk | lowercase"), "cjk | lowercase");
    EXPECT_EQ(TextOf("html_strip | english"),
              "html_strip | unicode | fold | possessive | stop english | stem english");
}

TEST(ChainTest, QuotesComeBack) {
    const std::string chain = "mapping 'a=>b, it''s=>\"' | regexp '[a|b]+' | synonyms \"x, y\"";
    EXPECT_EQ(TextOf(chain), "mapping 'a=>b, it''s=>\"' | regexp '[a|b]+' | synonyms 'x, y'");
    EXPECT_EQ(TextOf(TextOf(chain)), TextOf(chain));
    for (const AnalyzerInfo& info : ListAnalyzers()) {
        EXPECT_EQ(TextOf(TextOf(info.name)), TextOf(info.name));
    }
}

TEST(ChainTest, ErrorsNameTheWordThePlaceAndWhatIsKnown) {
    const auto says = [](std::string_view chain, std::string_view place, std::string_view what) {
        const std::string error = ErrorOf(chain);
        EXPECT_TRUE(error.starts_with(place)) << chain << " -> " << error;
        EXPECT_NE(error.find(what), std::string::npos) << chain << " -> " << error;
    };
    says("standart", "byte 0", "'standart' is not known; analyzers are ar arabic");
    says("unicode | flod", "byte 10", "'flod' is not known; parts of a chain are html_strip");
    says("", "byte 0", "an empty analyzer");
    says("unicode | | fold", "byte 10", "take one bar away");
    says("unicode |", "byte 9", "take one bar away");
    says("synonyms 'a, b", "byte 9", "not closed");
    says("unicode | keyword", "byte 10", "one tokenizer");
    says("fold | keyword", "byte 7", "before the filters");
    says("fold | html_strip", "byte 7", "put it first");
    says("unicode | english", "byte 10", "put it first");
    says("stem klingon", "byte 0", "known are arabic (ar)");
    says("stop", "byte 0", "write it as: stop LANGUAGE");
    says("fold x", "byte 0", "has 1 arguments");
    says("ngram 3 2", "byte 0", "a number from 3 to");
    says("ngram 0 2", "byte 0", "a number from 1 to");
    says("ngram 1 30", "byte 0", "apart");
    says("ngram a", "byte 0", "a number from 1");
    says("shingle 9", "byte 0", "a number from 1 to 5");
    says("regexp '('", "byte 0", "the pattern");
    says("mapping 'x'", "byte 0", "from=>to");
    says("mapping 'a=>b,a=>c'", "byte 0", "mapped twice");
    says("synonyms ';'", "byte 0", "write rules as");
    says("synonyms 'a =>'", "byte 0", "a side is empty");
    says("synonyms '!!, a'", "byte 0", "becomes 0 words");
    says("normalize x", "byte 0", "nfkc");
    says("elision german", "byte 0", "french");
    says("lowercase german", "byte 0", "turkish");
    says(std::string(kSpecBytesMax + 1, 'a'), "byte ", "at most");
    std::string many = "unicode";
    for (size_t i = 0; i <= kFiltersMax; ++i) many += " | fold";
    says(many, "byte ", "at most 32");
}

TEST(ChainTest, EverythingListedCanBeMade) {
    for (const AnalyzerInfo& info : ListAnalyzers()) {
        EXPECT_TRUE(MakeAnalyzer(info.name).ok()) << info.name << ErrorOf(info.name);
        EXPECT_TRUE(MakeAnalyzer(info.chain).ok()) << info.chain;
        EXPECT_FALSE(info.summary.empty());
    }
    for (const FilterInfo& info : ListFilters()) {
        EXPECT_FALSE(info.summary.empty());
        if (info.args.empty() || info.args[0] == '[') {
            EXPECT_TRUE(MakeAnalyzer(StrCat(info.name)).ok()) << info.name;
        }
    }
    EXPECT_GT(ListAnalyzers().size(), 60u);
    EXPECT_GT(ListFilters().size(), 25u);
}

TEST(ChainTest, NormalizeLeavesWordsWhole) {
    EXPECT_EQ((*MakeAnalyzer("english"))->Normalize("RUNNING É"), "running e");
    EXPECT_EQ((*MakeAnalyzer("german"))->Normalize("Häuser"), "hauser");
    EXPECT_EQ((*MakeAnalyzer("keyword"))->Normalize("A b"), "A b");
    EXPECT_EQ((*MakeAnalyzer("mapping 'ph=>f' | fold"))->Normalize("PhPh phi"), "phph fi");
    EXPECT_EQ((*MakeAnalyzer("standard"))->Normalize("a\xff"), "a\ufffd");
    EXPECT_EQ((*MakeAnalyzer("standard"))->Normalize(""), "");
}

}  // namespace
}  // namespace blasty::analysis
