#include "analysis/internal/languages.h"

#include <vector>

#include "analysis/internal/stop_words.h"

namespace blasty::analysis::internal {
namespace {

// Accents go last where the stemmer reads them.
std::vector<Language> MakeLanguages() {
    return {
        {"ar", "arabic", "arabic", kStopArabic, "",
         "unicode | fold | stop arabic | normalize arabic | stem arabic"},
        {"bg", "bulgarian", "", kStopBulgarian, "", "unicode | lowercase | stop bulgarian | fold"},
        {"ca", "catalan", "catalan", kStopCatalan, "d l m n s t",
         "unicode | lowercase | elision catalan | stop catalan | stem catalan | fold"},
        {"ckb", "sorani", "", kStopSorani, "", "unicode | fold | normalize sorani | stop sorani"},
        {"cs", "czech", "", kStopCzech, "", "unicode | lowercase | stop czech | fold"},
        {"da", "danish", "danish", kStopDanish, "",
         "unicode | lowercase | stop danish | stem danish | fold"},
        {"de", "german", "german", kStopGerman, "",
         "unicode | lowercase | stop german | stem german | fold"},
        {"el", "greek", "greek", kStopGreek, "",
         "unicode | lowercase | stop greek | stem greek | fold"},
        {"en", "english", "english", kStopEnglish, "",
         "unicode | fold | possessive | stop english | stem english"},
        {"es", "spanish", "spanish", kStopSpanish, "",
         "unicode | lowercase | stop spanish | stem spanish | fold"},
        {"eu", "basque", "basque", kStopBasque, "",
         "unicode | lowercase | stop basque | stem basque | fold"},
        {"fa", "persian", "", kStopPersian, "",
         "zero_width | unicode | fold | normalize persian | stop persian"},
        {"fi", "finnish", "finnish", kStopFinnish, "",
         "unicode | lowercase | stop finnish | stem finnish | fold"},
        {"fr", "french", "french", kStopFrench, "c d j l m n qu s t jusqu lorsqu puisqu quoiqu",
         "unicode | lowercase | elision french | stop french | stem french | fold"},
        {"ga", "irish", "irish", kStopIrish, "d m b",
         "unicode | lowercase | elision irish | stop irish | stem irish | fold"},
        {"gl", "galician", "", kStopGalician, "", "unicode | lowercase | stop galician | fold"},
        {"hi", "hindi", "hindi", kStopHindi, "",
         "unicode | fold | stop hindi | stem hindi | normalize hindi"},
        // Snowball's algorithm for Serbian is made for Croatian as well.
        {"hr", "croatian", "serbian", kStopCroatian, "",
         "unicode | lowercase | stop croatian | stem croatian | fold"},
        {"hu", "hungarian", "hungarian", kStopHungarian, "",
         "unicode | lowercase | stop hungarian | stem hungarian | fold"},
        {"hy", "armenian", "armenian", kStopArmenian, "",
         "unicode | lowercase | stop armenian | stem armenian | fold"},
        {"id", "indonesian", "indonesian", kStopIndonesian, "",
         "unicode | lowercase | stop indonesian | stem indonesian | fold"},
        {"it", "italian", "italian", kStopItalian,
         "all agl c coll d dagl dall degl dell gl l m n negl nell quell quest s sant sugl sull t "
         "un "
         "v",
         "unicode | lowercase | elision italian | stop italian | stem italian | fold"},
        {"lt", "lithuanian", "lithuanian", kStopLithuanian, "",
         "unicode | lowercase | stop lithuanian | stem lithuanian | fold"},
        {"ne", "nepali", "nepali", "", "", "unicode | fold | stem nepali"},
        {"nl", "dutch", "dutch", kStopDutch, "",
         "unicode | lowercase | stop dutch | stem dutch | fold"},
        {"no", "norwegian", "norwegian", kStopNorwegian, "",
         "unicode | lowercase | stop norwegian | stem norwegian | fold"},
        {"pl", "polish", "", kStopPolish, "", "unicode | lowercase | stop polish | fold"},
        {"pt", "portuguese", "portuguese", kStopPortuguese, "",
         "unicode | lowercase | stop portuguese | stem portuguese | fold"},
        {"ro", "romanian", "romanian", kStopRomanian, "",
         "mapping 'ș=>ş, ț=>ţ, Ș=>ş, Ț=>ţ' | unicode | lowercase | stop romanian | stem romanian | "
         "fold"},
        {"ru", "russian", "russian", kStopRussian, "",
         "unicode | lowercase | stop russian | stem russian | fold"},
        {"sr", "serbian", "serbian", kStopSerbian, "",
         "unicode | lowercase | stop serbian | stem serbian | fold"},
        {"sv", "swedish", "swedish", kStopSwedish, "",
         "unicode | lowercase | stop swedish | stem swedish | fold"},
        {"ta", "tamil", "tamil", "", "", "unicode | fold | stem tamil"},
        {"tr", "turkish", "turkish", kStopTurkish, "",
         "unicode | apostrophe | lowercase turkish | stop turkish | stem turkish | fold"},
        {"yi", "yiddish", "yiddish", "", "", "unicode | lowercase | stem yiddish | fold"},
    };
}

}  // namespace

std::span<const Language> Languages() {
    static const auto* const languages = new std::vector<Language>(MakeLanguages());
    return *languages;
}

const Language* FindLanguage(std::string_view name) {
    for (const Language& known : Languages()) {
        if (known.code == name || known.name == name) return &known;
    }
    return nullptr;
}

}  // namespace blasty::analysis::internal
