// Reads single messages by sequence; cheap when asked in ascending order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "log/log.h"
#include "topics/internal/core.h"
#include "topics/message.h"

namespace blasty::topics::internal {

// Not thread-safe. Must not outlive `core`.
class RecordFetcher {
  public:
    explicit RecordFetcher(Core& core) : core_(core) {}
    // Nothing when the message is no longer there: its topic was deleted, retention passed it.
    Result<std::optional<Message>> Get(uint64_t sequence, StreamId topic);
    // Lets go of the frame it holds.
    void Release();

  private:
    Core& core_;
    std::unique_ptr<log::Cursor> cursor_;
    log::FramePtr frame_;
    std::optional<log::RecordIterator> records_;
    uint64_t next_ = 0;  // sequence of the record that records_ yields next, at least
};

// A copy of a message that does not keep a large frame alive.
Message Detached(const Message& message);

}  // namespace blasty::topics::internal
