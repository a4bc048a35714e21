// The half of a call of gRPC's callback API that writes and ends, with the rules of that API kept
// in one place: one write at a time, one finish, nothing after it, and the object lives until gRPC
// is done. (Calls that also read: stream.h.)
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"
#include "rpc/grpc_status.h"
#include "rpc/stream_set.h"

namespace blasty::rpc {

// Owned by itself from Begin until gRPC's last callback; others hold shared or weak references, for
// which every call after the end does nothing. The protected virtuals run on gRPC's threads without
// a lock held; they must not block. (gRPC never runs a reaction inside a Start… call of ours, so
// these are called under the lock.)
template <typename Reactor, typename Response>
class WritingCall : public Reactor,
                    public Stoppable,
                    public std::enable_shared_from_this<WritingCall<Reactor, Response>> {
  public:
    // Both must outlive the call.
    WritingCall(grpc::CallbackServerContext& context, StreamSet& set)
        : context_(context), set_(set) {}

    // What the service's method returns to gRPC.
    Reactor* Begin() {
        auto self = this->shared_from_this();
        {
            MutexLock lock(io_mutex_);
            self_ = self;
        }
        // Never finished here at once: gRPC binds the call only after this returned, and keeps what
        // was asked for until then.
        set_.Add(self);
        OnBegin();
        return this;
    }

    // True while no write is in flight and the stream has not ended.
    bool CanWrite() {
        MutexLock lock(io_mutex_);
        return !writing_ && !end_;
    }
    bool ended() {
        MutexLock lock(io_mutex_);
        return end_.has_value();
    }
    // Sends one answer. False (and nothing sent) when a write is in flight or the stream ended.
    // (Without gRPC's buffer hint: a hinted write may never complete when nothing else is sent.)
    bool Write(Response response) {
        MutexLock lock(io_mutex_);
        if (writing_ || end_) return false;
        writing_ = true;
        write_ = std::move(response);
        this->StartWrite(&write_);
        return true;
    }
    // Ends the call once the write in flight is done; the first call decides the status.
    void End(const Status& status) {
        MutexLock lock(io_mutex_);
        if (end_) return;
        end_ = status;
        if (!writing_) FinishLocked();
    }

  protected:
    // The first call.
    virtual void OnBegin() = 0;
    // A write is done, CanWrite is true again, unless the stream ended.
    virtual void OnWritten() = 0;
    // The client cancelled, or the connection is gone. End was called already.
    virtual void OnCancelled() {}
    // The last call. The object is released after it.
    virtual void OnEnd() = 0;

    bool EndedLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(io_mutex_) { return end_.has_value(); }

    Mutex io_mutex_;

  private:
    void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(io_mutex_) {
        if (std::exchange(finished_, true)) return;
        this->Finish(ToGrpc(*end_, context_));
    }

    void OnWriteDone(bool ok) final {
        {
            MutexLock lock(io_mutex_);
            writing_ = false;
            write_ = Response();
            if (!ok && !end_) {
                end_ = MakeError(StatusCode::kCancelled, "CANCELLED", "the client is gone");
            }
            if (end_) return FinishLocked();
        }
        OnWritten();
    }

    void OnCancel() final {
        End(MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled"));
        OnCancelled();
    }

    void OnDone() final {
        set_.Remove(this);
        OnEnd();
        std::shared_ptr<WritingCall> last;  // destroyed after the lock
        MutexLock lock(io_mutex_);
        last.swap(self_);
    }

    grpc::CallbackServerContext& context_;
    StreamSet& set_;
    bool writing_ ABSL_GUARDED_BY(io_mutex_) = false;
    bool finished_ ABSL_GUARDED_BY(io_mutex_) = false;
    std::optional<Status> end_ ABSL_GUARDED_BY(io_mutex_);
    std::shared_ptr<WritingCall> self_ ABSL_GUARDED_BY(io_mutex_);
    Response write_;  // gRPC reads it while writing_
};

// A server-streaming call.
template <typename Response>
using WriteStream = WritingCall<grpc::ServerWriteReactor<Response>, Response>;

}  // namespace blasty::rpc
