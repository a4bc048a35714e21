// Live queries and live searches over one stream: subscriptions that keep answering. Connects again
// by itself and resumes each subscription with the token of the last event that came in, so that
// nothing is missing and nothing comes twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "blasty/v1/live.pb.h"
#include "client/client.h"
#include "client/next_result.h"
#include "client/values.h"

namespace blasty::client {

struct LiveClientOptions {
    bool reconnect = true;  // after the first connection worked
    // Keeps trying when not even the first attempt works, for so long.
    int64_t first_connection_us = 0;
    // Of events that came in and were not taken by Next; the server waits above.
    size_t buffer_bytes_max = 8 << 20;
    // Called on an internal thread, short: connection lost (why) and back (ok).
    std::function<void(const Status&)> on_connection = {};
};

// Events of one subscription that came together: one commit, or a part of a snapshot.
struct LiveBatch {
    uint64_t subscription = 0;
    // Only in the first batch of a subscription and after a `RESET`: of the rows.
    std::vector<v1::Column> columns;
    std::vector<v1::Event> events;
    // The commit goes on in the next batch of this subscription.
    bool more = false;
};

// Gets the batches of one subscription in order, on an internal thread: short, not blocking. May
// call Subscribe and Unsubscribe.
using LiveCallback = std::function<void(LiveBatch&)>;

// Thread-safe, but one thread at a time calls Next.
//
// What is wrong with one subscription comes as its `ERROR` event, the last of it. A snapshot that
// is cut off by a lost connection begins again behind a `RESET` event with the reason
// SNAPSHOT_RESTARTED.
class LiveClient {
  public:
    explicit LiveClient(Client& client, LiveClientOptions options = {});
    // Ends its subscriptions. Not from a callback.
    ~LiveClient();
    LiveClient(const LiveClient&) = delete;
    LiveClient& operator=(const LiveClient&) = delete;

    // Returns the number of the subscription (`subscription` in the request is ignored). Without a
    // callback its batches come from Next. `resume` may hold the token of an earlier run.
    uint64_t Subscribe(v1::Subscribe request, LiveCallback callback = nullptr);
    // Nothing of it comes from Next after this; a callback that runs just now may still end.
    void Unsubscribe(uint64_t subscription);
    // Waits for a batch of any subscription without a callback. kEnd: none is left. An error ended
    // the client (also those with callbacks); CANCELLED after Cancel.
    Result<NextResult> Next(LiveBatch* batch, int64_t timeout_us);
    // Of the last event that was handed out: LiveBatch::events of Next, or of the callback. Empty:
    // none yet that can be resumed at.
    std::string token(uint64_t subscription) const;
    // Why it ended, or ok.
    Status status() const;
    // Makes Next return CANCELLED, now and later.
    void Cancel();

    Result<v1::ExplainResponse> Explain(const v1::Statement& query);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace blasty::client
