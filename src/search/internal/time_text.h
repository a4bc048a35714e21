// Points in time as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blasty::search::internal {

struct TimeText {
    int64_t us = 0;  // since 1970
    bool date_only = false;
    bool seconds = false;  // the time of day has them
};

// RFC 3339, or a part of it: `2016-01-31`, `2016-01-31 10:20`, `2016-01-31T10:20:30.5`, with or
// without `Z`, `+02:00`, ` +0200`. Without a zone it is UTC. Nothing: it is none, or no such day.
std::optional<TimeText> ParseTime(std::string_view text);
// As RFC 3339 in UTC, with a fraction where there is one.
std::string FormatTime(int64_t us);

}  // namespace blasty::search::internal
