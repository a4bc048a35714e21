// SIGINT and SIGTERM as a callback, for commands that run until told to stop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace blasty::cli {

// While it lives, the first signal calls `on_first` (on a thread of its own) and a second one ends
// the process at once with exit code 130. Make it before any other thread, on the main thread: it
// blocks the signals for all of them.
class Interrupts {
  public:
    explicit Interrupts(std::function<void()> on_first);
    // For a shell: every SIGINT calls `on_each`, none ends the process; SIGTERM is left alone.
    static std::unique_ptr<Interrupts> ForShell(std::function<void()> on_each);
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    bool interrupted() const { return count_.load() > 0; }
    // What a second signal writes to standard output, without waiting, before it ends the process:
    // a terminal that was taken over is given back. `text` must stay for ever; null: nothing.
    static void SetFarewell(const char* text);

  private:
    Interrupts(std::function<void()> on_signal, bool shell);

    std::function<void()> on_signal_;
    const bool shell_;
    std::atomic<int> count_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace blasty::cli
