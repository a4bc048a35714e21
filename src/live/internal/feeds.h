// The feeds there are, by query and by id, and publishing to them. The live thread's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "live/internal/core.h"
#include "live/internal/feed.h"

namespace blasty::live::internal {

class Feeds {
  public:
    explicit Feeds(Core& core) : core_(core) {}
    ~Feeds();

    // Null: there is none.
    FeedPtr Find(const QueryPlan& plan, const tables::Row& parameters, bool old_values) const;
    FeedPtr Create(const QueryPlanPtr& plan, const tables::Row& parameters, bool old_values);
    // Its subscribers must have been told.
    void Remove(const FeedPtr& feed);
    Feed* At(FeedId id) const { return id < feeds_.size() ? feeds_[id].get() : nullptr; }
    FeedPtr Shared(FeedId id) const { return id < feeds_.size() ? feeds_[id] : nullptr; }
    std::vector<FeedPtr> All() const;
    bool empty() const { return feeds_.size() == free_.size(); }
    // The texts of all feeds, each once.
    struct Text {
        uint32_t id = 0;
        QueryPlanPtr plan;
        std::shared_ptr<const ResultColumns> columns;
        uint64_t feeds = 0;
    };
    const absl::flat_hash_map<std::string, Text>& texts() const { return texts_; }

    void Join(const FeedPtr& feed, const SubscriptionPtr& subscription);
    void Leave(const SubscriptionPtr& subscription);
    // Feeds without subscribers since before `now_us` minus the time they linger.
    std::vector<FeedPtr> TakeIdle(int64_t now_us);

    // `batch` is complete but for its size. Who waits for it is woken by WakePublished.
    void Publish(Feed& feed, const std::shared_ptr<EventBatch>& batch);
    // Once for many batches: those who are woken take the processor from who publishes.
    void WakePublished();
    // Keeps the windows within their bound.
    void Evict();

  private:
    std::string KeyOf(const Text& text, const tables::Row& parameters, bool old_values) const;

    Core& core_;
    std::vector<FeedPtr> feeds_;  // by id; null: free
    std::vector<FeedId> free_;
    absl::flat_hash_map<std::string, FeedId> by_key_;
    absl::flat_hash_map<std::string, Text> texts_;
    uint32_t next_text_ = 1;
    struct Idle {
        int64_t since_us;
        FeedPtr feed;
    };
    std::deque<Idle> idle_;
    struct Published {
        FeedPtr feed;
        uint64_t index;
    };
    std::deque<Published> published_;  // of all windows, oldest first
    struct Woken {
        SubscriptionPtr subscription;
        Sequence base;
    };
    std::vector<Woken> woken_;
    std::vector<SubscriptionPtr> waiting_;  // kept for its memory
};

}  // namespace blasty::live::internal
