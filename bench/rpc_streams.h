// Raw gRPC calls for load: bytes in, bytes out, so that the client's own work stays small.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace blasty::bench {

// Debian's Abseil looks for deadlocks at every lock: switched off, as the server does, in load and
// empty server alike.
void UseReleaseLocks();

grpc::ByteBuffer ToBuffer(std::string_view bytes);
std::string ToString(const grpc::ByteBuffer& buffer);

// A channel with connections of its own.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& address);

// A bidirectional stream. Writes are queued without a bound (the load loops bound themselves).
// `on_read` runs on a gRPC thread, one at a time.
class RawStream : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
  public:
    using OnRead = std::function<void(RawStream&, const grpc::ByteBuffer& response)>;
    RawStream(std::shared_ptr<grpc::Channel> channel, const std::string& method, OnRead on_read);
    ~RawStream() override;
    void Write(std::string_view request);
    void HalfClose();
    void Cancel() { context_.TryCancel(); }
    // Blocks until the call is over.
    grpc::Status Wait();

    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override;
    void OnDone(const grpc::Status& status) override;

  private:
    void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    std::shared_ptr<grpc::Channel> channel_;
    grpc::GenericStub stub_;
    grpc::ClientContext context_;
    OnRead on_read_;
    grpc::ByteBuffer reading_;
    Mutex mutex_;
    CondVar over_;
    std::deque<grpc::ByteBuffer> queue_ ABSL_GUARDED_BY(mutex_);
    grpc::ByteBuffer writing_ ABSL_GUARDED_BY(mutex_);
    bool in_flight_ ABSL_GUARDED_BY(mutex_) = false;
    bool half_close_ ABSL_GUARDED_BY(mutex_) = false;
    bool done_ ABSL_GUARDED_BY(mutex_) = false;
    grpc::Status status_ ABSL_GUARDED_BY(mutex_);
};

// `callers` unary calls always in flight for `seconds`. Returns latencies in microseconds; `rate`
// gets calls per second.
std::vector<double> LoopUnary(const std::string& address, const std::string& method,
                              const std::string& request, int callers, double seconds,
                              double* rate);

// What the benches need of a ConsumeResponse.
struct BatchView {
    uint64_t messages = 0;
    uint64_t first = 0, last = 0;            // sequences
    std::vector<std::string_view> payloads;  // only when asked for
};
BatchView ParseBatch(std::string_view response, bool payloads);

// Messages in a ConsumeResponse, without looking into them and without copying it; 0 when it is no
// batch.
uint64_t CountMessages(const grpc::ByteBuffer& response);

}  // namespace blasty::bench
