// Messages as a client hands them in and gets them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace blasty::client {

struct Header {
    std::string_view name;
    std::string_view value;
};

// A message to publish. Views: must live until Publish returns.
struct OutMessage {
    std::string_view payload = {};
    std::string_view key = {};  // empty: none
    std::string_view id = {};   // empty: none, or made up by an idempotent publisher
    std::span<const Header> headers = {};
    int64_t event_time_us = 0;  // 0: now, by the server's clock
};

// A message that was delivered. Views into the batch it came with.
struct InMessage {
    uint64_t sequence = 0;
    std::string_view topic;
    std::string_view payload;
    std::string_view key;
    std::string_view id;
    int64_t event_time_us = 0;
    uint32_t attempt = 0;  // 1 for the first delivery to an inbox; 0 for plain readers
    bool has_headers = false;
    std::string_view encoded;  // the whole message, for Headers()

    std::vector<Header> Headers() const;
};

// What became of a published message.
struct Published {
    uint64_t sequence = 0;
    bool duplicate = false;  // its id was seen before; `sequence` is where it was stored then
};

}  // namespace blasty::client
