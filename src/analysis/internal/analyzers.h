// Analyzers with a name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/chain.h"

namespace blasty::analysis::internal {

// In no order; languages by code and by name.
std::vector<AnalyzerInfo> NamedAnalyzers();

// The chain of a name.
std::optional<std::string> ChainOf(std::string_view name);

}  // namespace blasty::analysis::internal
