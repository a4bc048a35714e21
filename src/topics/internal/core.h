// What the parts of Topics share: the view, the log, time, counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "exec/executor.h"
#include "io/file_system.h"
#include "log/log.h"
#include "topics/internal/control.h"
#include "topics/internal/view.h"
#include "topics/topics.h"

namespace blasty::topics::internal {

class LiveInbox;

// Counts tasks in the background, so that closing can wait for the running ones and stop the rest.
class TaskGate {
  public:
    bool Enter();
    void Leave();
    // Later Enters fail; returns when nobody is inside.
    void Close();

  private:
    Mutex mutex_;
    CondVar idle_;
    int inside_ ABSL_GUARDED_BY(mutex_) = 0;
    bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// Thread-safe. Tasks in the background hold only the gate, which is closed before this goes away.
struct Core {
    Core(io::FileSystem& file_system, const TopicsOptions& topics_options,
         exec::Executor& task_executor, const Clock& time)
        : fs(file_system),
          options(topics_options),
          executor(task_executor),
          clock(time),
          view(options.dedup_window_us, kDedupIdsMax) {}

    // Appends and waits; also where commits are made by hand (LogOptions::manual_commit).
    Result<Sequence> AppendAndWait(log::Batch batch);
    Result<Sequence> AppendControl(const Control& control);
    // A topic created without retention gets the default, in its record: a replay comes to the
    // same.
    void AddControl(const Control& control, log::Batch* batch) const;
    TopicConfig WithDefaults(TopicConfig config) const;
    // Runs `task` on the executor unless closed by then.
    void Post(std::function<void()> task);
    void PostAfter(int64_t delay_us, std::function<void()> task);
    // The topic, created durably when it is missing and auto_create says so. TOPIC_NOT_FOUND,
    // INVALID_NAME, LIMIT_REACHED.
    Result<TopicPtr> EnsureTopic(const std::string& name);
    // The floor that makes an inbox begin at `start`: everything up to it counts as acked.
    Result<Sequence> ResolveStart(const Start& start, bool* at_newest);

    // Why the log cannot be followed any more (a record was malformed), else ok: whoever removes
    // or shortens what the log says asks first.
    Status CheckFollowed();
    // Applies a frame to the view. The first failure stays.
    void Follow(const log::FramePtr& frame);

    io::FileSystem& fs;
    const TopicsOptions options;
    exec::Executor& executor;
    const Clock& clock;
    View view;
    std::unique_ptr<log::Log> log;
    const std::shared_ptr<TaskGate> gate = std::make_shared<TaskGate>();

    Mutex live_mutex;
    absl::flat_hash_map<uint32_t, std::shared_ptr<LiveInbox>> live ABSL_GUARDED_BY(live_mutex);

    Mutex apply_mutex;
    Status apply_status ABSL_GUARDED_BY(apply_mutex);

    std::atomic<uint64_t> readers = 0, members = 0;
    std::atomic<uint64_t> published = 0, duplicates = 0, delivered = 0, acked = 0, redelivered = 0,
                          dead_letters = 0;
};

Status TopicNotFound(std::string_view name);

}  // namespace blasty::topics::internal
