// A plain reader: replays messages from a place, then goes on live. Keeps no state in the database;
// the sequence after the last message is its resume token.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "topics/config.h"
#include "topics/message.h"

namespace blasty::topics {

struct ReaderOptions {
    std::vector<std::string> patterns;  // at least one; at most kPatternsMax
    Start start;
};

struct FetchLimits {
    size_t messages_max = 1024;
    size_t bytes_max = 256 << 10;  // of records; one message is returned however large
};

// Not thread-safe; `wake` may be called from any thread at any time until the reader is destroyed,
// and a last time concurrently with its destruction (capture weak references). Must not outlive
// Topics.
class Reader {
  public:
    virtual ~Reader() = default;
    // Appends to `out` what is there, in sequence order, within the limits. Nothing appended:
    // caught up; `wake` will be called (at least once) when there is more. May read the disk.
    // SEQUENCE_GONE (OUT_OF_RANGE) when messages between the position and the next one were removed
    // by retention: the error says where to go on; call Skip() to do so.
    virtual Status Fetch(const FetchLimits& limits, std::vector<Message>* out) = 0;
    // Everything of the patterns before this sequence was returned: the resume token. Advances over
    // other topics' records.
    virtual Sequence position() const = 0;
    // After SEQUENCE_GONE: goes on with the oldest message that is still there.
    virtual void Skip() = 0;
};

}  // namespace blasty::topics
