// The part of a subscription's start that reads: planning, snapshots, resuming. On the pool, a few
// at a time, each with connections of its own.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "live/internal/core.h"
#include "live/internal/environment.h"
#include "live/internal/matcher.h"
#include "live/internal/planner.h"
#include "live/internal/resume.h"

namespace blasty::live::internal {

// Thread-safe.
class Starter {
  public:
    // Both must outlive it.
    Starter(Core& core, Planner& planner) : core_(core), planner_(planner) {}
    // Works off what is queued: one slot's work.
    void Run();

  private:
    // What one run uses; kept for the next.
    struct Slot {
        std::array<std::unique_ptr<Environment>, 4> environments;  // by Environment::Kind
        std::unique_ptr<Matcher> matcher;
        tables::SchemaPtr matcher_schema;
    };

    std::unique_ptr<Slot> TakeSlot();
    void Work(Slot& slot, std::vector<StartPtr> starts);
    void Plan(StartPtr start);
    Status PlanNow(Start& start);
    void Resume(Slot& slot, StartPtr start, std::vector<StartPtr>* snapshots);
    Result<Resumed> ResumeNow(Slot& slot, const Start& start, bool* replan);
    void Snapshots(Slot& slot, std::vector<StartPtr> starts);
    Status SnapshotOf(Environment& environment, const StartPtr& start, ResultSetPtr* result);
    void Finish(const Start& start, std::deque<EventBatchPtr> batches, uint32_t skip, Sequence at);
    void Again(StartPtr start);
    Result<Environment*> EnvironmentOf(Slot& slot, Environment::Kind kind);
    Status PrepareMatcher(Slot& slot, const tables::SchemaPtr& schema);
    Environment::Limits LimitsOf(const Start& start) const;

    Core& core_;
    Planner& planner_;
    Mutex mutex_;
    std::vector<std::unique_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
};

// LIVE_LIMIT.
Status RowsOverLimit(uint64_t rows_max);
// Ends a subscription with an error.
void EndWith(const SubscriptionPtr& subscription, const Status& why);
// What the subscriber is told when it must begin anew.
EventBatchPtr ResetBatch(Core& core, const ResetReason& why);

}  // namespace blasty::live::internal
