// The methods that are served through gRPC's asynchronous API (queue_stream.h says why), and the
// answer to those that nobody serves.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_builder.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "rpc/internal/queue_shard.h"
#include "rpc/queue_stream.h"

namespace blasty::rpc {

// Serve, AddTo, Start and Stop from one thread, in that order, the server being built and started
// before Start and shut down before Stop.
class GenericCalls {
  public:
    using Accept = std::function<void(std::unique_ptr<GenericCall> call)>;

    // `streams` must outlive it.
    GenericCalls(StreamSet& streams, int shards);
    ~GenericCalls();
    GenericCalls(const GenericCalls&) = delete;
    GenericCalls& operator=(const GenericCalls&) = delete;

    // `method` as "/package.Service/Method". `accept` runs on the thread that accepts calls.
    void Serve(std::string method, Accept accept);
    void AddTo(grpc::ServerBuilder& builder);
    void Start();
    void Stop();

  private:
    void Ask();
    void Loop();
    void Take(std::unique_ptr<GenericCall> call);

    StreamSet& streams_;
    absl::flat_hash_map<std::string, Accept> methods_;
    grpc::AsyncGenericService service_;
    std::unique_ptr<grpc::ServerCompletionQueue> accepted_;
    std::vector<std::shared_ptr<QueueShard>> shards_;
    Mutex mutex_;
    size_t next_shard_ ABSL_GUARDED_BY(mutex_) = 0;
    bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace blasty::rpc
