#include "live/internal/planner.h"

namespace blasty::live::internal {
namespace {

// Texts kept; they are few unless a client writes its constants into them.
constexpr size_t kPlansMax = 10'000;

}  // namespace

Result<QueryPlanPtr> Planner::Plan(const tables::SchemaPtr& schema, const std::string& sql) {
    MutexLock lock(mutex_);
    if (!analyzer_ || schema_at_ != schema->changed_at) {
        plans_.clear();
        analyzer_.reset();
        BLASTY_ASSIGN_OR_RETURN(analyzer_, Analyzer::Make(schema));
        schema_at_ = schema->changed_at;
    }
    const auto known = plans_.find(sql);
    if (known != plans_.end()) return known->second;
    BLASTY_ASSIGN_OR_RETURN(QueryPlanPtr plan, analyzer_->Analyze(sql));
    if (plans_.size() >= kPlansMax) plans_.clear();
    plans_.emplace(sql, plan);
    return plan;
}

}  // namespace blasty::live::internal
