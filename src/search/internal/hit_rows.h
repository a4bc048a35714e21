// The rows that hits stand for.
#pragma once

#include "base/status.h"
#include "search/internal/live_index.h"
#include "tables/query.h"
#include "tables/tables.h"

namespace blasty::search::internal {

// Reads rows as they are now, all columns. Used by one thread; `tables` must outlive it.
class HitRows {
  public:
    HitRows(tables::Tables& tables, const LiveIndex::View& view);
    // Empty: there is none any more.
    Result<tables::Row> Read(const tables::Row& key);

  private:
    tables::Tables& tables_;
    const std::shared_ptr<Source> messages_;  // of an index over a topic
    tables::ReadRequest request_;
};

}  // namespace blasty::search::internal
