// A bidirectional call of gRPC's callback API with the rules of that API kept in one place: one
// read and one write at a time, one finish, nothing after it, and the object lives until gRPC is
// done.
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
template <typename Request, typename Response>
class Stream : public grpc::ServerBidiReactor<Request, Response>,
               public Stoppable,
               public std::enable_shared_from_this<Stream<Request, Response>> {
  public:
    // Both must outlive the call.
    Stream(grpc::CallbackServerContext& context, StreamSet& set) : context_(context), set_(set) {}

    // What the service's method returns to gRPC.
    grpc::ServerBidiReactor<Request, Response>* Begin() {
        auto self = this->shared_from_this();
        {
            MutexLock lock(io_mutex_);
            self_ = self;
        }
        // Never finished here at once: gRPC binds the call only after this returned, and keeps what
        // was asked for until then.
        set_.Add(self);
        Read();
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
    // One request, in order, one at a time. Call Read for the next one, now or later.
    virtual void OnRequest(Request& request) = 0;
    // The client half-closed, or the connection is gone (then OnEnd follows).
    virtual void OnReadsDone() = 0;
    // CanWrite is true again, unless the stream ended.
    virtual void OnWritten() = 0;
    // The client cancelled, or the connection is gone. End was called already.
    virtual void OnCancelled() {}
    // The last call. The object is released after it.
    virtual void OnEnd() = 0;

    void Read() {
        MutexLock lock(io_mutex_);
        if (reading_ || end_) return;
        reading_ = true;
        this->StartRead(&read_);
    }

  private:
    void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(io_mutex_) {
        if (finished_) return;
        finished_ = true;
        this->Finish(ToGrpc(*end_, context_));
    }

    void OnReadDone(bool ok) final {
        {
            MutexLock lock(io_mutex_);
            reading_ = false;
            if (end_) return;
        }
        if (ok) {
            OnRequest(read_);
        } else {
            OnReadsDone();
        }
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
        std::shared_ptr<Stream> last;  // destroyed after the lock
        MutexLock lock(io_mutex_);
        last.swap(self_);
    }

    grpc::CallbackServerContext& context_;
    StreamSet& set_;
    Mutex io_mutex_;
    bool reading_ ABSL_GUARDED_BY(io_mutex_) = false;
    bool writing_ ABSL_GUARDED_BY(io_mutex_) = false;
    bool finished_ ABSL_GUARDED_BY(io_mutex_) = false;
    std::optional<Status> end_ ABSL_GUARDED_BY(io_mutex_);
    std::shared_ptr<Stream> self_ ABSL_GUARDED_BY(io_mutex_);
    Request read_;    // gRPC writes it while reading_
    Response write_;  // gRPC reads it while writing_
};

}  // namespace blasty::rpc
