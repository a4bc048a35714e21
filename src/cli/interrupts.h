// SIGINT and SIGTERM as a callback, for commands that run until told to stop.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace blasty::cli {

// While it lives, the first signal calls `on_first` (on a thread of its own) and a second one ends
// the process at once with exit code 130. Make it before any other thread, on the main thread: it
// blocks the signals for all of them.
class Interrupts {
  public:
    explicit Interrupts(std::function<void()> on_first);
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    bool interrupted() const { return count_.load() > 0; }

  private:
    std::function<void()> on_first_;
    std::atomic<int> count_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace blasty::cli
