// The parts a chain may name, and how each is made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "analysis/chain.h"
#include "analysis/internal/chain_analyzer.h"
#include "analysis/internal/char_filter.h"
#include "analysis/internal/tokenizer.h"
#include "base/status.h"

namespace blasty::analysis::internal {

// The maker of the part's kind is set, the others are not. Arguments are within their counts.
struct PartDef {
    FilterInfo::Kind kind;
    std::string_view name;
    std::string_view args;  // as shown, "MIN MAX"
    size_t args_min;
    size_t args_max;
    std::string_view summary;
    Result<std::unique_ptr<CharFilter>> (*make_char_filter)(const ChainPart& part) = nullptr;
    Result<std::unique_ptr<Tokenizer>> (*make_tokenizer)(const ChainPart& part) = nullptr;
    // `before` is the chain up to here: it brings the part's own words to the form it will see.
    Result<Filter> (*make_filter)(const ChainPart& part, const ChainAnalyzer& before) = nullptr;
};

// All parts by kind and name.
std::span<const PartDef> CharFilterParts();
std::span<const PartDef> TokenizerParts();
std::span<const PartDef> FilterParts();

const PartDef* FindPart(std::span<const PartDef> parts, std::string_view name);

// Each front of a path as a term: /usr, /usr/share. Argument: the delimiter, "/" without.
Result<std::unique_ptr<Tokenizer>> MakePathTokenizer(const ChainPart& part);
// What matches a regular expression of ICU. A match that needs too much time or memory ends the
// words of its text.
Result<std::unique_ptr<Tokenizer>> MakeRegexpTokenizer(const ChainPart& part);

// BAD_ANALYZER at a byte of the chain.
Status BadAnalyzer(size_t place, std::string_view message);

}  // namespace blasty::analysis::internal
