#include "rpc/internal/generic_calls.h"

#include <pthread.h>

#include <utility>

#include "base/strings.h"

namespace blasty::rpc {
namespace {

// Calls that may come at once before others wait in gRPC for a place.
constexpr int kAskedFor = 64;

class UnknownMethod final : public QueueStream {
  public:
    using QueueStream::QueueStream;
    void Refuse(std::string_view method) {
        Begin();
        End(MakeError(StatusCode::kUnimplemented, "UNKNOWN_METHOD",
                      StrCat("this server has no method '", Printable(method, 200),
                             "'; does the client know a newer version of the API?")));
    }
    void OnStop() override {}

  private:
    void OnRequest(grpc::ByteBuffer&) override {}
    void OnReadsDone() override {}
    void OnWritten() override {}
    void OnEnd() override {}
};

}  // namespace

GenericCalls::GenericCalls(StreamSet& streams, int shards) : streams_(streams) {
    for (int i = 0; i < shards; ++i)
        shards_.push_back(std::make_shared<QueueShard>(StrCat("live-send-", i)));
}

GenericCalls::~GenericCalls() { Stop(); }

void GenericCalls::Serve(std::string method, Accept accept) {
    methods_.emplace(std::move(method), std::move(accept));
}

void GenericCalls::AddTo(grpc::ServerBuilder& builder) {
    builder.RegisterAsyncGenericService(&service_);
    accepted_ = builder.AddCompletionQueue();
}

void GenericCalls::Start() {
    for (int i = 0; i < kAskedFor; ++i) Ask();
    thread_ = std::thread([this] { Loop(); });
    pthread_setname_np(thread_.native_handle(), "accept");
}

void GenericCalls::Stop() {
    {
        MutexLock lock(mutex_);
        if (std::exchange(stopping_, true)) return;
        if (accepted_) accepted_->Shutdown();
    }
    if (thread_.joinable()) thread_.join();
    for (const auto& shard : shards_) shard->Stop();
}

void GenericCalls::Ask() {
    MutexLock lock(mutex_);
    if (stopping_) return;
    auto call = std::make_unique<GenericCall>(shards_[next_shard_++ % shards_.size()]);
    GenericCall* const raw = call.release();  // the queue gives it back
    service_.RequestCall(&raw->context(), &raw->stream(), &raw->shard()->queue(), accepted_.get(),
                         raw);
}

void GenericCalls::Loop() {
    void* tag = nullptr;
    bool ok = false;
    while (accepted_->Next(&tag, &ok)) {
        std::unique_ptr<GenericCall> call(static_cast<GenericCall*>(tag));
        if (!ok) continue;  // the server stops
        Ask();
        Take(std::move(call));
    }
}

void GenericCalls::Take(std::unique_ptr<GenericCall> call) {
    const std::string& method = call->context().method();
    if (const auto found = methods_.find(method); found != methods_.end())
        return found->second(std::move(call));
    const std::string name = method;
    std::make_shared<UnknownMethod>(std::move(call), streams_)->Refuse(name);
}

}  // namespace blasty::rpc
