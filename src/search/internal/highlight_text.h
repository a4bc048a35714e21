// Cuts the best parts out of a marked text and writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/highlight.h"
#include "search/internal/highlight_marks.h"

namespace blasty::search::internal {

// Of bytes.
struct Part {
    size_t begin = 0, end = 0;
};

// At most options.fragments_max parts that do not overlap, the best first: more different words,
// then more words, then earlier. REQUIRES: marks sorted by start.
std::vector<Part> BestParts(std::string_view text, const std::vector<Mark>& marks,
                            const HighlightOptions& options);

// The part with its marks, which are cut at its ends, and separators where the text goes on.
std::string WritePart(std::string_view text, const std::vector<Mark>& marks, const Part& part,
                      const HighlightOptions& options);

}  // namespace blasty::search::internal
