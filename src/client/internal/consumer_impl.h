// The inside of Consumer: one stream at a time, what came in, what is to go out.
#pragma once

#include <grpcpp/support/slice.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "client/consumer.h"
#include "client/internal/ack_queue.h"
#include "client/internal/core.h"
#include "client/internal/raw_stream.h"
#include "client/internal/wire.h"

namespace blasty::client {

struct Consumer::Impl : internal::StreamHandler, std::enable_shared_from_this<Consumer::Impl> {
    // A batch that came in and was not taken.
    struct Incoming {
        std::shared_ptr<const grpc::Slice> slice;
        std::string_view body;
    };

    Impl(std::shared_ptr<internal::Core> shared, ConsumerOptions opts)
        : core(std::move(shared)), options(std::move(opts)) {}

    void OnWritten(bool ok) override;
    bool OnMessage(grpc::ByteBuffer& message) override;
    void OnEnding() override;
    void OnClosed(const Status& status) override;

    void Connect();
    std::shared_ptr<const std::string> StartRequest() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void HandOut(ConsumedBatch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void GiveCredit(uint32_t messages) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // Everything but batches. Returns what is to be called without the lock.
    std::function<void()> OnNotice(const internal::ResponseView& view)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    bool member() const { return !options.inbox.empty(); }
    void Close();

    const std::shared_ptr<internal::Core> core;
    const ConsumerOptions options;
    mutable Mutex mutex;
    CondVar changed;
    internal::RawStream* stream ABSL_GUARDED_BY(mutex) = nullptr;  // from Connect to OnClosed
    bool usable ABSL_GUARDED_BY(mutex) = false;                    // from Connect to OnEnding
    bool writing ABSL_GUARDED_BY(mutex) = false;
    bool paused ABSL_GUARDED_BY(mutex) = false;  // no read is running: the buffer was full
    bool started ABSL_GUARDED_BY(mutex) = false;
    bool connected_once ABSL_GUARDED_BY(mutex) = false;
    bool created ABSL_GUARDED_BY(mutex) = false;
    bool lost ABSL_GUARDED_BY(mutex) = false;
    bool closed ABSL_GUARDED_BY(mutex) = false;
    bool cancelled ABSL_GUARDED_BY(mutex) = false;
    bool ended ABSL_GUARDED_BY(mutex) = false;
    int attempts ABSL_GUARDED_BY(mutex) = 0;
    Status end_status ABSL_GUARDED_BY(mutex);
    std::deque<Incoming> incoming ABSL_GUARDED_BY(mutex);
    size_t incoming_bytes ABSL_GUARDED_BY(mutex) = 0;
    std::deque<std::shared_ptr<const std::string>> outgoing ABSL_GUARDED_BY(mutex);
    internal::AckQueue acks ABSL_GUARDED_BY(mutex);
    uint64_t position ABSL_GUARDED_BY(mutex) = 0;
    uint32_t credit_taken ABSL_GUARDED_BY(mutex) = 0;
};

}  // namespace blasty::client
