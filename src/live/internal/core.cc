#include "live/internal/core.h"

#include <algorithm>
#include <utility>

namespace blasty::live::internal {
namespace {

size_t SlotsOf(const LiveOptions& options) {
    return options.manual ? 1 : static_cast<size_t>(std::max(1, options.snapshot_threads));
}

}  // namespace

void Inbox::Post(Command command) {
    {
        MutexLock lock(mutex_);
        commands_.push_back(std::move(command));
    }
    changed_.Signal();
}

void Inbox::Poke() {
    {
        MutexLock lock(mutex_);
        if (poked_) return;
        poked_ = true;
    }
    changed_.Signal();
}

std::vector<Command> Inbox::Take(int64_t timeout_us) {
    MutexLock lock(mutex_);
    if (timeout_us > 0 && commands_.empty() && !poked_) changed_.WaitFor(mutex_, timeout_us);
    poked_ = false;
    return std::exchange(commands_, {});
}

bool Inbox::empty() const {
    MutexLock lock(mutex_);
    return commands_.empty();
}

void Timers::Add(int64_t due_us, SubscriptionPtr subscription) {
    MutexLock lock(mutex_);
    timers_.emplace(due_us, std::move(subscription));
}

std::vector<SubscriptionPtr> Timers::Take(int64_t now_us, int64_t* next_us) {
    std::vector<SubscriptionPtr> due;
    MutexLock lock(mutex_);
    const auto end = timers_.upper_bound(now_us);
    for (auto it = timers_.begin(); it != end; ++it) due.push_back(std::move(it->second));
    timers_.erase(timers_.begin(), end);
    *next_us = timers_.empty() ? INT64_MAX : timers_.begin()->first;
    return due;
}

Core::Core(tables::Tables& of_tables, log::Log& of_log, exec::Executor& pool,
           const Clock& the_clock, const LiveOptions& live_options)
    : tables(of_tables),
      log(of_log),
      blocking(pool),
      clock(the_clock),
      options(live_options),
      starts(SlotsOf(live_options)),
      // Slow queries leave half of the threads to the others.
      first_results(std::max<size_t>(1, SlotsOf(live_options) / 2)) {
    if (!options.manual)
        notifier = std::make_unique<exec::WorkerPool>(
            exec::WorkerPoolOptions{.name = "live-notify", .threads = 1});
}

void Core::Fail(const Status& why) {
    MutexLock lock(mutex_);
    if (health_.ok()) health_ = why;
}

Status Core::health() const {
    MutexLock lock(mutex_);
    return health_;
}

}  // namespace blasty::live::internal
