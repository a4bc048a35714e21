#include "log/internal/frame_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace blasty::log::internal {
namespace {

// What a frame costs beside its records.
constexpr uint64_t kFrameOverhead = sizeof(Frame) + 64;

uint64_t Cost(const FramePtr& frame) { return frame->records.size() + kFrameOverhead; }

}  // namespace

void FrameCache::Add(FramePtr frame) {
    std::vector<FramePtr> dropped;  // freed after the lock is
    MutexLock lock(mutex_);
    bytes_ += Cost(frame);
    frames_.push_back(std::move(frame));
    while (!frames_.empty() && bytes_ > bytes_max_) {
        bytes_ -= Cost(frames_.front());
        dropped.push_back(std::move(frames_.front()));
        frames_.pop_front();
    }
}

FramePtr FrameCache::Find(Sequence sequence) const {
    MutexLock lock(mutex_);
    if (frames_.empty() || frames_.front()->first > sequence) return nullptr;
    if (frames_.back()->first <= sequence)
        return frames_.back()->last() >= sequence ? frames_.back() : nullptr;
    const auto it =
        std::partition_point(frames_.begin(), frames_.end(),
                             [&](const FramePtr& frame) { return frame->last() < sequence; });
    return it == frames_.end() ? nullptr : *it;
}

void FrameCache::DropBefore(Sequence sequence) {
    std::vector<FramePtr> dropped;
    MutexLock lock(mutex_);
    while (!frames_.empty() && frames_.front()->first < sequence) {
        bytes_ -= Cost(frames_.front());
        dropped.push_back(std::move(frames_.front()));
        frames_.pop_front();
    }
}

}  // namespace blasty::log::internal
