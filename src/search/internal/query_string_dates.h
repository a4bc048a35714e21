// Dates as queries write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace blasty::search::internal {

struct Date {
    double us = 0;           // microseconds since 1970
    bool whole_day = false;  // no time was given
};

inline constexpr double kDayUs = 86'400e6;
inline constexpr std::string_view kDateForms =
    "a date such as 2026-01-02 or 2026-01-02T03:04:05Z (RFC 3339)";

// 2006-01-02, 2006-01-02T15:04:05 or with a space, with a fraction and with a zone (`Z`, `+02:00`,
// `+0200`, ` +0200`) where there is a time; UTC without a zone. Nothing when it is not a date.
std::optional<Date> ParseDate(std::string_view text);

// RFC 3339 with as many digits of the second as it takes.
std::string FormatDate(double us);

}  // namespace blasty::search::internal
