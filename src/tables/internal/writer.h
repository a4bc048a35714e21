// The queue of write requests and the thread that works it off.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "tables/internal/committer.h"

namespace blasty::tables::internal {

// Thread-safe. With options.manual there is no thread and the owner calls RunQueued.
class Writer {
  public:
    // `after_group` runs on the writer's thread after each group. All must outlive it.
    Writer(Committer& committer, const TablesOptions& options, const Clock& clock,
           std::function<void()> after_group);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void Execute(WriteRequest request, WriteDone done,
                 std::shared_ptr<std::atomic<bool>> cancelled);
    // Runs `task` on the writer's thread between groups; false: closed, it will not run.
    bool Post(std::function<void()> task);
    void RunQueued();
    // Refuses new requests, finishes those queued, joins. May be called again.
    void Close();

  private:
    Status Admit(const Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void Run();
    // False: closed and nothing left.
    bool Take(bool wait);
    void Work();

    Committer& committer_;
    const TablesOptions& options_;
    const Clock& clock_;
    const std::function<void()> after_group_;

    Mutex mutex_;
    CondVar queued_;
    std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
    std::vector<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
    bool sleeping_ ABSL_GUARDED_BY(mutex_) = false;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
    // Queued, or taken and not yet answered.
    std::atomic<size_t> waiting_{0};
    std::atomic<size_t> waiting_bytes_{0};

    // Of the writer's thread.
    std::deque<Job> jobs_;
    std::vector<std::function<void()>> taken_tasks_;

    std::thread thread_;
};

}  // namespace blasty::tables::internal
