#include "log/internal/background.h"

#include <utility>

namespace blasty::log::internal {

Background::Background(bool threaded) : threaded_(threaded) {
    if (threaded_) thread_ = std::thread([this] { Run(); });
}

Background::~Background() { Stop(); }

void Background::Post(std::function<void()> task) {
    if (!threaded_) return task();
    MutexLock lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
    changed_.Signal();
}

void Background::Stop() {
    {
        MutexLock lock(mutex_);
        stopping_ = true;
        changed_.Signal();
    }
    if (thread_.joinable()) thread_.join();
}

void Background::Run() {
    for (;;) {
        std::function<void()> task;
        {
            MutexLock lock(mutex_);
            while (tasks_.empty() && !stopping_) changed_.Wait(mutex_);
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

}  // namespace blasty::log::internal
