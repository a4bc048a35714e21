#include "cli/interrupts.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "cli/exit_codes.h"

namespace blasty::cli {
namespace {

sigset_t Signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

Interrupts::Interrupts(std::function<void()> on_first) : on_first_(std::move(on_first)) {
    const sigset_t signals = Signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([this, signals] {
        const timespec wait = {0, 50'000'000};
        while (!stop_.load()) {
            if (sigtimedwait(&signals, nullptr, &wait) < 0) continue;
            if (count_.fetch_add(1) > 0) _exit(kInterrupted);
            if (on_first_) on_first_();
        }
    });
}

Interrupts::~Interrupts() {
    stop_.store(true);
    thread_.join();
    const sigset_t signals = Signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace blasty::cli
