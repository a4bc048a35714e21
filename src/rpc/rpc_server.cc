#include "rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "base/strings.h"
#include "rpc/internal/address.h"
#include "rpc/internal/commit_waiters.h"
#include "rpc/internal/generic_calls.h"
#include "rpc/internal/health.h"
#include "rpc/internal/limits.h"
#include "rpc/internal/live_service.h"
#include "rpc/internal/search_service.h"
#include "rpc/internal/server_service.h"
#include "rpc/internal/sql_service.h"
#include "rpc/internal/statement_pool.h"
#include "rpc/internal/topics_service.h"
#include "rpc/stream_set.h"
#include "rpc/task_group.h"
#include "tables/query.h"

namespace blasty::rpc {
namespace {

constexpr int kShardsMax = 8;
// Threads with a completion queue each for live queries: many, since gRPC searches a queue.
constexpr int kLiveShards = 16;
// Histories and one backup.
constexpr int kBulkThreads = 3;
// Even on a small machine one search that reads much does not hold up the others.
constexpr int kSearchThreadsMin = 4;
constexpr int kSearchThreadsMax = 64;

int ShardCount(int asked) {
    if (asked > 0) return std::min(asked, 64);
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kShardsMax);
}

int SearchThreads() {
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), kSearchThreadsMin,
                      kSearchThreadsMax);
}

Shards MakeShards(topics::Topics& topics, int count) {
    Shards shards;
    for (int i = 0; i < count; ++i) {
        shards.push_back(std::make_unique<SendShard>(topics, StrCat("send-", i)));
    }
    return shards;
}

// Process-wide switches: reflection is read by gRPC's builders. Debian's Abseil, whose
// locks gRPC uses, looks for deadlocks at every lock: time and memory for each stream.
void EnablePlugins() {
    static std::once_flag once;
    std::call_once(once, [] {
        absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
        grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    });
}

void SetArguments(const RpcServerOptions& options, grpc::ServerBuilder& builder) {
    const uint64_t receive =
        std::max(kReceiveBytesMin, options.message_bytes_max + kReceiveSlackBytes);
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(std::min<uint64_t>(receive, std::numeric_limits<int>::max())));
    builder.SetMaxSendMessageSize(-1);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 300'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
}

}  // namespace

struct RpcServer::Impl {
    Impl(engine::Engine& the_engine, exec::Executor& the_executor, const RpcServerOptions& options)
        : admin(the_executor),
          reads("sql-read", std::max(1, options.read_threads), kStatementsWaitingMax),
          bulk("sql-bulk", kBulkThreads, kStatementsWaitingMax),
          searches("search", SearchThreads(), kStatementsWaitingMax),
          gate(reads,
               static_cast<size_t>(std::max(1, options.read_threads)) * tables::kOpenPerReader,
               kStatementsWaitingMax),
          commits(std::make_shared<CommitWaiters>(bulk, kChangesGatherUs)),
          sql_parts{the_engine, streams, reads, gate, bulk, *commits, options.client_idle_us},
          shards(MakeShards(the_engine.topics(), ShardCount(options.send_shards))),
          topics(the_engine.topics(), admin, streams, shards),
          sql(sql_parts),
          live(the_engine.live(), the_engine.live_searches(), admin, streams),
          search(the_engine, admin, searches),
          calls(streams, kLiveShards),
          info(the_engine, admin, {options.version, options.message_bytes_max}),
          health(streams),
          health_reporter(the_engine, the_executor, health) {}

    StreamSet streams;
    TaskGroup admin;
    StatementPool reads;
    StatementPool bulk;
    StatementPool searches;
    ReadGate gate;
    const std::shared_ptr<CommitWaiters> commits;
    SqlParts sql_parts;
    Shards shards;
    TopicsService topics;
    SqlService sql;
    LiveService live;
    SearchService search;
    GenericCalls calls;
    ServerService info;
    HealthService health;
    HealthReporter health_reporter;
    std::unique_ptr<grpc::Server> server;
    int port = 0;
    std::once_flag stopped;
};

Result<std::unique_ptr<RpcServer>> RpcServer::Start(engine::Engine& engine, exec::Executor& admin,
                                                    const RpcServerOptions& options) {
    BLASTY_RETURN_IF_ERROR(CheckListenAddress(options.listen));
    EnablePlugins();
    auto impl = std::make_unique<Impl>(engine, admin, options);
    grpc::ServerBuilder builder;
    SetArguments(options, builder);
    builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &impl->port);
    builder.RegisterService(&impl->topics);
    builder.RegisterService(&impl->sql);
    builder.RegisterService(&impl->live);
    builder.RegisterService(&impl->search);
    builder.RegisterService(&impl->info);
    builder.RegisterService(&impl->health);
    for (grpc::Service* service : options.extra_services) builder.RegisterService(service);
    impl->live.ServeCalls(impl->calls);
    impl->calls.AddTo(builder);
    impl->server = builder.BuildAndStart();
    if (impl->server == nullptr || impl->port == 0) {
        BLASTY_RETURN_IF_ERROR(CheckListenAddress(options.listen));
        return MakeError(StatusCode::kUnavailable, "LISTEN_FAILED",
                         StrCat("cannot listen on '", Printable(options.listen),
                                "'; the address was free a moment ago, start again"));
    }
    impl->calls.Start();
    // The tables may tell of a commit when this server is gone.
    engine.tables().AddCommitListener([weak = std::weak_ptr(impl->commits)](Sequence applied) {
        if (const auto commits = weak.lock()) commits->OnCommit(applied);
    });
    return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() { Stop(std::chrono::milliseconds(0)); }

int RpcServer::port() const { return impl_->port; }

void RpcServer::Stop(std::chrono::milliseconds grace) {
    std::call_once(impl_->stopped, [this, grace] {
        impl_->health_reporter.Stop();
        impl_->streams.StopAll();
        impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
        impl_->server->Wait();
        impl_->calls.Stop();
        impl_->commits->Stop();
        impl_->admin.Wait();
        impl_->reads.Stop();
        impl_->bulk.Stop();
        impl_->searches.Stop();
        for (const auto& shard : impl_->shards) shard->shard->Stop();
    });
}

}  // namespace blasty::rpc
