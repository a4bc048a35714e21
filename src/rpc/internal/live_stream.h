// Live.Subscribe: many live queries and live searches on one stream.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "blasty/v1/live.pb.h"
#include "live/live.h"
#include "rpc/internal/live_wire.h"
#include "rpc/internal/shard.h"
#include "rpc/queue_stream.h"
#include "search/live_searches.h"

namespace blasty::rpc {

// Requests are taken on gRPC's threads (a session never blocks), everything is fetched and sent on
// the shard's thread. At most one answer is in flight; what a client does not read stays with the
// sessions, one of queries and one of searches, which bound it.
class LiveStream final : public QueueStream, public ShardItem {
  public:
    // `searches` null: searches are refused.
    LiveStream(std::unique_ptr<GenericCall> call, StreamSet& set, live::Live& live,
               search::LiveSearches* searches)
        : QueueStream(std::move(call), set), live_(live), searches_(searches) {}

    void OnStop() override;
    void RunOnShard() override;

  private:
    void OnRequest(grpc::ByteBuffer& wire) override;
    void OnReadsDone() override;
    void OnWritten() override { RunOnShard(); }
    void OnEnd() override;

    std::shared_ptr<LiveStream> Self() {
        return std::static_pointer_cast<LiveStream>(shared_from_this());
    }
    void Wake() { shard()->Schedule(Self()); }

    Status HandleRequest(const v1::SubscribeRequest& request);
    Status HandleSubscribe(const v1::Subscribe& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Status SubscribeQuery(const v1::Subscribe& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    Status SubscribeSearch(const v1::Subscribe& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    void HandleUnsubscribe(uint64_t subscription) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    std::function<void()> Waker();
    // Takes from the sessions what fits, the same from each.
    void Fetch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // Puts an answer together from what waits.
    void Fill(LiveAnswer* answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
    // False when the answer is full.
    bool AddFront(LiveAnswer* answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

    struct Known {
        bool search = false;
        // Told last; compared only, and kept so that no other takes its place.
        std::shared_ptr<const live::ResultColumns> columns;
    };
    // A batch that waits to be sent, or what is left of it.
    struct Waiting {
        uint64_t subscription = 0;
        live::EventBatchPtr batch;
        std::string_view events;
        uint32_t skip = 0;
        Status error;  // instead of a batch: the subscription was refused
    };

    live::Live& live_;
    search::LiveSearches* const searches_;
    std::atomic<bool> done_{false};  // gRPC is done: let the sessions go

    Mutex mutex_;
    // Made when first needed.
    std::unique_ptr<live::Session> queries_ ABSL_GUARDED_BY(mutex_);
    std::unique_ptr<search::LiveSession> search_session_ ABSL_GUARDED_BY(mutex_);
    absl::flat_hash_map<uint64_t, Known> subscriptions_ ABSL_GUARDED_BY(mutex_);
    std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
    std::vector<live::Session::Fetched> fetched_ ABSL_GUARDED_BY(mutex_);
    bool first_seen_ ABSL_GUARDED_BY(mutex_) = false;
    bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
    bool limited_ ABSL_GUARDED_BY(mutex_) = false;  // the client gives credit
    uint64_t credit_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace blasty::rpc
