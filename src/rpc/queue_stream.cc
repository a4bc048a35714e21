#include "rpc/queue_stream.h"

#include <utility>

#include "rpc/grpc_status.h"

namespace blasty::rpc {

GenericCall::GenericCall(std::shared_ptr<QueueShard> shard) : shard_(std::move(shard)) {
    shard_->Enter();
    context_.AsyncNotifyWhenDone(static_cast<QueueShard::Tag*>(this));
}

GenericCall::~GenericCall() { shard_->Leave(); }

void GenericCall::Attach(QueueStream* stream) {
    {
        MutexLock lock(mutex_);
        attached_ = stream;
        if (!done_) return;
    }
    stream->CallDone();
}

void GenericCall::OnCompleted(bool /*ok*/) {
    QueueStream* stream;
    {
        MutexLock lock(mutex_);
        done_ = true;
        stream = attached_;
    }
    if (stream != nullptr) stream->CallDone();
}

QueueStream::QueueStream(std::unique_ptr<GenericCall> call, StreamSet& set)
    : call_(std::move(call)), set_(set) {}

void QueueStream::Begin() {
    const auto self = shared_from_this();
    {
        MutexLock lock(mutex_);
        self_ = self;
    }
    set_.Add(self);
    Read();
    call_->Attach(this);
}

bool QueueStream::CanWrite() {
    MutexLock lock(mutex_);
    return !writing_ && !end_;
}

bool QueueStream::Write(grpc::ByteBuffer response) {
    MutexLock lock(mutex_);
    if (writing_ || end_) return false;
    writing_ = true;
    write_.Swap(&response);
    call_->stream().Write(write_, &write_step_);
    return true;
}

void QueueStream::End(const Status& status) {
    MutexLock lock(mutex_);
    if (end_) return;
    end_ = status;
    if (!writing_) FinishLocked();
}

void QueueStream::Read() {
    MutexLock lock(mutex_);
    if (reading_ || end_) return;
    reading_ = true;
    call_->stream().Read(&read_, &read_step_);
}

void QueueStream::FinishLocked() {
    if (std::exchange(finishing_, true)) return;
    call_->stream().Finish(ToGrpc(*end_, call_->context()), &finish_step_);
}

void QueueStream::ReadDone(bool ok) {
    // The thread that accepts calls may release the stream meanwhile.
    const auto self = shared_from_this();
    bool ended;
    {
        MutexLock lock(mutex_);
        reading_ = false;
        ended = end_.has_value();
    }
    if (ended) return ReleaseIfOver();
    if (ok) {
        OnRequest(read_);
    } else {
        OnReadsDone();
    }
}

void QueueStream::WriteDone(bool ok) {
    {
        MutexLock lock(mutex_);
        writing_ = false;
        write_.Clear();
        if (!ok && !end_)
            end_ = MakeError(StatusCode::kCancelled, "CANCELLED", "the client is gone");
        if (end_) return FinishLocked();
    }
    OnWritten();
}

void QueueStream::FinishDone(bool /*ok*/) {
    const auto self = shared_from_this();  // as in ReadDone
    {
        MutexLock lock(mutex_);
        finished_ = true;
    }
    ReleaseIfOver();
}

void QueueStream::CallDone() {
    if (call_->context().IsCancelled())
        End(MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled"));
    {
        MutexLock lock(mutex_);
        done_ = true;
    }
    ReleaseIfOver();
}

void QueueStream::ReleaseIfOver() {
    std::shared_ptr<QueueStream> last;  // destroyed after the lock
    {
        MutexLock lock(mutex_);
        if (reading_ || writing_ || !finished_ || !done_) return;
        last.swap(self_);
    }
    if (last == nullptr) return;
    set_.Remove(this);
    OnEnd();
}

}  // namespace blasty::rpc
