#include "rpc/stream_set.h"

#include <utility>
#include <vector>

namespace blasty::rpc {

void StreamSet::Add(const std::shared_ptr<Stoppable>& stream) {
    bool stopping;
    {
        MutexLock lock(mutex_);
        stopping = stopping_;
        streams_.emplace(stream.get(), stream);
    }
    if (stopping) stream->OnStop();
}

void StreamSet::Remove(Stoppable* stream) {
    MutexLock lock(mutex_);
    streams_.erase(stream);
}

void StreamSet::StopAll() {
    std::vector<std::weak_ptr<Stoppable>> streams;
    {
        MutexLock lock(mutex_);
        stopping_ = true;
        streams.reserve(streams_.size());
        for (const auto& [key, stream] : streams_) streams.push_back(stream);
    }
    for (const auto& weak : streams) {
        if (const auto stream = weak.lock()) stream->OnStop();
    }
}

size_t StreamSet::size() {
    MutexLock lock(mutex_);
    return streams_.size();
}

}  // namespace blasty::rpc
