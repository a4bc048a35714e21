#include "server/server.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/strings.h"
#include "compat/proximo.h"
#include "exec/worker_pool.h"
#include "io/file_system.h"
#include "rpc/rpc_server.h"

namespace blasty::server {
namespace {

std::string PidPath(const std::string& data) { return data + "/server.pid"; }

// Names the process that holds the directory. Its file may be stale only while nobody holds it.
Status WithHolder(const Status& status, const std::string& data) {
    if (ReasonOf(status) != "DATA_DIRECTORY_IN_USE") return status;
    const Result<std::string> pid = io::ReadFile(io::PosixFileSystem(), PidPath(data), 64);
    if (!pid.ok() || pid->empty() || std::string(MessageOf(status)).find(*pid) != std::string::npos)
        return status;
    return MakeError(status.code(), "DATA_DIRECTORY_IN_USE",
                     StrCat(MessageOf(status), " (process ", Printable(*pid, 20), ")"));
}

// Absolute: what is said about it must mean the same to someone in another folder.
std::string AbsolutePath(const std::string& path) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute.lexically_normal().string();
}

ServeOptions WithAbsoluteData(ServeOptions options) {
    options.data = AbsolutePath(options.data);
    return options;
}

}  // namespace

struct Server::Impl {
    explicit Impl(const ServeOptions& opts) : options(opts) {}

    const ServeOptions options;
    std::string address;
    // In the order they depend on each other.
    exec::WorkerPool background{{.name = "background", .threads = 2}};
    exec::WorkerPool blocking{{.name = "blocking", .threads = 4}};
    exec::WorkerPool admin{{.name = "admin", .threads = 2}};
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<compat::Proximo> proximo;
    std::unique_ptr<rpc::RpcServer> rpc;
    bool stopped = false;
};

Result<std::unique_ptr<Server>> Server::Start(const ServeOptions& given) {
    BLASTY_RETURN_IF_ERROR(CheckListenAddress(given));
    const ServeOptions options = WithAbsoluteData(given);
    BLASTY_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.grpc));
    auto impl = std::make_unique<Impl>(options);
    engine::EngineOptions engine_options;
    engine_options.data_directory = options.data;
    engine_options.topics.auto_create = options.auto_create_topics;
    engine_options.topics.message_bytes_max = options.message_bytes_max;
    engine_options.topics.default_retention.age_us = options.default_retention_age_us;
    engine_options.topics.default_retention.bytes = options.default_retention_bytes;
    engine_options.topics.default_retention.count = options.default_retention_count;
    engine_options.topics.dedup_window_us = options.dedup_window_us;
    engine_options.topics.log.segment_bytes = options.log_segment_bytes;
    engine_options.topics.log.cache_bytes = options.log_cache_bytes;
    engine_options.topics.log.unsafe_no_sync = options.unsafe;
    engine_options.tables.statement_timeout_us = options.tables_statement_timeout_us;
    engine_options.tables.history_age_us = options.tables_history_age_us;
    engine_options.tables.statement_memory_max = options.tables_statement_memory;
    engine_options.tables.readers = static_cast<int>(options.tables_readers);
    engine_options.live.subscriptions_max = options.live_subscriptions_max;
    engine_options.live.result_rows_max = options.live_result_rows_max;
    engine_options.live.buffer_bytes_max = options.live_buffer_bytes;
    engine_options.live.window_bytes_max = options.live_window_bytes;
    engine_options.live_searches.subscriptions_max = options.live_subscriptions_max;
    engine_options.live_searches.matches_max = options.live_result_rows_max;
    engine_options.live_searches.buffer_bytes_max = options.live_buffer_bytes;
    auto engine = engine::Engine::Open(io::PosixFileSystem(), engine_options, impl->background,
                                       SystemClock());
    if (!engine.ok()) return WithHolder(engine.status(), options.data);
    impl->engine = *std::move(engine);
    // Only for the message of a second server; its loss harms nothing.
    (void)io::WriteFileAtomically(io::PosixFileSystem(), PidPath(options.data), StrCat(getpid()));
    impl->proximo = std::make_unique<compat::Proximo>(*impl->engine, impl->blocking);
    rpc::RpcServerOptions rpc_options;
    rpc_options.listen = options.grpc;
    rpc_options.message_bytes_max = options.message_bytes_max;
    rpc_options.version = kVersion;
    rpc_options.read_threads = engine_options.tables.readers;
    rpc_options.extra_services = {impl->proximo->source(), impl->proximo->sink()};
    auto server = std::unique_ptr<Server>(new Server(std::move(impl)));
    BLASTY_ASSIGN_OR_RETURN(
        server->impl_->rpc,
        rpc::RpcServer::Start(*server->impl_->engine, server->impl_->admin, rpc_options));
    const bool v6 = address.host.find(':') != std::string::npos;
    server->impl_->address =
        StrCat(v6 ? "[" : "", address.host, v6 ? "]" : "", ":", server->impl_->rpc->port());
    return server;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Stop(); }

int Server::port() const { return impl_->rpc->port(); }
const std::string& Server::address() const { return impl_->address; }
const std::string& Server::data_directory() const { return impl_->options.data; }
engine::Engine& Server::engine() { return *impl_->engine; }

void Server::Stop() {
    if (std::exchange(impl_->stopped, true)) return;
    if (impl_->proximo) impl_->proximo->Stop();
    if (impl_->rpc) {
        impl_->rpc->Stop(std::chrono::milliseconds(impl_->options.stop_grace_us / 1000));
        impl_->rpc.reset();
    }
    impl_->proximo.reset();
    impl_->blocking.Stop();
    impl_->admin.Stop();
    impl_->engine->Close();
    impl_->background.Stop();
    (void)io::PosixFileSystem().Remove(PidPath(impl_->options.data));
    impl_->engine.reset();
}

}  // namespace blasty::server
