#include "rpc/internal/queue_shard.h"

#include <pthread.h>

#include <utility>

namespace blasty::rpc {
namespace {

// Completions in a row before what is scheduled has its turn.
constexpr int kCompletionsMax = 256;

}  // namespace

void QueueShard::Wake::Set() { alarm_.Set(&shard_.queue_, gpr_time_0(GPR_CLOCK_MONOTONIC), this); }

void QueueShard::Wake::OnCompleted(bool /*ok*/) {
    MutexLock lock(shard_.mutex_);
    shard_.waking_ = false;
}

QueueShard::QueueShard(const std::string& name) : thread_([this] { Loop(); }) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

QueueShard::~QueueShard() { Stop(); }

void QueueShard::Schedule(std::shared_ptr<ShardItem> item) {
    if (item->scheduled_.exchange(true)) return;
    MutexLock lock(mutex_);
    if (stopped_) return;
    ready_.push_back(std::move(item));
    WakeLocked();
}

void QueueShard::Enter() {
    MutexLock lock(mutex_);
    ++entered_;
}

void QueueShard::Leave() {
    MutexLock lock(mutex_);
    --entered_;
    WakeLocked();
}

void QueueShard::Stop() {
    {
        MutexLock lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        WakeLocked();
    }
    thread_.join();
}

void QueueShard::WakeLocked() {
    if (!asleep_ || waking_) return;
    asleep_ = false;
    waking_ = true;
    wake_.Set();
}

bool QueueShard::Take(Items* items) {
    MutexLock lock(mutex_);
    items->swap(ready_);
    if (items->empty() && stopping_ && entered_ == 0 && !stopped_) {
        stopped_ = true;
        queue_.Shutdown();
    }
    asleep_ = items->empty() && !stopped_;
    return items->empty();
}

bool QueueShard::Complete(bool may_sleep) {
    gpr_timespec until =
        may_sleep ? gpr_inf_future(GPR_CLOCK_MONOTONIC) : gpr_time_0(GPR_CLOCK_MONOTONIC);
    for (int i = 0; i < kCompletionsMax; ++i) {
        void* tag = nullptr;
        bool ok = false;
        switch (queue_.AsyncNext(&tag, &ok, until)) {
            case grpc::CompletionQueue::SHUTDOWN:
                return false;
            case grpc::CompletionQueue::TIMEOUT:
                return true;
            case grpc::CompletionQueue::GOT_EVENT:
                static_cast<Tag*>(tag)->OnCompleted(ok);
                break;
        }
        until = gpr_time_0(GPR_CLOCK_MONOTONIC);
    }
    return true;
}

void QueueShard::Loop() {
    Items running;
    bool more = true;
    while (more) {
        const bool idle = Take(&running);
        for (std::shared_ptr<ShardItem>& item : running) {
            item->scheduled_.store(false);
            item->RunOnShard();
            item.reset();
        }
        running.clear();
        more = Complete(idle);
    }
}

}  // namespace blasty::rpc
