#include "search/internal/keeps_words.h"

#include <algorithm>
#include <string_view>

namespace blasty::search::internal {
namespace {

// Words that the stemmers of their languages shorten: one or two of each language that there is a
// stemmer for.
constexpr std::string_view kInflected =
    "nationalities running kinderen katten häuser wohnungen nationalités continuellement "
    "nazionalità abbandonata nacionalidades rápidamente carinhosamente naționalitate casele "
    "flickorna människorna hestene pigerne taloissa autoissaan házaknak gyerekekkel kitaplarımız "
    "evlerinden красивыми домами παιδιά ανθρώπους المسلمون والكتاب namuose pirmyn "
    "berjalan perjalanan vaimones handiagoa հայերեն գրքերից nationalitats abandonats अच्छाइयों "
    "लड़कियाँ páistí bhfuinneog зграда кућама घरहरूमा முடிந்தது வீடுகளில் קעסטלעך";

}  // namespace

bool KeepsWords(const analysis::Analyzer& analyzer) {
    bool keeps = true;
    for (std::string_view rest = kInflected; keeps && !rest.empty();) {
        const std::string_view text = rest.substr(0, rest.find(' '));
        analyzer.Analyze(text, [&](const analysis::Token& token) {
            const std::string_view word = text.substr(token.start, token.end - token.start);
            keeps = keeps && token.term == analyzer.Normalize(word);
        });
        rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    }
    return keeps;
}

}  // namespace blasty::search::internal
