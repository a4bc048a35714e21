// A thread that answers: it feeds the consume streams assigned to it and sends what commits
// completed, so that neither gRPC's threads nor the commit thread wait for it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace blasty::rpc {

class Shard;

// Something that runs on a shard's thread when there is something to do.
class ShardItem {
  public:
    // Answers to publishes go first: they are short, and a publisher that waits behind a round of
    // writes to a thousand streams keeps those streams from getting more at once.
    enum class Turn { kFirst, kInOrder };
    explicit ShardItem(Turn turn = Turn::kInOrder) : first_(turn == Turn::kFirst) {}
    virtual ~ShardItem() = default;
    // On the shard's thread only, never twice at once.
    virtual void RunOnShard() = 0;

  private:
    friend class Shard;
    friend class QueueShard;
    const bool first_;
    std::atomic<bool> scheduled_{false};
};

// Thread-safe.
class Shard {
  public:
    explicit Shard(const std::string& name);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // RunOnShard will be called once after this, however often it is scheduled before. Dropped
    // after Stop.
    void Schedule(std::shared_ptr<ShardItem> item);
    // Runs what is scheduled, then joins the thread.
    void Stop();

  private:
    using Items = std::vector<std::shared_ptr<ShardItem>>;
    void Loop();
    // What goes first and came meanwhile.
    void RunFirst();
    static void Run(std::shared_ptr<ShardItem>& item);

    Mutex mutex_;
    CondVar work_;
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
    bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
    Items ready_ ABSL_GUARDED_BY(mutex_);
    Items first_ ABSL_GUARDED_BY(mutex_);
    std::atomic<bool> have_first_{false};  // a hint: first_ is not empty
    std::thread thread_;
};

}  // namespace blasty::rpc
