// What SQL sees of search: the module behind CREATE VIRTUAL TABLE … USING search(…) and MATCH.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "search/searches.h"
#include "tables/search_module.h"

namespace blasty::search {

// Made before the tables are opened, told of the searches when those are. Thread-safe.
class SqlModule final : public tables::SearchModule {
  public:
    Result<tables::SearchTable> Describe(std::string_view name,
                                         const std::vector<std::string>& arguments) const override;
    // INDEX_NOT_FOUND, INDEX_BUILDING, BAD_QUERY, DEADLINE_EXCEEDED, INDEX_MOVED_ON (ABORTED): the
    // index is past the sequence that was asked for.
    Result<std::unique_ptr<tables::SearchRows>> Find(const tables::SearchQuery& query) override;

    // Null: there are none any more.
    void Use(Searches* searches);

  private:
    Mutex mutex_;
    CondVar changed_;
    Searches* searches_ ABSL_GUARDED_BY(mutex_) = nullptr;
    int finding_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::search
