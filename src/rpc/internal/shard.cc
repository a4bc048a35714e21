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
    ready_.push_back(std::move(item));
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

void Shard::Loop() {
    std::vector<std::shared_ptr<ShardItem>> running;
    while (true) {
        {
            MutexLock lock(mutex_);
            while (ready_.empty() && !stopping_) {
                asleep_ = true;
                work_.Wait(mutex_);
            }
            asleep_ = false;
            if (ready_.empty()) {
                stopped_ = true;
                return;
            }
            running.swap(ready_);
        }
        for (std::shared_ptr<ShardItem>& item : running) {
            item->scheduled_.store(false);
            item->RunOnShard();
            item.reset();
        }
        running.clear();
    }
}

}  // namespace blasty::rpc
