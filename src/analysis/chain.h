// Analyzers by name or built from parts: char filters, one tokenizer, token filters, in a line as
//   html_strip | unicode | fold | stop english | stem english
// A word with spaces or bars stands in quotes ('…' or "…"; a doubled quote is a quote). Without a
// tokenizer it is `unicode`. An analyzer's name stands for its chain: `html_strip | english |
// unique`.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyzer.h"
#include "base/status.h"

namespace blasty::analysis {

struct ChainPart {
    std::string name;
    std::vector<std::string> args;
    size_t place = 0;  // byte in the text it was read from, for errors
};

struct ChainSpec {
    std::vector<ChainPart> char_filters;
    ChainPart tokenizer;
    std::vector<ChainPart> filters;
};

// Takes a line apart, names of analyzers replaced by their chains. BAD_ANALYZER names the word, its
// place and what is known.
Result<ChainSpec> ParseChain(std::string_view text);

// The line of a spec, which ParseChain reads back.
std::string ChainText(const ChainSpec& spec);

// The analyzer of a name ("standard", "english", "de") or of a chain. BAD_ANALYZER when it names
// something unknown or an argument is wrong.
Result<std::shared_ptr<const Analyzer>> MakeAnalyzer(std::string_view text);
Result<std::shared_ptr<const Analyzer>> MakeAnalyzer(const ChainSpec& spec);

// For help and completion, in the order of the names.
struct AnalyzerInfo {
    std::string name;
    std::string chain;
    std::string summary;
};
struct FilterInfo {
    enum class Kind { kCharFilter, kTokenizer, kFilter };
    Kind kind;
    std::string name;
    std::string args;  // as written, "" or "MIN MAX"
    std::string summary;
};
std::vector<AnalyzerInfo> ListAnalyzers();
std::vector<FilterInfo> ListFilters();

}  // namespace blasty::analysis
