#include "rpc/internal/shard.h"

#include <pthread.h>

#include <utility>

namespace blasty::rpc {

Shard::Shard(const std::string& name) : thread_([this] { Loop(); }) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

Shard::~Shard() { Stop(); }

void Shard::Schedule(std::shared_ptr<ShardItem> item) {
    if (item->scheduled_.exchange(true)) return;
    MutexLock lock(mutex_);
    if (stopped_) return;
    if (item->first_) {
        first_.push_back(std::move(item));
        have_first_.store(true, std::memory_order_relaxed);
    } else {
        ready_.push_back(std::move(item));
    }
    if (asleep_) {
        asleep_ = false;
        work_.Signal();
    }
}

void Shard::Stop() {
    {
        MutexLock lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        work_.Signal();
    }
    thread_.join();
}

void Shard::Run(std::shared_ptr<ShardItem>& item) {
    item->scheduled_.store(false);
    item->RunOnShard();
    item.reset();
}

void Shard::RunFirst() {
    Items items;
    {
        MutexLock lock(mutex_);
        items.swap(first_);
        have_first_.store(false, std::memory_order_relaxed);
    }
    for (std::shared_ptr<ShardItem>& item : items) Run(item);
}

void Shard::Loop() {
    Items running;
    while (true) {
        {
            MutexLock lock(mutex_);
            while (ready_.empty() && first_.empty() && !stopping_) {
                asleep_ = true;
                work_.Wait(mutex_);
            }
            asleep_ = false;
            if (ready_.empty() && first_.empty()) {
                stopped_ = true;
                return;
            }
            running.swap(ready_);
        }
        RunFirst();
        for (std::shared_ptr<ShardItem>& item : running) {
            if (have_first_.load(std::memory_order_relaxed)) RunFirst();
            Run(item);
        }
        running.clear();
    }
}

}  // namespace blasty::rpc
