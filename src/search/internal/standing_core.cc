#include "search/internal/standing_core.h"

#include <utility>

#include "search/internal/standing_follower.h"

namespace blasty::search::standing {
namespace {

// Of the pool's threads: first answers and replays.
constexpr size_t kSlots = 2;

}  // namespace

Core::Core(Searches& of_searches, tables::Tables& of_tables, log::Log& of_log, exec::Executor& pool,
           const Clock& the_clock, const LiveSearchesOptions& live_options)
    : searches(of_searches),
      tables(of_tables),
      log(of_log),
      blocking(pool),
      clock(the_clock),
      options(live_options) {}

Core::~Core() { Close(); }

void Core::Post(std::function<void()> job) {
    {
        MutexLock lock(mutex_);
        if (closed_) return;
        jobs_.push_back(std::move(job));
        if (running_ >= kSlots) return;
        ++running_;
    }
    blocking.Post([this] { RunJobs(); });
}

void Core::RunJobs() {
    for (;;) {
        std::function<void()> job;
        {
            MutexLock lock(mutex_);
            if (jobs_.empty()) {
                --running_;
                idle_.SignalAll();
                return;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

FollowerPtr Core::Acquire(const std::string& name,
                          const std::shared_ptr<internal::LiveIndex>& index) {
    Join();
    MutexLock lock(mutex_);
    if (closed_) return nullptr;
    Used& used = followers_[name];
    if (used.follower == nullptr) {
        used.follower = std::make_shared<Follower>(*this, name, index);
        used.follower->Start();
    }
    ++used.users;
    return used.follower;
}

void Core::Release(const FollowerPtr& follower) {
    MutexLock lock(mutex_);
    const auto found = followers_.find(follower->name());
    if (found == followers_.end() || found->second.follower != follower) return;
    if (--found->second.users > 0) return;
    ended_.push_back(std::move(found->second.follower));
    followers_.erase(found);
    follower->Stop();
}

void Core::Join() {
    std::vector<FollowerPtr> ended;
    {
        MutexLock lock(mutex_);
        ended.swap(ended_);
    }
    for (const FollowerPtr& follower : ended) follower->Join();
}

void Core::Close() {
    stopped = true;
    std::deque<std::function<void()>> dropped;
    {
        MutexLock lock(mutex_);
        closed_ = true;
        dropped.swap(jobs_);
        for (auto& [name, used] : followers_) {
            used.follower->Stop();
            ended_.push_back(std::move(used.follower));
        }
        followers_.clear();
        while (running_ > 0) idle_.Wait(mutex_);
    }
    Join();
}

}  // namespace blasty::search::standing
