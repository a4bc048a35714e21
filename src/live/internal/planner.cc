#include "live/internal/planner.h"

#include "live/internal/schema_change.h"

namespace blasty::live::internal {
namespace {

// Texts kept; they are few unless a client writes its constants into them.
constexpr size_t kPlansMax = 10'000;

}  // namespace

Status Planner::Change(const tables::SchemaPtr& schema) {
    if (analyzer_) {
        const SchemaChange change = Compare(*schema_, schema);
        if (analyzer_->Change(change).ok()) {
            absl::erase_if(plans_, [&](const auto& plan) { return change.Concerns(*plan.second); });
            schema_ = change.next;
            return OkStatus();
        }
    }
    plans_.clear();
    analyzer_.reset();
    BLASTY_ASSIGN_OR_RETURN(analyzer_, Analyzer::Make(schema));
    schema_ = schema;
    return OkStatus();
}

Result<QueryPlanPtr> Planner::Plan(const tables::SchemaPtr& schema, const std::string& sql) {
    MutexLock lock(mutex_);
    if (!analyzer_ || schema_->changed_at != schema->changed_at)
        BLASTY_RETURN_IF_ERROR(Change(schema));
    const auto known = plans_.find(sql);
    if (known != plans_.end()) return known->second;
    analyzed_.fetch_add(1);
    BLASTY_ASSIGN_OR_RETURN(QueryPlanPtr plan, analyzer_->Analyze(sql));
    if (plans_.size() >= kPlansMax) plans_.clear();
    plans_.emplace(sql, plan);
    return plan;
}

}  // namespace blasty::live::internal
