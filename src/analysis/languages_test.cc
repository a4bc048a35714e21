// Every language loads, and finds words in their other forms.

#include "analysis/internal/languages.h"

#include <gtest/gtest.h>

#include "analysis/internal/test_tokens.h"

namespace blasty::analysis::internal {
namespace {

// Both texts have the same terms.
void ExpectSame(std::string_view language, std::string_view a, std::string_view b) {
    EXPECT_EQ(Terms(language, a), Terms(language, b)) << language;
    EXPECT_NE(Terms(language, a), "") << language;
}

TEST(LanguagesTest, FormsOfAWord) {
    ExpectSame("ar", "الكتاب", "كتاب");
    ExpectSame("ca", "l'avió", "avió");
    ExpectSame("da", "huset", "huse");
    ExpectSame("de", "Häuser", "hausern");
    ExpectSame("el", "ΔΡΌΜΟΣ", "δρόμοι");
    ExpectSame("en", "The Cat's runs", "cats running");
    ExpectSame("es", "canciones", "canción");
    ExpectSame("eu", "etxeak", "etxe");
    ExpectSame("fa", "كتاب ها", "کتاب");
    ExpectSame("fi", "talossa", "talot");
    ExpectSame("fr", "L'École", "ecoles");
    ExpectSame("hi", "लड़कों", "लड़के");
    ExpectSame("hr", "knjigama", "knjige");
    ExpectSame("hu", "házak", "házat");
    ExpectSame("id", "makanan", "makan");
    ExpectSame("it", "dell'università", "universita");
    ExpectSame("lt", "namas", "namai");
    ExpectSame("nl", "boeken", "boek");
    ExpectSame("no", "bilene", "bil");
    ExpectSame("pl", "ŁÓDŹ", "lodz");
    ExpectSame("pt", "corações", "corações");
    ExpectSame("ro", "științe", "ştiinţe");
    ExpectSame("ru", "Книги", "книга");
    ExpectSame("sv", "flickorna", "flickor");
    ExpectSame("tr", "İstanbul'da", "istanbul");
    ExpectSame("ckb", "كوردي", "کوردی");
}

TEST(LanguagesTest, StopWordsAreNotFound) {
    for (const Language& language : Languages()) {
        if (language.stop_words.empty()) continue;
        const auto analyzer = Make(language.name);
        EXPECT_EQ(Terms(*analyzer, language.stop_words), "") << language.name;
    }
}

TEST(LanguagesTest, EachStemmerWorksOnItsOwnWordsAndOnOthers) {
    for (const Language& language : Languages()) {
        const auto analyzer = Make(language.code);
        for (const Language& other : Languages()) {
            analyzer->Analyze(other.stop_words, [&](const Token& token) {
                EXPECT_LE(token.start, token.end);
                EXPECT_FALSE(token.term.empty());
            });
        }
    }
}

}  // namespace
}  // namespace blasty::analysis::internal
