// Filters that look at the letters of one term.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/internal/filter.h"

namespace blasty::analysis::internal {

// Sizes count characters.
std::unique_ptr<TermFilter> MakeLength(size_t min, size_t max);
std::unique_ptr<TermFilter> MakeTruncate(size_t max);

// Last character first, marks behind their letter: for wildcards at the front.
std::unique_ptr<TermFilter> MakeReverse();

// The apostrophe and what follows away, as Turkish suffixes on names.
std::unique_ptr<TermFilter> MakeApostrophe();

// Articles that end in an apostrophe away: l'avion, dell'arte.
std::unique_ptr<TermFilter> MakeElision(const std::vector<std::string>& articles);

// Letters that are written in more than one way, for arabic, persian, sorani and hindi; nullptr for
// other languages.
std::unique_ptr<TermFilter> MakeLetterForms(std::string_view language);

// Bytes of the first `count` characters.
size_t PrefixBytes(std::string_view text, size_t count);

}  // namespace blasty::analysis::internal
