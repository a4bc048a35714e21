// A TOML file as a flat list of keys and values with their lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace blasty::server::internal {

struct TomlEntry {
    std::string key;    // "log.segment_bytes" for segment_bytes in [log]
    std::string value;  // strings as they are, numbers and booleans as text
    int line = 0;
};

// `path` is for messages. CONFIG_SYNTAX (INVALID_ARGUMENT) with the line; lists, dates and the like
// are refused too.
Result<std::vector<TomlEntry>> ParseToml(std::string_view text, const std::string& path);

}  // namespace blasty::server::internal
