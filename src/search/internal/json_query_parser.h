// A query of a JSON document that has been read.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "index/query.h"
#include "search/fields.h"
#include "search/internal/json_query_values.h"

namespace blasty::search::internal {

class JsonQueryParser {
  public:
    explicit JsonQueryParser(const Fields& fields) : fields_(fields) {}

    // Also a string: a query string. BAD_QUERY.
    Result<index::QueryPtr> Parse(const JsonValue& value) { return Parse(value, 0); }

  private:
    Result<index::QueryPtr> Parse(const JsonValue& value, size_t depth);
    Result<index::QueryPtr> OfKind(const JsonMembers& object, size_t depth);
    Result<std::vector<index::QueryPtr>> ParseList(const JsonValue& list, std::string_view name,
                                                   size_t depth);
    Result<index::QueryPtr> Conjunction(const JsonValue& list, size_t depth);
    Result<index::QueryPtr> Disjunction(const JsonMembers& object, size_t depth);
    Result<index::QueryPtr> Boolean(const JsonMembers& object, size_t depth);
    Result<index::QueryPtr> QueryString(std::string_view text);

    Status Count(size_t leaves);

    const Fields& fields_;
    size_t clauses_ = 0;
    size_t leaves_ = 0;
    size_t text_bytes_ = 0;  // of query strings
};

// A query without queries in it, or nothing when the object's keys say none. Adds to `leaves`.
Result<index::QueryPtr> ParseLeaf(const JsonMembers& object, const Fields& fields, size_t* leaves);

}  // namespace blasty::search::internal
