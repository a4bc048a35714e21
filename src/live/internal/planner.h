// Plans of query texts, made once a text and schema.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "live/internal/analysis.h"
#include "tables/schema.h"

namespace blasty::live::internal {

// Thread-safe.
class Planner {
  public:
    // Errors of Analyzer.
    Result<QueryPlanPtr> Plan(const tables::SchemaPtr& schema, const std::string& sql);

  private:
    Mutex mutex_;
    Sequence schema_at_ ABSL_GUARDED_BY(mutex_);
    std::unique_ptr<Analyzer> analyzer_ ABSL_GUARDED_BY(mutex_);
    absl::flat_hash_map<std::string, QueryPlanPtr> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::live::internal
