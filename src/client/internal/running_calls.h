// The calls of one client object that run, so that all of them can be cancelled and waited for.
#pragma once

#include <grpcpp/client_context.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "base/status.h"

namespace blasty::client::internal {

// Thread-safe.
class RunningCalls {
  public:
    // False after CancelAll: the call must not begin.
    bool Add(grpc::ClientContext* context) {
        MutexLock lock(mutex_);
        if (cancelled_) return false;
        contexts_.insert(context);
        return true;
    }
    void Remove(grpc::ClientContext* context) {
        MutexLock lock(mutex_);
        contexts_.erase(context);
        if (contexts_.empty()) changed_.SignalAll();
    }
    // For a call that owns itself: destroys it before WaitForAll can return. Its context holds the
    // channel, whose last reference must not be dropped on a thread of gRPC (core.h).
    template <typename Call>
    void RemoveAndDestroy(grpc::ClientContext* context, std::unique_ptr<Call> call) {
        MutexLock lock(mutex_);
        contexts_.erase(context);
        call.reset();
        if (contexts_.empty()) changed_.SignalAll();
    }
    void CancelAll() {
        MutexLock lock(mutex_);
        cancelled_ = true;
        for (grpc::ClientContext* context : contexts_) context->TryCancel();
        changed_.SignalAll();
    }
    bool cancelled() {
        MutexLock lock(mutex_);
        return cancelled_;
    }
    void WaitForAll() {
        MutexLock lock(mutex_);
        while (!contexts_.empty()) changed_.Wait(mutex_);
    }
    // Waits before another attempt. False when cancelled meanwhile.
    bool Pause(int64_t us) {
        MutexLock lock(mutex_);
        if (!cancelled_) changed_.WaitFor(mutex_, us);
        return !cancelled_;
    }
    static Status Cancelled() {
        return MakeError(StatusCode::kCancelled, "CANCELLED", "the call was cancelled");
    }

  private:
    Mutex mutex_;
    CondVar changed_;
    bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
    absl::flat_hash_set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace blasty::client::internal
