// Whether a term is one that a query asks for, for instance to mark it in a text.
#pragma once

#include <memory>
#include <string_view>

#include "index/query.h"

namespace blasty::index {

// Immutable; any number of threads may use it at once.
class TermFilter {
  public:
    virtual ~TermFilter() = default;
    virtual bool Fits(std::string_view term) const = 0;
};

// Of a prefix, wildcard, regular expression, range of terms or fuzzy query. Nothing for queries of
// other kinds, and for an expression that cannot be read.
std::unique_ptr<const TermFilter> MakeTermFilter(const Query& query);

}  // namespace blasty::index
