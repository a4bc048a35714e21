// Terms of an index as words that people write: many fields hold stems ("librari") instead.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "search/internal/hit_rows.h"
#include "search/internal/live_index.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// Used by one thread; `view` and `tables` must outlive it.
class WrittenWords {
  public:
    WrittenWords(const LiveIndex::View& view, tables::Tables& tables)
        : view_(view), rows_(tables, view) {}

    // The words in rows that became this term of a text field, as they stand there but in small
    // letters (of ASCII), the most frequent first. Looks at a few of the best rows only.
    Result<std::vector<std::string>> Of(size_t field, std::string_view term);

  private:
    const LiveIndex::View& view_;
    HitRows rows_;
};

}  // namespace blasty::search::internal
