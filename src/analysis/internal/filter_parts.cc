// Token filters by name.

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "analysis/internal/fold.h"
#include "analysis/internal/language_filters.h"
#include "analysis/internal/languages.h"
#include "analysis/internal/parts.h"
#include "analysis/internal/shape_filters.h"
#include "analysis/internal/stream_filters.h"
#include "analysis/limits.h"
#include "base/strings.h"

namespace blasty::analysis::internal {
namespace {

using Kind = FilterInfo::Kind;

Filter TermOf(std::unique_ptr<TermFilter> filter) { return {std::move(filter), nullptr}; }

template <std::unique_ptr<TermFilter> (*kMake)()>
Result<Filter> Plain(const ChainPart& /*part*/, const ChainAnalyzer& /*before*/) {
    return TermOf(kMake());
}

// Words between spaces or commas.
std::vector<std::string> WordsOf(std::string_view list) {
    constexpr std::string_view kBetween = " ,\t\n";
    std::vector<std::string> out;
    while (true) {
        const size_t begin = list.find_first_not_of(kBetween);
        if (begin == std::string_view::npos) return out;
        list.remove_prefix(begin);
        const size_t end = list.find_first_of(kBetween);
        out.emplace_back(list.substr(0, end));
        if (end == std::string_view::npos) return out;
        list.remove_prefix(end);
    }
}

std::string KnownLanguages(bool stemmers) {
    std::string out;
    for (const Language& language : Languages()) {
        if (stemmers ? language.snowball.empty() : language.stop_words.empty()) continue;
        StrAppend(out, out.empty() ? "" : ", ", language.name, " (", language.code, ")");
    }
    return out;
}

Result<Filter> MakeLowercasePart(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    if (part.args.empty()) return TermOf(MakeLowercase());
    const std::string& language = part.args[0];
    if (language == "turkish" || language == "tr") return TermOf(MakeTurkishLowercase());
    return BadAnalyzer(part.place, StrCat("'lowercase ", Printable(language),
                                          "': only turkish has letter case of its own; leave the "
                                          "language out"));
}

// The words as the chain before makes them, with both kinds of apostrophe.
Result<Filter> StopOf(const std::vector<std::string>& words, const ChainAnalyzer& before) {
    std::vector<std::string> made;
    for (const std::string& word : words) {
        made.push_back(before.Normalize(word));
        const size_t mark = word.find('\'');
        if (mark == std::string::npos) continue;
        std::string typographic = word;
        typographic.replace(mark, 1, "\u2019");
        made.push_back(before.Normalize(typographic));
    }
    return TermOf(MakeStop(made));
}

Result<Filter> MakeStopPart(const ChainPart& part, const ChainAnalyzer& before) {
    const Language* language = FindLanguage(part.args[0]);
    if (language == nullptr || language->stop_words.empty()) {
        return BadAnalyzer(part.place,
                           StrCat("'stop ", Printable(part.args[0]),
                                  "': no stop words are known for this language; known are ",
                                  KnownLanguages(false), "; or list them: stop_words 'the of'"));
    }
    return StopOf(WordsOf(language->stop_words), before);
}

Result<Filter> MakeStopWordsPart(const ChainPart& part, const ChainAnalyzer& before) {
    std::vector<std::string> words;
    for (const std::string& list : part.args) {
        for (std::string& word : WordsOf(list)) words.push_back(std::move(word));
    }
    return StopOf(words, before);
}

Result<Filter> MakeStemPart(const ChainPart& part, const ChainAnalyzer& before) {
    std::string_view algorithm = part.args[0];
    if (const Language* language = FindLanguage(algorithm); language != nullptr) {
        algorithm = language->snowball;
    } else if (algorithm != "porter") {
        algorithm = "";
    }
    std::vector<std::string> protect;
    if (part.args.size() > 1) {
        for (const std::string& word : WordsOf(part.args[1])) {
            protect.push_back(before.Normalize(word));
        }
    }
    auto stem = algorithm.empty() ? nullptr : MakeStem(algorithm, protect);
    if (stem == nullptr) {
        return BadAnalyzer(part.place,
                           StrCat("'stem ", Printable(part.args[0]),
                                  "': no stemmer is known for this language; known are ",
                                  KnownLanguages(true), ", porter"));
    }
    return TermOf(std::move(stem));
}

Filter StreamOf(std::unique_ptr<StreamFilter> filter) { return {nullptr, std::move(filter)}; }

template <std::unique_ptr<StreamFilter> (*kMake)()>
Result<Filter> PlainStream(const ChainPart& /*part*/, const ChainAnalyzer& /*before*/) {
    return StreamOf(kMake());
}

// Arguments that are numbers of characters, each from 1 to `max` and none below the one before.
Result<std::vector<size_t>> SizesOf(const ChainPart& part, size_t max) {
    std::vector<size_t> out;
    for (const std::string& arg : part.args) {
        size_t size = 0;
        const auto [end, error] = std::from_chars(arg.data(), arg.data() + arg.size(), size);
        const size_t least = out.empty() ? 1 : out.back();
        if (error != std::errc() || end != arg.data() + arg.size() || size < least || size > max) {
            return BadAnalyzer(
                part.place, StrCat("'", part.name, " ", Printable(arg), "': a number from ", least,
                                   " to ", max, " is needed here"));
        }
        out.push_back(size);
    }
    return out;
}

template <std::unique_ptr<StreamFilter> (*kMake)(size_t, size_t)>
Result<Filter> NgramOf(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<size_t> sizes, SizesOf(part, kNgramMax));
    const size_t min = sizes.front();
    const size_t max = sizes.back();
    if (max - min > kNgramSpreadMax) {
        return BadAnalyzer(part.place,
                           StrCat("'", part.name, " ", min, " ", max, "': the sizes are more than ",
                                  kNgramSpreadMax, " apart, which would make the index huge"));
    }
    return StreamOf(kMake(min, max));
}

Result<Filter> MakeLengthPart(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<size_t> sizes, SizesOf(part, kWordBytesMax));
    return TermOf(MakeLength(sizes[0], sizes.size() > 1 ? sizes[1] : kWordBytesMax));
}

