// The inside of LiveClient: its subscriptions, one stream at a time, what came in, what is to go
// out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "blasty/v1/live.pb.h"
#include "client/internal/core.h"
#include "client/internal/raw_stream.h"
#include "client/live.h"

namespace blasty::client {

struct LiveClient::Impl : internal::StreamHandler, std::enable_shared_from_this<LiveClient::Impl> {
    struct Subscription {
        v1::Subscribe request;
        LiveCallback callback;
        // Of the last event that came in; where a new connection resumes.
        std::string received;
        std::string handed_out;
        bool columns_told = false;
        // Rows of a snapshot came in, its end did not.
        bool in_snapshot = false;
        bool ended = false;  // its ERROR came in
    };
    using SubscriptionPtr = std::shared_ptr<Subscription>;
    // What came in and is for Next.
    struct Incoming {
        SubscriptionPtr subscription;
        LiveBatch batch;
        size_t bytes = 0;
    };

    Impl(std::shared_ptr<internal::Core> shared, LiveClientOptions opts)
        : core(std::move(shared)), options(std::move(opts)) {}

    void OnWritten(bool ok) override;
    bool OnMessage(grpc::ByteBuffer& message) override;
    void OnEnding() override;
    void OnClosed(const Status& status) override;

    void Connect();
    // Returns its number. Connects when there is no connection.
    uint64_t Begin(SubscriptionPtr subscription);
    void Send(const v1::SubscribeRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    v1::SubscribeRequest RequestOf(uint64_t id, const Subscription& subscription) const
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // Takes the events of one subscription; batches for callbacks go to `calls`.
    void Take(v1::Events& events, std::vector<Incoming>* calls)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Deliver(Incoming incoming, std::vector<Incoming>* calls)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Call(std::vector<Incoming>& calls);
    // The stream is lost: what a snapshot has told so far is void.
    void Restart(std::vector<Incoming>* calls) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    // Delay before the next attempt, or -1: the client ends with `why`.
    int64_t RetryDelay(const Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void ResumeReading() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    static bool HoldsError(const LiveBatch& batch);
    bool NothingLeft() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
    void Close();

    const std::shared_ptr<internal::Core> core;
    const LiveClientOptions options;
    mutable Mutex mutex;
    CondVar changed;
    uint64_t next_id ABSL_GUARDED_BY(mutex) = 1;
    std::map<uint64_t, SubscriptionPtr> subscriptions ABSL_GUARDED_BY(mutex);
    internal::RawStream* stream ABSL_GUARDED_BY(mutex) = nullptr;  // from Connect to OnClosed
    bool usable ABSL_GUARDED_BY(mutex) = false;                    // from Connect to OnEnding
    bool writing ABSL_GUARDED_BY(mutex) = false;
    bool paused ABSL_GUARDED_BY(mutex) = false;    // no read is running: the buffer was full
    bool retrying ABSL_GUARDED_BY(mutex) = false;  // Connect will come
    bool connected_once ABSL_GUARDED_BY(mutex) = false;
    bool lost ABSL_GUARDED_BY(mutex) = false;
    bool closed ABSL_GUARDED_BY(mutex) = false;
    bool cancelled ABSL_GUARDED_BY(mutex) = false;
    bool ended ABSL_GUARDED_BY(mutex) = false;
    int attempts ABSL_GUARDED_BY(mutex) = 0;
    int64_t first_attempt_us ABSL_GUARDED_BY(mutex) = 0;
    Status end_status ABSL_GUARDED_BY(mutex);
    std::deque<Incoming> incoming ABSL_GUARDED_BY(mutex);
    size_t incoming_bytes ABSL_GUARDED_BY(mutex) = 0;
    std::deque<std::shared_ptr<const std::string>> outgoing ABSL_GUARDED_BY(mutex);
};

}  // namespace blasty::client
