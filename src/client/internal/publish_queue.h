// The frames of a publisher: filled, sent, answered. Knows nothing of threads or connections.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "blasty/v1/topics.pb.h"
#include "client/message.h"
#include "client/publisher.h"

namespace blasty::client::internal {

// One PublishRequest.
struct PublishFrame {
    std::shared_ptr<std::string> bytes = std::make_shared<std::string>();
    std::string topic;
    uint32_t count = 0;
    bool with_ids = false;          // every message has an id: may be sent twice
    std::vector<PublishDone> done;  // empty, or one per message

    void AddDone(PublishDone callback);
};

// A callback and what it is to be told; run without locks.
using Answer = std::pair<PublishDone, Result<Published>>;

class PublishQueue {
  public:
    explicit PublishQueue(const PublisherOptions& options);

    void Add(std::string_view topic, const OutMessage& message, PublishDone done);
    bool CanSend() const {
        return !queued_.empty() && sent_.size() < options_.frames_in_flight_max;
    }
    // Moves the next frame to those sent and returns its bytes.
    std::shared_ptr<const std::string> Send();
    // Takes an answer of the stream. False when it does not fit what was sent.
    bool OnAnswer(const v1::PublishStreamResponse& answer, std::vector<Answer>* answers);
    // The connection is gone: sent frames that may be sent twice are queued again in order, the
    // others fail.
    void OnLost(const Status& why, std::vector<Answer>* answers);
    // The server refused the first unanswered frame: its messages are queued again one by one when
    // they were several, so that only the culprit fails. `retry` queues the frame again as it is.
    void OnRefused(const Status& why, bool retry, std::vector<Answer>* answers);
    void FailAll(const Status& why, std::vector<Answer>* answers);

    bool empty() const { return queued_.empty() && sent_.empty(); }
    size_t waiting_bytes() const { return waiting_bytes_; }
    PublisherStats& stats() { return stats_; }
    const PublisherStats& stats() const { return stats_; }

  private:
    using FramePtr = std::unique_ptr<PublishFrame>;
    void Fail(PublishFrame& frame, const Status& why, std::vector<Answer>* answers);
    std::string_view MakeId();

    const PublisherOptions options_;
    const std::string id_prefix_;
    std::string id_;
    uint64_t next_id_ = 0;
    std::deque<FramePtr> queued_;
    std::deque<FramePtr> sent_;
    uint64_t answered_requests_ = 0;  // of this connection
    size_t waiting_bytes_ = 0;
    PublisherStats stats_;
};

}  // namespace blasty::client::internal
