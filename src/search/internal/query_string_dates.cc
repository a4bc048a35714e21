#include "search/internal/query_string_dates.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "search/internal/time_text.h"

namespace blasty::search::internal {

std::optional<Date> ParseDate(std::string_view text) {
    const auto time = ParseTime(text);
    if (!time || (!time->date_only && !time->seconds)) return std::nullopt;
    Date date;
    date.us = static_cast<double>(time->us);
    date.whole_day = time->date_only;
    return date;
}

std::string FormatDate(double us) {
    // The years 0000 to 9999, which four digits can say.
    const double bounded = std::clamp(std::floor(us), -62'167'219'200e6, 253'402'300'799e6);
    return FormatTime(static_cast<int64_t>(bounded));
}

}  // namespace blasty::search::internal
