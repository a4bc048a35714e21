// A set of terms that is asked with views.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "analysis/internal/term_cache.h"

namespace blasty::analysis::internal {

struct TermHash {
    using is_transparent = void;
    size_t operator()(std::string_view term) const { return HashTerm(term); }
};
struct TermEqual {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

using TermSet = absl::flat_hash_set<std::string, TermHash, TermEqual>;

}  // namespace blasty::analysis::internal
