// Messages as publishers hand them in and as readers get them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "log/frame.h"

namespace blasty::topics {

struct HeaderView {
    std::string_view name;
    std::string_view value;
};

// A message to publish. Views: must live until Publish returns.
struct NewMessage {
    std::string_view payload;
    std::string_view key;  // empty: no key, no order beyond the topic's
    std::span<const HeaderView> headers;
    int64_t event_time_us = 0;  // 0: now
    std::string_view id;        // empty: not deduplicated
};

// A message that was read. The views point into `frame`, which keeps them alive.
struct Message {
    Sequence sequence;
    StreamId topic_id;
    int64_t event_time_us = 0;
    std::string_view topic;  // points into the catalogue of topics: lives as long as `topic_name`
    std::string_view id;
    std::string_view key;
    std::string_view headers;  // encoded; see DecodeHeaders
    std::string_view payload;
    log::FramePtr frame;
    std::shared_ptr<const std::string> topic_name;
};

// Headers as stored: varint count, then sized name and sized value of each. Empty means none.
std::string EncodeHeaders(std::span<const HeaderView> headers);
// LOG_DAMAGED (DATA_LOSS) when malformed. The views point into `encoded`.
Result<std::vector<HeaderView>> DecodeHeaders(std::string_view encoded);

// What became of one published message.
struct Published {
    Sequence sequence;  // where it is stored
    bool duplicate =
        false;  // its id was seen before: `sequence` is the one stored then, nothing was stored now
};

}  // namespace blasty::topics
