// How Proximo's free-text names and keys fit ours (docs/proximo.md).
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace blasty::compat {

// The inbox of a Proximo consumer: `proximo.TOPIC.CONSUMER`, where each byte of both names other
// than letters, digits, '-' and '_' is %XX (upper-case hex) and an empty name is a lone '%'.
// Reversible, so no two consumers share an inbox. NAME_TOO_LONG (INVALID_ARGUMENT).
Result<std::string> InboxOf(std::string_view topic, std::string_view consumer);

// The consumer of an inbox made by InboxOf, or NOT_A_PROXIMO_INBOX (INVALID_ARGUMENT).
struct ProximoConsumer {
    std::string topic, consumer;
};
Result<ProximoConsumer> ConsumerOf(std::string_view inbox);

// The key to store: `key`, or else `data`. One that is longer than a key may be is replaced by
// `crc32c:` with eight hex digits, ':' and its length, which equal keys share.
std::string StoredKey(std::string_view key, std::string_view data);

}  // namespace blasty::compat
