#include "client/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/place.h"
#include "base/random.h"
#include "base/strings.h"
#include "client/internal/core.h"
#include "exec/worker_pool.h"

namespace blasty::client {
namespace internal {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
    // gRPC 1.51 shuts down with its last channel, and aborts when that happens on one of its own
    // threads. An idle channel that is never destroyed keeps it up.
    static const auto* keep_up = new std::shared_ptr<grpc::Channel>(
        grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
    (void)keep_up;
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    // Bounds how long one attempt may take, not the pause: it must hold the round trips to a far or
    // busy server.
    args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
    args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    args.SetMaxReceiveMessageSize(options.receive_bytes_max);
    args.SetMaxSendMessageSize(-1);
    return grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), args);
}

std::string Trailer(const grpc::ClientContext& context, const char* name) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find(name);
    if (found == trailers.end()) return "";
    return std::string(found->second.data(), found->second.size());
}

}  // namespace

Core::Core(const ClientOptions& opts) : options(opts), channel(MakeChannel(opts)), stub(channel) {}

void Core::ConnectNow(bool wait) {
    if (channel->GetState(true) != GRPC_CHANNEL_TRANSIENT_FAILURE) return;
    grpc::experimental::ChannelResetConnectionBackoff(channel.get());
    if (wait)
        channel->WaitForStateChange(
            GRPC_CHANNEL_TRANSIENT_FAILURE,
            std::chrono::system_clock::now() + std::chrono::milliseconds(500));
}

exec::Executor& RetryExecutor() {
    static auto* pool = new exec::WorkerPool({.name = "client-retry", .threads = 1});
    return *pool;
}

Status FromGrpc(const grpc::Status& status, const grpc::ClientContext& context,
                const std::string& server) {
    if (status.ok()) return OkStatus();
    const auto code = static_cast<StatusCode>(status.error_code());
    const std::string reason = Trailer(context, "blasty-reason");
    if (!reason.empty()) {
        const std::string place = Trailer(context, "blasty-place");
        Status error = MakeError(code, reason, status.error_message());
        return place.empty() ? error : WithPlace(std::move(error), place);
    }
    if (code == StatusCode::kUnavailable) {
        return MakeError(code, "SERVER_UNREACHABLE",
                         StrCat("cannot reach the server at ", server, " (",
                                Printable(status.error_message(), 200),
                                "); start one with `blasty serve` or name another with --server"));
    }
    if (code == StatusCode::kDeadlineExceeded)
        return MakeError(code, "DEADLINE_EXCEEDED", StrCat("no answer from ", server, " in time"));
    // Who cancels a call of this client knows it. A server that goes away cancels, without a word,
    // what reached it after it had stopped to take calls.
    if (code == StatusCode::kCancelled)
        return MakeError(StatusCode::kUnavailable, "STREAM_ENDED", "the server ended the call");
    return MakeError(code, "RPC_FAILED",
                     StrCat("the server at ", server, " answered with gRPC code ",
                            static_cast<int>(status.error_code()), ": ",
                            Printable(status.error_message(), 300)));
}

bool IsConnectionLoss(const Status& status) {
    const std::string reason = ReasonOf(status);
    return reason == "SERVER_UNREACHABLE" || reason == "SERVER_STOPPING" ||
           reason == "STREAM_ENDED";
}

int64_t BackoffMicros(int attempt) {
    const int64_t base = std::min<int64_t>(2'000'000, 50'000ll << std::clamp(attempt, 0, 6));
    return base / 2 + static_cast<int64_t>(RandomSeed() % static_cast<uint64_t>(base));
}

}  // namespace internal

Client::Client(const ClientOptions& options) : core_(std::make_shared<internal::Core>(options)) {}
Client::~Client() = default;
const std::string& Client::server() const { return core_->options.server; }

}  // namespace blasty::client
