// A thread with a completion queue of its own, for streams of gRPC's asynchronous API: it runs what
// is scheduled and what the operations of its streams completed, so that a stream that is fed and
// written by one thread needs no other.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "rpc/internal/shard.h"

namespace blasty::rpc {

// Thread-safe.
class QueueShard {
  public:
    // What is given to an operation on the queue.
    class Tag {
      public:
        // On the shard's thread, once for each operation.
        virtual void OnCompleted(bool ok) = 0;

      protected:
        ~Tag() = default;
    };

    explicit QueueShard(const std::string& name);
    ~QueueShard();
    QueueShard(const QueueShard&) = delete;
    QueueShard& operator=(const QueueShard&) = delete;

    // As Shard::Schedule.
    void Schedule(std::shared_ptr<ShardItem> item);
    // Operations may begin on the queue between Enter and Leave.
    grpc::CompletionQueue& queue() { return queue_; }
    void Enter();
    void Leave();
    // Waits until every stream that entered has left, then joins the thread.
    void Stop();

  private:
    using Items = std::vector<std::shared_ptr<ShardItem>>;

    // Never cancelled: it is set only to be over at once.
    class Wake final : public Tag {
      public:
        explicit Wake(QueueShard& shard) : shard_(shard) {}
        void OnCompleted(bool ok) override;
        void Set();

      private:
        QueueShard& shard_;
        grpc::Alarm alarm_;
    };

    void Loop();
    // What is ready; says whether the thread may sleep.
    bool Take(Items* items);
    // False: the queue is shut down and empty.
    bool Complete(bool may_sleep);
    void WakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    grpc::CompletionQueue queue_;
    Wake wake_{*this};
    Mutex mutex_;
    Items ready_ ABSL_GUARDED_BY(mutex_);
    size_t entered_ ABSL_GUARDED_BY(mutex_) = 0;
    bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
    bool waking_ ABSL_GUARDED_BY(mutex_) = false;  // the alarm is set and not over
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace blasty::rpc
