#include "analysis/internal/parts.h"

#include <algorithm>

#include "base/place.h"
#include "base/strings.h"

namespace blasty::analysis::internal {
namespace {

using Kind = FilterInfo::Kind;

template <std::unique_ptr<CharFilter> (*kMake)()>
Result<std::unique_ptr<CharFilter>> PlainCharFilter(const ChainPart& /*part*/) {
    return kMake();
}

Result<std::unique_ptr<CharFilter>> MappingOf(const ChainPart& part) {
    return MakeMapping(part.args[0], part.place);
}

template <std::unique_ptr<Tokenizer> (*kMake)()>
Result<std::unique_ptr<Tokenizer>> PlainTokenizer(const ChainPart& /*part*/) {
    return kMake();
}

constexpr PartDef kCharFilters[] = {
    {Kind::kCharFilter, "html_strip", "", 0, 0, "HTML as text: tags away, entities read",
     PlainCharFilter<MakeHtmlStrip>},
    {Kind::kCharFilter, "mapping", "'FROM=>TO, ...'", 1, 1,
     "strings replaced before words are found", MappingOf},
    {Kind::kCharFilter, "zero_width", "", 0, 0,
     "zero-width spaces as spaces, soft hyphens and joiners away", PlainCharFilter<MakeZeroWidth>},
};

constexpr PartDef kTokenizers[] = {
    {Kind::kTokenizer, "cjk", "", 0, 0, "pairs of Han, kana and Hangul characters; other words",
     nullptr, PlainTokenizer<MakeCjkTokenizer>},
    {Kind::kTokenizer, "keyword", "", 0, 0, "the whole text as one term", nullptr,
     PlainTokenizer<MakeKeywordTokenizer>},
    {Kind::kTokenizer, "letter", "", 0, 0, "runs of letters", nullptr,
     PlainTokenizer<MakeLetterTokenizer>},
    {Kind::kTokenizer, "path", "[DELIMITER]", 0, 1,
     "a path and all that contain it: /usr, /usr/share", nullptr, MakePathTokenizer},
    {Kind::kTokenizer, "regexp", "'PATTERN'", 1, 1, "what matches the pattern", nullptr,
     MakeRegexpTokenizer},
    {Kind::kTokenizer, "unicode", "", 0, 0, "words of any script (UAX #29); the default", nullptr,
     PlainTokenizer<MakeUnicodeTokenizer>},
    {Kind::kTokenizer, "web", "", 0, 0, "words; web and mail addresses, @names, #tags whole",
     nullptr, PlainTokenizer<MakeWebTokenizer>},
    {Kind::kTokenizer, "whitespace", "", 0, 0, "what stands between white space", nullptr,
     PlainTokenizer<MakeWhitespaceTokenizer>},
};

}  // namespace

std::span<const PartDef> CharFilterParts() { return kCharFilters; }
std::span<const PartDef> TokenizerParts() { return kTokenizers; }

const PartDef* FindPart(std::span<const PartDef> parts, std::string_view name) {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [name](const PartDef& part) { return part.name == name; });
    return found == parts.end() ? nullptr : &*found;
}

Status BadAnalyzer(size_t place, std::string_view message) {
    return WithPlace(MakeError(StatusCode::kInvalidArgument, "BAD_ANALYZER", message),
                     StrCat("byte ", place));
}

}  // namespace blasty::analysis::internal
