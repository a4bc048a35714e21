// Filters that know a language.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/internal/filter.h"

namespace blasty::analysis::internal {

// Drops the words.
std::unique_ptr<TermFilter> MakeStop(const std::vector<std::string>& words);

// An algorithm of libstemmer ("english", "porter", "german"). nullptr when it knows none of that
// name. Terms in `protect` stay as they are.
std::unique_ptr<TermFilter> MakeStem(std::string_view algorithm,
                                     const std::vector<std::string>& protect);

// 's, s' and their typographic forms at the end.
std::unique_ptr<TermFilter> MakePossessive();

}  // namespace blasty::analysis::internal
