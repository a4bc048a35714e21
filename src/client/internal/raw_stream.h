// A bidirectional call that moves raw bytes: the shared part of Publisher and Consumer.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "client/internal/core.h"

namespace blasty::client::internal {

// Called on threads of gRPC, one call at a time for reads and one for writes.
class StreamHandler {
  public:
    virtual ~StreamHandler() = default;
    // The last Write is done; false when the stream is broken (OnEnding follows).
    virtual void OnWritten(bool ok) = 0;
    // A message came in. True: read the next one now. False: not before ContinueReading.
    virtual bool OnMessage(grpc::ByteBuffer& message) = 0;
    // Nothing more will be read. After this returned, nothing may be called on the stream.
    virtual void OnEnding() = 0;
    // The last call. The stream destroys itself afterwards and does not touch the handler again.
    virtual void OnClosed(const Status& status) = 0;
};

// Destroys itself after OnClosed. The handler serialises its calls to it with a lock of its own,
// and makes none after OnEnding.
class RawStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
  public:
    RawStream(Core& core, StreamHandler& handler) : core_(core), handler_(handler) {}

    // Starts the call and the first read.
    void Start(const std::string& method);
    // REQUIRES: the last write is done. `bytes` is kept until it was sent.
    void Write(std::shared_ptr<const std::string> bytes);
    void ContinueReading() { StartRead(&in_); }
    void HalfClose() { StartWritesDone(); }
    void Cancel() { context_.TryCancel(); }

    void OnReadDone(bool ok) override;
    void OnWriteDone(bool ok) override { handler_.OnWritten(ok); }
    void OnDone(const grpc::Status& status) override;

  private:
    Core& core_;
    StreamHandler& handler_;
    grpc::ClientContext context_;
    grpc::ByteBuffer in_;
    grpc::ByteBuffer out_;
};

}  // namespace blasty::client::internal
