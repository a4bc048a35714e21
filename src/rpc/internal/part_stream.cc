#include "rpc/internal/part_stream.h"

#include <utility>

#include "rpc/internal/encoder.h"

namespace blasty::rpc {

void PartStream::OnStop() {
    End(ServerStopping());
    Abort();
}

void PartStream::Start() {
    {
        MutexLock lock(mutex_);
        if (aborted_ || !BeginStep()) return;
    }
    const Status posted = Admit([self = Self()] { self->RunStep(); });
    if (posted.ok()) return;
    After(posted);
}

bool PartStream::BeginStep() {
    if (running_ || done_ || paused_) return false;
    return running_ = true;
}

void PartStream::RunStep() {
    bool aborted;
    {
        MutexLock lock(mutex_);
        aborted = aborted_;
    }
    After(aborted ? Result<Step>(Step::kDone) : Produce());
}

void PartStream::After(const Result<Step>& step) {
    bool again = false, release = false;
    uint64_t parked = 0;
    {
        MutexLock lock(mutex_);
        running_ = false;
        if (!step.ok() || *step == Step::kDone || aborted_) {
            done_ = true;
            last_ = step.status();
            release = !std::exchange(released_, true);
        } else {
            paused_ = *step == Step::kPause && !resumed_;
            if (*step == Step::kPause) resumed_ = false;
            if (waiting_bytes_ >= options_.ahead_bytes) {
                parked_ = true;
                parked = ++park_;
            } else {
                again = BeginStep();
            }
        }
        SendNext();
    }
    if (release) Release();
    // Each step queues up again behind the statements of others.
    if (again) pool_.PostAnyway([self = Self()] { self->RunStep(); });
    if (parked != 0 && options_.idle_us > 0) {
        std::weak_ptr<PartStream> weak = Self();
        pool_.PostAfter(options_.idle_us, [weak = std::move(weak), parked] {
            if (const auto self = weak.lock()) self->OnIdle(parked);
        });
    }
}

void PartStream::Put(std::string part) {
    MutexLock lock(mutex_);
    if (aborted_) return;
    waiting_bytes_ += part.size();
    parts_.push_back(std::move(part));
    SendNext();
}

void PartStream::SendNext() {
    if (aborted_ || writing_) return;
    if (parts_.empty()) {
        if (done_) End(last_);
        return;
    }
    const size_t size = parts_.front().size();
    const grpc::Slice slice = SliceOf(std::move(parts_.front()));
    parts_.pop_front();
    writing_ = Write(grpc::ByteBuffer(&slice, 1));
    // Counted until it was written: a client that reads nothing holds it in memory.
    if (!writing_) waiting_bytes_ -= size;
    if (writing_) in_flight_ = size;
}

void PartStream::OnWritten() {
    bool again = false;
    {
        MutexLock lock(mutex_);
        writing_ = false;
        waiting_bytes_ -= std::exchange(in_flight_, 0);
        SendNext();
        if (waiting_bytes_ < options_.ahead_bytes) room_.SignalAll();
        if (parked_ && waiting_bytes_ <= options_.ahead_bytes / 2) {
            parked_ = false;
            again = BeginStep();
        }
    }
    if (again) pool_.PostAnyway([self = Self()] { self->RunStep(); });
}

void PartStream::Resume() {
    {
        MutexLock lock(mutex_);
        if (running_) {
            resumed_ = true;
            return;
        }
        paused_ = false;
        if (aborted_ || parked_ || !BeginStep()) return;
    }
    pool_.PostAnyway([self = Self()] { self->RunStep(); });
}

Status PartStream::WaitForRoom() {
    MutexLock lock(mutex_);
    while (!aborted_ && waiting_bytes_ >= options_.ahead_bytes) {
        const size_t before = waiting_bytes_;
        const bool told = room_.WaitFor(mutex_, options_.idle_us);
        if (!told && waiting_bytes_ == before) return options_.idle_status;
    }
    if (!aborted_) return OkStatus();
    return MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled");
}

void PartStream::OnIdle(uint64_t park) {
    {
        MutexLock lock(mutex_);
        if (!parked_ || park_ != park) return;
    }
    End(options_.idle_status);
    Abort();
}

void PartStream::Abort() {
    bool release = false;
    std::deque<std::string> dropped;
    {
        MutexLock lock(mutex_);
        aborted_ = true;
        dropped.swap(parts_);
        if (!running_) {
            done_ = true;
            release = !std::exchange(released_, true);
        }
        room_.SignalAll();
    }
    Interrupt();
    if (release) Release();
}

}  // namespace blasty::rpc
