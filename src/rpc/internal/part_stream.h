// A server-streaming call whose answers are made on a pool, some of them ahead of the client, and
// sent as the client takes them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/mutex.h"
#include "rpc/internal/statement_pool.h"
#include "rpc/writing_call.h"

namespace blasty::rpc {

// Makes one part after another on the pool until enough waits to be sent; goes on when the client
// took half of it. Nothing of it waits on a thread meanwhile.
class PartStream : public WriteStream<grpc::ByteBuffer> {
  public:
    struct Options {
        // What waits to be sent, at most (and one step more).
        size_t ahead_bytes = 0;
        // Ends a stream that waits for its client for so long; 0: never.
        int64_t idle_us = 0;
        Status idle_status;
    };
    PartStream(grpc::CallbackServerContext& context, StreamSet& set, StatementPool& pool,
               Options options)
        : WritingCall(context, set), pool_(pool), options_(std::move(options)) {}

    void OnStop() override;

  protected:
    enum class Step {
        kMore,   // call again
        kPause,  // call again after Resume
        kDone,   // everything was Put
    };
    // On the pool, one at a time. An error ends the call behind what was Put.
    virtual Result<Step> Produce() = 0;
    // Hands the first step to the pool. An error ends the call.
    virtual Status Admit(exec::Task step) { return pool_.Post(std::move(step)); }
    // From any thread: makes a Produce that runs return soon. Perhaps more than once, perhaps after
    // the last one.
    virtual void Interrupt() {}
    // Nothing is produced any more: let go of what is held. Called once, when no Produce runs.
    virtual void Release() {}

    // Begins to produce. Error: the call ends with it.
    void Start();
    // Queues one encoded answer.
    void Put(std::string part);
    // Waits until less than `ahead_bytes` waits to be sent. The error that ended the call, or the
    // idle status. For a Produce that cannot be cut into steps.
    Status WaitForRoom();
    void Resume();

  private:
    void OnWritten() final;
    void OnCancelled() final { Abort(); }
    void OnEnd() final { Abort(); }

    std::shared_ptr<PartStream> Self() {
        return std::static_pointer_cast<PartStream>(shared_from_this());
    }
    void RunStep();
    void After(const Result<Step>& step);
    void SendNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // True when a step is to be posted.
    bool BeginStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void OnIdle(uint64_t park);
    void Abort();

    StatementPool& pool_;
    const Options options_;
    Mutex mutex_;
    CondVar room_;
    bool running_ ABSL_GUARDED_BY(mutex_) = false;  // a step is posted or runs
    bool paused_ ABSL_GUARDED_BY(mutex_) = false;   // waits for Resume
    bool resumed_ ABSL_GUARDED_BY(mutex_) = false;  // Resume came while a step ran
    bool parked_ ABSL_GUARDED_BY(mutex_) = false;   // waits for the client
    bool done_ ABSL_GUARDED_BY(mutex_) = false;     // nothing more is produced
    bool aborted_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more is sent
    bool released_ ABSL_GUARDED_BY(mutex_) = false;
    bool writing_ ABSL_GUARDED_BY(mutex_) = false;
    uint64_t park_ ABSL_GUARDED_BY(mutex_) = 0;
    Status last_ ABSL_GUARDED_BY(mutex_);               // of the call, once done_
    size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // parts_ and the one in flight
    size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
    std::deque<std::string> parts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::rpc
