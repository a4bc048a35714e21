#include "tables/internal/visibility.h"

#include <algorithm>

#include "base/clock.h"
#include "base/strings.h"

namespace blasty::tables::internal {

void Visibility::Begin() {
    MutexLock lock(mutex_);
    floor_ = log_.state().last.value();
    in_flight_ = true;
}

void Visibility::Show(Sequence applied) { End(true, applied); }

void Visibility::Withdraw() { End(false, Sequence(0)); }

void Visibility::End(bool show, Sequence applied) {
    MutexLock lock(mutex_);
    if (show) applied_.store(applied.value(), std::memory_order_release);
    in_flight_ = false;
    if (waiting_ > 0) changed_.SignalAll();
}

void Visibility::Stop(const Status& why) {
    MutexLock lock(mutex_);
    stopped_ = why;
    changed_.SignalAll();
}

Sequence Visibility::UpToLocked() {
    const uint64_t end = in_flight_ ? floor_ : log_.state().last.value();
    return Sequence(std::max(end, applied_.load(std::memory_order_relaxed)));
}

Sequence Visibility::UpTo() {
    MutexLock lock(mutex_);
    return UpToLocked();
}

Status Visibility::Wait(Sequence sequence, int64_t timeout_us) {
    if (sequence <= applied()) return OkStatus();
    MutexLock lock(mutex_);
    if (sequence <= UpToLocked()) return OkStatus();
    const Sequence last = log_.state().last;
    if (sequence > last)
        return MakeError(StatusCode::kOutOfRange, "SEQUENCE_AHEAD",
                         StrCat("sequence ", sequence.value(), " is not in the log, which ends at ",
                                last.value(), "; is it of another database?"));
    // Real time: the writer runs in it.
    const Clock& clock = SystemClock();
    const int64_t deadline = clock.MonotonicMicros() + std::max<int64_t>(timeout_us, 0);
    ++waiting_;
    Status status;
    while (sequence > UpToLocked() && status.ok()) {
        const int64_t left = deadline - clock.MonotonicMicros();
        if (!stopped_.ok()) {
            status = stopped_;
        } else if (left <= 0) {
            status = MakeError(
                StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                StrCat("sequence ", sequence.value(), " could not be seen in time; try again"));
        } else {
            changed_.WaitFor(mutex_, left);
        }
    }
    --waiting_;
    return status;
}

}  // namespace blasty::tables::internal
