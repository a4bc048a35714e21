#include "client/internal/raw_stream.h"

#include "base/strings.h"

namespace blasty::client::internal {

void RawStream::Start(const std::string& method) {
    core_.stub.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    // Writes start outside of reactions; the hold keeps the call from finishing under them.
    AddHold();
    StartRead(&in_);
    StartCall();
}

void RawStream::Write(std::shared_ptr<const std::string> bytes) {
    auto* owner = new std::shared_ptr<const std::string>(std::move(bytes));
    const std::string& text = **owner;
    // gRPC does not write into a slice it sends.
    const grpc::Slice slice(
        const_cast<char*>(text.data()), text.size(),
        [](void* p) { delete static_cast<std::shared_ptr<const std::string>*>(p); }, owner);
    out_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&out_);
}

void RawStream::OnReadDone(bool ok) {
    if (ok) {
        if (handler_.OnMessage(in_)) StartRead(&in_);
        return;
    }
    handler_.OnEnding();
    RemoveHold();
}

void RawStream::OnDone(const grpc::Status& status) {
    Status mapped = FromGrpc(status, context_, core_.options.server);
    StreamHandler& handler = handler_;
    delete this;
    handler.OnClosed(mapped);
}

}  // namespace blasty::client::internal
