// Plans of query texts, made once a text and schema; a schema change takes those that it concerns.
#pragma once

#include <atomic>
#include <cstdint>
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
    // Texts analyzed since the start.
    uint64_t analyzed() const { return analyzed_.load(); }

  private:
    Status Change(const tables::SchemaPtr& schema) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    Mutex mutex_;
    std::atomic<uint64_t> analyzed_{0};
    tables::SchemaPtr schema_ ABSL_GUARDED_BY(mutex_);  // of the analyzer and the plans
    std::unique_ptr<Analyzer> analyzer_ ABSL_GUARDED_BY(mutex_);
    absl::flat_hash_map<std::string, QueryPlanPtr> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::live::internal
