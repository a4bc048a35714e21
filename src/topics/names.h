// Names of topics and inboxes, and wildcards. The rules are those NATS users know: tokens of
// letters, digits, '-', '_' and other printable UTF-8 without spaces, joined by '.'; `*` stands for
// one token, `>` (last only) for one or more.
#pragma once

#include <string_view>

#include "base/status.h"

namespace blasty::topics {

// INVALID_NAME (INVALID_ARGUMENT) with the name, the place and the rule. `what` is "topic" or
// "inbox". Names that begin with '$' are reserved, but for topics that the server writes itself.
Status CheckName(std::string_view what, std::string_view name);
// As CheckName, wildcards allowed.
Status CheckPattern(std::string_view pattern);
// `$index/NAME`: written by the server alone, made and read by anyone.
bool IsOwnTopic(std::string_view name);
bool IsWildcard(std::string_view pattern);
// REQUIRES both passed their check. `>` alone matches every name.
bool Matches(std::string_view pattern, std::string_view name);

}  // namespace blasty::topics
