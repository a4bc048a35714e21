// A unary call whose work may block: it runs on the admin executor, gRPC's thread returns at once.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "base/status.h"
#include "rpc/grpc_status.h"
#include "rpc/task_group.h"

namespace blasty::rpc {

class UnaryCall : public grpc::ServerUnaryReactor {
  public:
    void OnDone() override { delete this; }
};

// Finishes the call exactly once, also when the executor drops the task.
class CallFinisher {
  public:
    CallFinisher(UnaryCall* call, grpc::CallbackServerContext* context)
        : call_(call), context_(context) {}
    CallFinisher(const CallFinisher&) = delete;
    CallFinisher& operator=(const CallFinisher&) = delete;
    ~CallFinisher() {
        if (call_ != nullptr) Finish(ServerStopping());
    }
    void Finish(const Status& status) {
        std::exchange(call_, nullptr)->Finish(ToGrpc(status, *context_));
    }

  private:
    UnaryCall* call_;
    grpc::CallbackServerContext* context_;
};

// `work` returns a Status; request and response live until the call is finished.
template <typename Work>
grpc::ServerUnaryReactor* RunBlocking(TaskGroup& admin, grpc::CallbackServerContext* context,
                                      Work work) {
    auto* call = new UnaryCall;
    auto finisher = std::make_shared<CallFinisher>(call, context);
    admin.Post([finisher = std::move(finisher), context, work = std::move(work)] {
        if (context->IsCancelled()) {
            finisher->Finish(
                MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled"));
        } else {
            finisher->Finish(work());
        }
    });
    return call;
}

}  // namespace blasty::rpc
