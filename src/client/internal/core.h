// What everything made from one Client shares: the channel, and the thread that waits for retries.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "client/client.h"
#include "exec/executor.h"

namespace blasty::client::internal {

struct Core {
    explicit Core(const ClientOptions& opts);
    // A channel that failed to connect refuses new calls until its next attempt, even when the
    // server is back: this makes it try now. `wait`: and waits a moment for the outcome.
    void ConnectNow(bool wait);

    const ClientOptions options;
    // The last reference must not be dropped on a thread of gRPC: with gRPC 1.51 that thread then
    // waits for itself. Publisher and Consumer wait for their streams before they let go.
    const std::shared_ptr<grpc::Channel> channel;
    grpc::GenericStub stub;
};

// One thread for the whole program, never stopped: runs delayed reconnects.
exec::Executor& RetryExecutor();

// The status of a call with the reason word and the place (base/place.h) of its trailing metadata.
Status FromGrpc(const grpc::Status& status, const grpc::ClientContext& context,
                const std::string& server);

// Worth another try on a new connection: the server went away rather than refused.
bool IsConnectionLoss(const Status& status);

// Delay before the n-th attempt (0, 1, …) to connect again: 50 ms doubled up to 2 s, with jitter.
int64_t BackoffMicros(int attempt);

}  // namespace blasty::client::internal
