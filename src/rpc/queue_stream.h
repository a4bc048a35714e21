// A bidirectional call of gRPC's asynchronous API with the rules of that API kept in one place, as
// stream.h does for the callback API. For methods of which one server has very many streams:
// Debian's gRPC looks for every finished operation among all that wait in its completion queue, and
// the callback API has one for the whole process.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"
#include "rpc/internal/queue_shard.h"
#include "rpc/stream_set.h"

namespace blasty::rpc {

class QueueStream;

// A call that is asked for, then accepted. Made and begun by GenericCalls
// (internal/generic_calls.h).
class GenericCall final : private QueueShard::Tag {
  public:
    // Enters the shard.
    explicit GenericCall(std::shared_ptr<QueueShard> shard);
    // Leaves it.
    ~GenericCall();
    GenericCall(const GenericCall&) = delete;
    GenericCall& operator=(const GenericCall&) = delete;

    grpc::GenericServerContext& context() { return context_; }
    grpc::GenericServerAsyncReaderWriter& stream() { return stream_; }
    const std::shared_ptr<QueueShard>& shard() const { return shard_; }
    // Tells `stream` when gRPC is done with the call.
    void Attach(QueueStream* stream);

  private:
    void OnCompleted(bool ok) override;

    const std::shared_ptr<QueueShard> shard_;
    grpc::GenericServerContext context_;
    grpc::GenericServerAsyncReaderWriter stream_{&context_};
    Mutex mutex_;
    bool done_ ABSL_GUARDED_BY(mutex_) = false;
    QueueStream* attached_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

// Owned by itself from Begin until gRPC's last answer; others hold shared or weak references, for
// which every call after the end does nothing. The protected virtuals run on the shard's thread
// (the first ones perhaps on the thread that accepts calls) without a lock held; they must not
// block.
class QueueStream : public Stoppable, public std::enable_shared_from_this<QueueStream> {
  public:
    // `set` must outlive the call.
    QueueStream(std::unique_ptr<GenericCall> call, StreamSet& set);

    void Begin();

    // True while no write is in flight and the stream has not ended.
    bool CanWrite();
    // Sends one answer. False (and nothing sent) when a write is in flight or the stream ended.
    bool Write(grpc::ByteBuffer response);
    // Ends the call once the write in flight is done; the first call decides the status.
    void End(const Status& status);

  protected:
    // One request, in order, one at a time. Call Read for the next one, now or later.
    virtual void OnRequest(grpc::ByteBuffer& request) = 0;
    // The client half-closed, or the connection is gone (then OnEnd follows).
    virtual void OnReadsDone() = 0;
    // CanWrite is true again, unless the stream ended.
    virtual void OnWritten() = 0;
    // The last call. The object is released after it.
    virtual void OnEnd() = 0;

    void Read();
    const std::shared_ptr<QueueShard>& shard() const { return call_->shard(); }

  private:
    friend class GenericCall;
    class Step final : public QueueShard::Tag {
      public:
        using Next = void (QueueStream::*)(bool ok);
        Step(QueueStream* stream, Next next) : stream_(stream), next_(next) {}
        void OnCompleted(bool ok) override { (stream_->*next_)(ok); }

      private:
        QueueStream* const stream_;
        const Next next_;
    };

    void ReadDone(bool ok);
    void WriteDone(bool ok);
    void FinishDone(bool ok);
    // Of the call as a whole: the client may have cancelled.
    void CallDone();
    void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Releases the object when no operation is left.
    void ReleaseIfOver();

    const std::unique_ptr<GenericCall> call_;
    StreamSet& set_;
    Step read_step_{this, &QueueStream::ReadDone}, write_step_{this, &QueueStream::WriteDone},
        finish_step_{this, &QueueStream::FinishDone};
    Mutex mutex_;
    bool reading_ ABSL_GUARDED_BY(mutex_) = false;
    bool writing_ ABSL_GUARDED_BY(mutex_) = false;
    bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
    bool finished_ ABSL_GUARDED_BY(mutex_) = false;
    bool done_ ABSL_GUARDED_BY(mutex_) = false;
    std::optional<Status> end_ ABSL_GUARDED_BY(mutex_);
    std::shared_ptr<QueueStream> self_ ABSL_GUARDED_BY(mutex_);
    grpc::ByteBuffer read_;   // gRPC writes it while reading_
    grpc::ByteBuffer write_;  // gRPC reads it while writing_
};

}  // namespace blasty::rpc
