#include "cli/interrupts.h"

#include <fcntl.h>
#include <pthread.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
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

std::atomic<const char*> farewell = nullptr;

void Nothing(int) {}

// The main thread may hang in writing to a terminal that nobody reads, and hold it: from now on
// nothing waits there, the signal ends the write, and what was not read is thrown away.
void SayFarewell(pthread_t main) {
    const char* const text = farewell.load();
    if (text == nullptr) return;
    struct sigaction wake = {};
    wake.sa_handler = Nothing;  // without SA_RESTART
    sigaction(SIGUSR1, &wake, nullptr);
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);
    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
    const auto said = [text, size = std::strlen(text)] {
        return write(STDOUT_FILENO, text, size) == static_cast<ssize_t>(size);
    };
    for (int tries = 0; tries < 100 && !said(); ++tries) {
        pthread_kill(main, SIGUSR1);
        const timespec pause = {0, 10'000'000};
        nanosleep(&pause, nullptr);
        tcflush(STDOUT_FILENO, TCOFLUSH);
    }
    fcntl(STDOUT_FILENO, F_SETFL, flags);
}

}  // namespace

void Interrupts::SetFarewell(const char* text) { farewell.store(text); }

Interrupts::Interrupts(std::function<void()> on_first) : Interrupts(std::move(on_first), false) {}

std::unique_ptr<Interrupts> Interrupts::ForShell(std::function<void()> on_each) {
    return std::unique_ptr<Interrupts>(new Interrupts(std::move(on_each), true));
}

Interrupts::Interrupts(std::function<void()> on_signal, bool shell)
    : on_signal_(std::move(on_signal)), shell_(shell) {
    const sigset_t signals = Signals(shell_);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([this, signals, main = pthread_self()] {
        const timespec wait = {0, 50'000'000};
        while (!stop_.load()) {
            if (sigtimedwait(&signals, nullptr, &wait) < 0) continue;
            if (count_.fetch_add(1) > 0 && !shell_) {
                SayFarewell(main);
                _exit(kInterrupted);
            }
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
