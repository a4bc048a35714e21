// A server-streaming call of gRPC's callback API with the rules of that API kept in one place: one
// write at a time, one finish, nothing after it, and the object lives until gRPC is done. (Calls
// that also read: stream.h.)
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"
#include "rpc/grpc_status.h"
#include "rpc/stream_set.h"

namespace blasty::rpc {

// Owned by itself from Begin until gRPC's last callback; for others that hold a reference every
// call after the end does nothing. The protected virtuals run on gRPC's threads without a lock
// held; they must not block.
class WriteStream : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                    public Stoppable,
                    public std::enable_shared_from_this<WriteStream> {
  public:
    // Both must outlive the call.
    WriteStream(grpc::CallbackServerContext& context, StreamSet& set)
        : context_(context), set_(set) {}

    // What the service's method returns to gRPC.
    grpc::ServerWriteReactor<grpc::ByteBuffer>* Begin() {
        auto self = shared_from_this();
        {
            MutexLock lock(io_mutex_);
            self_ = self;
        }
        set_.Add(self);
        OnBegin();
        return this;
    }

    bool ended() {
        MutexLock lock(io_mutex_);
        return end_.has_value();
    }
    // False (and nothing sent) when a write is in flight or the stream ended.
    bool Write(grpc::ByteBuffer response) {
        MutexLock lock(io_mutex_);
        if (writing_ || end_) return false;
        writing_ = true;
        write_.Swap(&response);
        StartWrite(&write_);
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
    virtual void OnBegin() = 0;
    // A write is done, and the stream has not ended.
    virtual void OnWritten() = 0;
    // The client cancelled, or the connection is gone. End was called already.
    virtual void OnCancelled() = 0;
    // The last call. The object is released after it.
    virtual void OnEnd() = 0;

  private:
    void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(io_mutex_) {
        if (std::exchange(finished_, true)) return;
        Finish(ToGrpc(*end_, context_));
    }

    void OnWriteDone(bool ok) final {
        {
            MutexLock lock(io_mutex_);
            writing_ = false;
            write_.Clear();
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
        std::shared_ptr<WriteStream> last;  // destroyed after the lock
        MutexLock lock(io_mutex_);
        last.swap(self_);
    }

    grpc::CallbackServerContext& context_;
    StreamSet& set_;
    Mutex io_mutex_;
    bool writing_ ABSL_GUARDED_BY(io_mutex_) = false;
    bool finished_ ABSL_GUARDED_BY(io_mutex_) = false;
    std::optional<Status> end_ ABSL_GUARDED_BY(io_mutex_);
    std::shared_ptr<WriteStream> self_ ABSL_GUARDED_BY(io_mutex_);
    grpc::ByteBuffer write_;  // gRPC reads it while writing_
};

}  // namespace blasty::rpc
