// Where a plain reader's stream gets its frames: from its group, or alone while the group does not
// hold its position. Runs on the shard's thread.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "rpc/internal/reader_group.h"
#include "topics/topics.h"

namespace blasty::rpc {

// The next answer of a consume stream.
struct Frame {
    grpc::ByteBuffer bytes;
    bool have = false;
    uint64_t messages = 0;
    bool last = false;   // end with OK after it
    bool again = false;  // nothing yet, but there is more to look at: come back
};

struct ReaderSourceOptions {
    topics::Topics* topics;
    FanOut* fan_out;
    std::shared_ptr<Shard> shard;
    std::vector<std::string> patterns;
    uint64_t stop_after = 0;  // until caught up with this sequence; 0: go on live
    std::function<void()> wake;
    ShardItem* stream;
    std::weak_ptr<ShardItem> stream_ref;
};

class ReaderSource {
  public:
    ReaderSource(ReaderSourceOptions options, bool until_caught_up,
                 std::unique_ptr<topics::Reader> reader);
    // Must run on the shard's thread when Next ran.
    ~ReaderSource();

    uint64_t position() const { return reader_ ? reader_->position().value() : position_; }
    Result<Frame> Next(const TakeLimits& limits);

  private:
    Status TryEnter();
    Status ReadAlone();
    Result<Frame> NextAlone(const TakeLimits& limits);
    // Reads on after messages are gone; what it reads is sent after the notice.
    Result<Frame> ReadOverGap(const topics::FetchLimits& limits);
    // False when the group no longer holds the position.
    Result<bool> NextShared(const TakeLimits& limits, Frame* frame);

    const ReaderSourceOptions options_;
    const bool until_caught_up_;
    std::unique_ptr<topics::Reader> reader_;  // while alone
    std::optional<Chunk> after_gap_;
    // Not in the group before it has caught up: the group's reader would stumble over the gap
    // again.
    bool in_gap_ = false;
    uint64_t last_ = 0;      // of the log, as known
    uint64_t position_ = 0;  // while in the group
    std::shared_ptr<ReaderGroup> group_;
};

}  // namespace blasty::rpc
