// Request ids seen within the window, kept in tables.db: a repetition is answered, not done again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tables/internal/store.h"
#include "tables/request.h"

namespace blasty::tables::internal {

inline constexpr size_t kRequestIdBytesMax = 256;

// "" when there are no results.
std::string OutcomeOf(const WriteResult& result);
// As answered to a repetition: without rows.
WriteResult ResultOf(std::string_view outcome, Sequence sequence);

// Of the writer's thread, within its transactions. Arguments must outlive it.
class RequestIds {
  public:
    RequestIds(Store& store, const TablesOptions& options) : store_(store), options_(options) {}

    // The answer of the first request with this id, if one is in the window.
    Result<std::optional<WriteResult>> Find(std::string_view id, int64_t now_us);
    Status Put(std::string_view id, std::string_view outcome, Sequence sequence, int64_t now_us);
    // Forgets what fell out of the window or is too much; cheap when called often.
    Status Trim(int64_t now_us);

  private:
    Status Count();

    Store& store_;
    const TablesOptions& options_;
    int64_t count_ = -1;  // at most so many; below 0: not counted
    int64_t trimmed_at_us_ = 0;
};

}  // namespace blasty::tables::internal
