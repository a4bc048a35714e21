#include "analysis/internal/analyzers.h"

#include "analysis/internal/languages.h"
#include "base/strings.h"

namespace blasty::analysis::internal {
namespace {

struct Named {
    std::string_view name;
    std::string_view chain;
    std::string_view summary;
};

constexpr Named kAnalyzers[] = {
    {"cjk", "cjk | fold", "Chinese, Japanese, Korean by pairs of characters"},
    {"keyword", "keyword", "the whole text as one term, unchanged"},
    {"path", "path", "a path and all that contain it"},
    {"simple", "letter | lowercase", "runs of letters in lower case"},
    {"standard", "unicode | fold", "words of any language without case and accents; the default"},
    {"web", "web | fold", "standard with web and mail addresses, @names and #tags whole"},
    {"whitespace", "whitespace", "what stands between white space, unchanged"},
};

}  // namespace

std::vector<AnalyzerInfo> NamedAnalyzers() {
    std::vector<AnalyzerInfo> out;
    for (const Named& named : kAnalyzers) {
        out.push_back(
            {std::string(named.name), std::string(named.chain), std::string(named.summary)});
    }
    for (const Language& language : Languages()) {
        if (language.chain.empty()) continue;
        std::string what =
            language.snowball.empty() ? "words without stop words" : "stems without stop words";
        std::string summary = StrCat(language.name, ": ", what);
        summary[0] = static_cast<char>(summary[0] - 'a' + 'A');
        out.push_back({std::string(language.code), std::string(language.chain), summary});
        out.push_back({std::string(language.name), std::string(language.chain), summary});
    }
    return out;
}

std::optional<std::string> ChainOf(std::string_view name) {
    for (const Named& named : kAnalyzers) {
        if (named.name == name) return std::string(named.chain);
    }
    const Language* language = FindLanguage(name);
    if (language == nullptr || language->chain.empty()) return std::nullopt;
    return std::string(language->chain);
}

}  // namespace blasty::analysis::internal