Result<Filter> MakeTruncatePart(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<size_t> sizes, SizesOf(part, kWordBytesMax));
    return TermOf(MakeTruncate(sizes[0]));
}

Result<Filter> MakeShinglePart(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    BLASTY_ASSIGN_OR_RETURN(const std::vector<size_t> sizes, SizesOf(part, kShingleMax));
    if (sizes[0] < 2) return BadAnalyzer(part.place, "'shingle 1': at least 2 words make one");
    return StreamOf(MakeShingle(sizes[0]));
}

Result<Filter> MakeElisionPart(const ChainPart& part, const ChainAnalyzer& before) {
    const Language* language = FindLanguage(part.args[0]);
    if (language == nullptr || language->articles.empty()) {
        return BadAnalyzer(part.place, StrCat("'elision ", Printable(part.args[0]),
                                              "': known are french, italian, catalan, irish"));
    }
    std::vector<std::string> articles;
    for (const std::string& word : WordsOf(language->articles)) {
        articles.push_back(before.Normalize(word));
        articles.push_back(word);
    }
    return TermOf(MakeElision(articles));
}

Result<Filter> MakeNormalizePart(const ChainPart& part, const ChainAnalyzer& /*before*/) {
    const std::string& what = part.args[0];
    if (what == "nfc") return TermOf(MakeNormalForm(NormalForm::kNfc));
    if (what == "nfd") return TermOf(MakeNormalForm(NormalForm::kNfd));
    if (what == "nfkc") return TermOf(MakeNormalForm(NormalForm::kNfkc));
    if (what == "nfkd") return TermOf(MakeNormalForm(NormalForm::kNfkd));
    const Language* language = FindLanguage(what);
    auto filter = language == nullptr ? nullptr : MakeLetterForms(language->name);
    if (filter == nullptr) {
        return BadAnalyzer(part.place,
                           StrCat("'normalize ", Printable(what),
                                  "': known are nfc, nfd, nfkc, nfkd, arabic, persian, sorani, "
                                  "hindi"));
    }
    return TermOf(std::move(filter));
}

Result<Filter> MakeSynonymsPart(const ChainPart& part, const ChainAnalyzer& before) {
    BLASTY_ASSIGN_OR_RETURN(auto filter, MakeSynonyms(part.args[0], part.place, before));
    return StreamOf(std::move(filter));
}

constexpr PartDef Def(std::string_view name, std::string_view args, size_t args_min,
                      size_t args_max, std::string_view summary,
                      Result<Filter> (*make)(const ChainPart&, const ChainAnalyzer&)) {
    return {Kind::kFilter, name, args, args_min, args_max, summary, nullptr, nullptr, make};
}

constexpr size_t kListArgsMax = 10'000;

constexpr PartDef kFilters[] = {
    Def("apostrophe", "", 0, 0, "an apostrophe and what follows away (Turkish)",
        Plain<MakeApostrophe>),
    Def("ascii_fold", "", 0, 0, "Latin letters as ASCII, case kept", Plain<MakeAsciiFold>),
    Def("camel_case", "", 0, 0, "fooBarHTTP2 as foo Bar HTTP 2; before fold",
        PlainStream<MakeCamelCase>),
    Def("edge_ngram", "MIN MAX", 1, 2, "the first MIN to MAX characters, for search as you type",
        NgramOf<MakeEdgeNgram>),
    Def("elision", "LANGUAGE", 1, 1, "l'avion as avion", MakeElisionPart),
    Def("fold", "", 0, 0, "case, accents and compatibility forms away: É e, ß ss, ﬁ fi",
        Plain<MakeFold>),
    Def("length", "MIN [MAX]", 1, 2, "only terms of MIN to MAX characters", MakeLengthPart),
    Def("lowercase", "[turkish]", 0, 1, "small letters, accents kept", MakeLowercasePart),
    Def("ngram", "MIN MAX", 1, 2, "every run of MIN to MAX characters of a word",
        NgramOf<MakeNgram>),
    Def("normalize", "FORM|LANGUAGE", 1, 1,
        "nfc, nfd, nfkc, nfkd; or one spelling of arabic, persian, sorani, hindi letters",
        MakeNormalizePart),
    Def("possessive", "", 0, 0, "'s and s' away at the end of English words",
        Plain<MakePossessive>),
    Def("reverse", "", 0, 0, "letters in reverse order", Plain<MakeReverse>),
    Def("shingle", "SIZE", 1, 1, "words and runs of 2 to SIZE of them", MakeShinglePart),
    Def("stem", "LANGUAGE ['KEPT WORDS']", 1, 2, "words to their stem (Snowball; english, porter)",
        MakeStemPart),
    Def("stop", "LANGUAGE", 1, 1, "words without a subject away (the, of)", MakeStopPart),
    Def("stop_words", "'WORDS'", 1, kListArgsMax, "these words away", MakeStopWordsPart),
    Def("synonyms", "'A, B; C => D'", 1, 1, "words that stand for each other, phrases too",
        MakeSynonymsPart),
    Def("truncate", "SIZE", 1, 1, "at most SIZE characters of a term", MakeTruncatePart),
    Def("unique", "", 0, 0, "each term once a text", PlainStream<MakeUnique>),
};

}  // namespace

std::span<const PartDef> FilterParts() { return kFilters; }

}  // namespace blasty::analysis::internal
