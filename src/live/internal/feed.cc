#include "live/internal/feed.h"

#include <algorithm>
#include <utility>

#include "live/internal/subscription.h"

namespace blasty::live::internal {

void Window::Append(EventBatchPtr batch, std::vector<SubscriptionPtr>* woken) {
    MutexLock lock(mutex_);
    batches_.push_back(std::move(batch));
    woken->swap(waiting_);
}

size_t Window::Evict(uint64_t index) {
    MutexLock lock(mutex_);
    if (index != begin_ || batches_.empty()) return 0;
    const size_t bytes = batches_.front()->bytes;
    complete_from_ = batches_.front()->sequence;
    batches_.pop_front();
    ++begin_;
    return bytes;
}

size_t Window::Clear() {
    MutexLock lock(mutex_);
    size_t bytes = 0;
    for (const EventBatchPtr& batch : batches_) bytes += batch->bytes;
    begin_ += batches_.size() + 1;
    batches_.clear();
    waiting_.clear();
    return bytes;
}

uint64_t Window::end() const {
    MutexLock lock(mutex_);
    return begin_ + batches_.size();
}

void Window::set_complete_from(Sequence sequence) {
    MutexLock lock(mutex_);
    complete_from_ = sequence;
}

bool Window::Find(const ResumeToken& token, uint64_t* cursor, uint32_t* skip) const {
    MutexLock lock(mutex_);
    if (token.base < complete_from_) return false;
    const auto after = [](Sequence at, const EventBatchPtr& b) { return at < b->sequence; };
    const auto it = std::upper_bound(batches_.begin(), batches_.end(), token.base, after);
    *cursor = begin_ + static_cast<uint64_t>(it - batches_.begin());
    *skip = token.taken;
    // A batch from before the token would bring changes that the subscriber has already.
    if (token.taken == 0) return it == batches_.end() || (*it)->base >= token.base;
    // The middle of a batch: only the very same batch has its events at the same places.
    return it != batches_.end() && (*it)->sequence == token.sequence && (*it)->base == token.base;
}

Window::Taken Window::Take(Reader* reader, size_t bytes_max, const SubscriptionPtr* waiter,
                           std::vector<EventBatchPtr>* out) {
    MutexLock lock(mutex_);
    const uint64_t end = begin_ + batches_.size();
    if (reader->behind || reader->cursor < begin_) return Taken::kBehind;
    size_t bytes = 0;
    for (; reader->cursor < end; ++reader->cursor) {
        const EventBatchPtr& batch = batches_[reader->cursor - begin_];
        if (batch->sequence <= reader->after) continue;
        if (bytes >= bytes_max) return Taken::kSome;
        bytes += batch->bytes;
        out->push_back(batch);
    }
    if (waiter) waiting_.push_back(*waiter);
    return Taken::kCaughtUp;
}

bool Window::CaughtUp(const Reader& reader) const {
    MutexLock lock(mutex_);
    return reader.cursor == begin_ + batches_.size();
}

void Window::PruneWaiters() {
    std::vector<SubscriptionPtr> ended;  // let go of outside the lock
    MutexLock lock(mutex_);
    const auto keep = std::partition(waiting_.begin(), waiting_.end(),
                                     [](const SubscriptionPtr& s) { return !s->ended.load(); });
    ended.assign(std::make_move_iterator(keep), std::make_move_iterator(waiting_.end()));
    waiting_.erase(keep, waiting_.end());
}

}  // namespace blasty::live::internal
