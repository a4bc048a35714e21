// A chain as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"
#include "base/status.h"

namespace blasty::analysis::internal {

// Parts between bars: a name and its arguments, quotes taken off.
Result<std::vector<ChainPart>> ParseParts(std::string_view text);

// Sorts parts by kind, analyzers' names replaced by their chains.
Result<ChainSpec> SpecOf(std::vector<ChainPart> parts);

// An argument as ParseParts reads it back.
std::string Quoted(std::string_view arg);

}  // namespace blasty::analysis::internal
