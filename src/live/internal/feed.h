// One distinct query with its parameters, followed once for everyone who asks it: a window of its
// recent batches, and the subscriptions that wait for the next one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "live/event.h"
#include "live/internal/analysis.h"
#include "live/internal/matcher.h"
#include "live/internal/result.h"
#include "log/frame.h"
#include "tables/commit.h"
#include "tables/value.h"

namespace blasty::live::internal {

// Net changes of one commit, kept for the feeds that it affects.
struct CommitChanges {
    log::FramePtr frame;  // keeps the views alive
    std::vector<tables::RowChange> changes;
    Sequence last;
};

struct Subscription;
using SubscriptionPtr = std::shared_ptr<Subscription>;

// The window. Thread-safe; only the live thread appends and evicts.
class Window {
  public:
    // Publishes; whoever waited is moved to `woken`.
    void Append(EventBatchPtr batch, std::vector<SubscriptionPtr>* woken);
    // Forgets the oldest batch if it is the one with this index. Returns its bytes.
    size_t Evict(uint64_t index);
    // Forgets everything; cursors are behind then. Returns the bytes.
    size_t Clear();

    uint64_t end() const;
    // Everything after this sequence (up to where the live thread is) is in the window.
    void set_complete_from(Sequence sequence);
    // The cursor after `token`, and how many events of the batch there were taken; false when the
    // window does not reach back to it.
    bool Find(const ResumeToken& token, uint64_t* cursor, uint32_t* skip) const;

    enum class Taken { kSome, kCaughtUp, kBehind };
    struct Reader {
        uint64_t cursor = 0;
        Sequence after;       // batches up to here are passed over
        bool behind = false;  // the cursor is not valid: go on from the last sequence taken
    };
    // Appends batches to `out` until about `bytes_max`. kCaughtUp: nothing is left (some may have
    // been taken), and `waiter`, when given, waits now. kBehind: the next batch is gone from here.
    Taken Take(Reader* reader, size_t bytes_max, const SubscriptionPtr* waiter,
               std::vector<EventBatchPtr>* out);
    // True when the reader has everything there is.
    bool CaughtUp(const Reader& reader) const;
    // Drops subscriptions that have ended from the waiting ones.
    void PruneWaiters();

  private:
    mutable Mutex mutex_;
    std::deque<EventBatchPtr> batches_ ABSL_GUARDED_BY(mutex_);
    uint64_t begin_ ABSL_GUARDED_BY(mutex_) = 0;  // index of the first of them
    Sequence complete_from_ ABSL_GUARDED_BY(mutex_);
    std::vector<SubscriptionPtr> waiting_ ABSL_GUARDED_BY(mutex_);
};

// All but `window` and what is const is the live thread's.
struct Feed {
    Feed(FeedId feed_id, QueryPlanPtr feed_plan, tables::Row feed_parameters, bool with_old_values,
         std::shared_ptr<const ResultColumns> feed_columns)
        : id(feed_id),
          parameters(std::move(feed_parameters)),
          old_values(with_old_values),
          filter(feed_plan->query_class == Explanation::Class::kFilter),
          plan(std::move(feed_plan)),
          columns(std::move(feed_columns)) {}

    const FeedId id;
    const tables::Row parameters;
    const bool old_values;
    const bool filter;
    const QueryPlanPtr
        plan;  // one object a text; it outlives schema changes that leave its meaning
    const std::shared_ptr<const ResultColumns> columns;
    Window window;

    std::string key;  // in the registry

    absl::flat_hash_set<SubscriptionPtr> subscribers;
    // When the last subscriber left; 0 while there are some.
    int64_t idle_since_us = 0;
    std::atomic<bool> retired{false};  // set by the live thread, read by the pool too
    // Least rows_max of its subscribers, past ones included.
    uint64_t rows_max_least = UINT64_MAX;
    uint64_t published = 0;        // batches ever: the index of the next one
    size_t ended_since_prune = 0;  // subscribers that left and may still stand as waiting
    // Filter: the batch of the commit that is being matched.
    std::shared_ptr<EventBatch> open_batch;

    // Not filters. Null until evaluated first, which happens on the pool (`evaluating`).
    std::shared_ptr<ResultSet> held;
    bool evaluating = false;
    Sequence held_at;    // `held` was evaluated here, and is still right until `dirty`
    Sequence valid_at;   // not dirty up to here
    bool dirty = false;  // a commit after held_at may have changed the result
    // Someone else may look at `held`: it is copied before it is changed.
    bool held_shared = false;
    std::shared_ptr<ResultSet> state;  // IncrementPlan::state, rows as they come; of held_at
    Sequence touched_at;               // of the newest commit that may have changed the result
    // The commits that made it dirty, or came while it is evaluated first, unless `missed`: then
    // only the query itself can tell.
    std::vector<std::shared_ptr<const CommitChanges>> pending;
    size_t pending_changes = 0;
    bool missed = false;
    std::vector<EventBatchPtr> snapshot;  // of `held`, made when first asked for
    Sequence snapshot_at;
};
using FeedPtr = std::shared_ptr<Feed>;

}  // namespace blasty::live::internal
