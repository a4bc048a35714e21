#include "compat/proximo.h"

#include <memory>

#include "compat/internal/proximo_sink.h"
#include "compat/internal/proximo_source.h"
#include "proximo/proximo.grpc.pb.h"
#include "rpc/stream_set.h"
#include "rpc/task_group.h"

namespace blasty::compat {
namespace {

using Context = grpc::CallbackServerContext;

struct Shared {
    topics::Topics& topics;
    rpc::TaskGroup& pool;
    rpc::StreamSet& streams;
};

class SourceService final : public ::proximo::MessageSource::CallbackService {
  public:
    explicit SourceService(Shared shared) : shared_(shared) {}
    grpc::ServerBidiReactor<::proximo::ConsumerRequest, ::proximo::Message>* Consume(
        Context* context) override {
        return std::make_shared<ProximoSource>(*context, shared_.streams, shared_.topics,
                                               shared_.pool)
            ->Begin();
    }

  private:
    Shared shared_;
};

class SinkService final : public ::proximo::MessageSink::CallbackService {
  public:
    explicit SinkService(Shared shared) : shared_(shared) {}
    grpc::ServerBidiReactor<::proximo::PublisherRequest, ::proximo::Confirmation>* Publish(
        Context* context) override {
        return std::make_shared<ProximoSink>(*context, shared_.streams, shared_.topics,
                                             shared_.pool)
            ->Begin();
    }

  private:
    Shared shared_;
};

}  // namespace

struct Proximo::Impl {
    Impl(engine::Engine& engine, exec::Executor& blocking)
        : pool(blocking),
          source({engine.topics(), pool, streams}),
          sink({engine.topics(), pool, streams}) {}

    rpc::StreamSet streams;
    rpc::TaskGroup pool;  // waits for its tasks when destroyed
    SourceService source;
    SinkService sink;
};

Proximo::Proximo(engine::Engine& engine, exec::Executor& blocking)
    : impl_(std::make_unique<Impl>(engine, blocking)) {}

Proximo::~Proximo() { Stop(); }

grpc::Service* Proximo::source() { return &impl_->source; }
grpc::Service* Proximo::sink() { return &impl_->sink; }

void Proximo::Stop() { impl_->streams.StopAll(); }

}  // namespace blasty::compat
