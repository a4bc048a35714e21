#include "cli/interrupts.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "cli/exit_codes.h"

namespace blasty::cli {
namespace {

sigset_t Signals(bool shell) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    if (!shell) sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

Interrupts::Interrupts(std::function<void()> on_first) : Interrupts(std::move(on_first), false) {}

std::unique_ptr<Interrupts> Interrupts::ForShell(std::function<void()> on_each) {
    return std::unique_ptr<Interrupts>(new Interrupts(std::move(on_each), true));
}

Interrupts::Interrupts(std::function<void()> on_signal, bool shell)
    : on_signal_(std::move(on_signal)), shell_(shell) {
    const sigset_t signals = Signals(shell_);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([this, signals] {
        const timespec wait = {0, 50'000'000};
        while (!stop_.load()) {
            if (sigtimedwait(&signals, nullptr, &wait) < 0) continue;
            if (count_.fetch_add(1) > 0 && !shell_) _exit(kInterrupted);
            if (on_signal_) on_signal_();
        }
    });
}

Interrupts::~Interrupts() {
    stop_.store(true);
    thread_.join();
    const sigset_t signals = Signals(shell_);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace blasty::cli
