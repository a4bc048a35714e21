// proximo.MessageSink/Publish: each message is stored, then its id confirmed.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "compat/internal/turns.h"
#include "proximo/proximo.pb.h"
#include "rpc/stream.h"
#include "topics/topics.h"

namespace blasty::compat {

// Requests are read on gRPC's threads and published at once, many at a time; confirmations are sent
// from the pool and from gRPC's threads, one a frame, as the protocol has it.
class ProximoSink final : public rpc::Stream<::proximo::PublisherRequest, ::proximo::Confirmation> {
  public:
    ProximoSink(grpc::CallbackServerContext& context, rpc::StreamSet& set, topics::Topics& topics,
                rpc::TaskGroup& pool)
        : Stream(context, set), topics_(topics), turns_(pool) {}

    void OnStop() override;
    void Turn() { SendNext(); }

  private:
    void OnRequest(::proximo::PublisherRequest& request) override;
    void OnReadsDone() override;
    void OnWritten() override { SendNext(); }
    void OnEnd() override {}

    std::shared_ptr<ProximoSink> Self() {
        return std::static_pointer_cast<ProximoSink>(shared_from_this());
    }
    Status HandleRequest(const ::proximo::PublisherRequest& request);
    void Publish(const ::proximo::Message& message);
    void OnPublished(const Status& status, size_t bytes, const std::string& id);
    void SendNext();
    // Nothing more is read; ends with `status` once what is under way was confirmed.
    void EndAfterConfirmations(const Status& status);
    bool WindowOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    topics::Topics& topics_;
    Turns turns_;
    bool started_ = false;  // read callbacks
    std::string topic_;     // read callbacks

    Mutex mutex_;
    size_t publishing_ ABSL_GUARDED_BY(mutex_) = 0;
    size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;                // of what is being published
    std::deque<std::string> stored_ ABSL_GUARDED_BY(mutex_);  // ids to confirm
    bool paused_ ABSL_GUARDED_BY(mutex_) = false;
    bool ending_ ABSL_GUARDED_BY(mutex_) = false;
    Status end_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::compat
