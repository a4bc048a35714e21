// A bidirectional call of gRPC's callback API: what writing_call.h does, and one read at a time.
#pragma once

#include "rpc/writing_call.h"

namespace blasty::rpc {

// As WritingCall.
template <typename Request, typename Response>
class Stream : public WritingCall<grpc::ServerBidiReactor<Request, Response>, Response> {
    using Base = WritingCall<grpc::ServerBidiReactor<Request, Response>, Response>;

  public:
    using Base::Base;

  protected:
    // One request, in order, one at a time. Call Read for the next one, now or later.
    virtual void OnRequest(Request& request) = 0;
    // The client half-closed, or the connection is gone (then OnEnd follows).
    virtual void OnReadsDone() = 0;

    void Read() {
        MutexLock lock(io_mutex_);
        if (reading_ || this->EndedLocked()) return;
        reading_ = true;
        this->StartRead(&read_);
    }

  private:
    using Base::io_mutex_;

    void OnBegin() final { Read(); }

    void OnReadDone(bool ok) final {
        {
            MutexLock lock(io_mutex_);
            reading_ = false;
            if (this->EndedLocked()) return;
        }
        if (ok) {
            OnRequest(read_);
        } else {
            OnReadsDone();
        }
    }

    bool reading_ ABSL_GUARDED_BY(io_mutex_) = false;
    Request read_;  // gRPC writes it while reading_
};

}  // namespace blasty::rpc
