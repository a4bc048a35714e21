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
    virtual ~ShardItem() = default;
    // On the shard's thread only, never twice at once.
    virtual void RunOnShard() = 0;

  private:
    friend class Shard;
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
    void Loop();

    Mutex mutex_;
    CondVar work_;
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
    bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
    std::vector<std::shared_ptr<ShardItem>> ready_ ABSL_GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace blasty::rpc
