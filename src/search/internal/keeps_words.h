// Whether the terms of a field are words as people write them.
#pragma once

#include "analysis/analyzer.h"

namespace blasty::search::internal {

// False when the analyzer makes something else of words: stems, pieces (n-grams). Letter case and
// accents do not count.
bool KeepsWords(const analysis::Analyzer& analyzer);

}  // namespace blasty::search::internal
