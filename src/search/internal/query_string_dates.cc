#include "search/internal/query_string_dates.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace blasty::search::internal {
namespace {

bool Take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

bool TakeDigits(std::string_view& text, size_t count, int* value) {
    if (text.size() < count) return false;
    *value = 0;
    for (size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        *value = *value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
}

// hh:mm:ss and a fraction, to microseconds.
bool TakeClock(std::string_view& text, int64_t* us) {
    int hour = 0, minute = 0, second = 0;
    if (!TakeDigits(text, 2, &hour) || !Take(text, ':') || !TakeDigits(text, 2, &minute) ||
        !Take(text, ':') || !TakeDigits(text, 2, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *us = ((hour * 60LL + minute) * 60 + second) * 1'000'000;
    if (!Take(text, '.')) return true;
    int digit = 0;
    if (!TakeDigits(text, 1, &digit)) return false;
    int64_t unit = 100'000;
    do {
        *us += digit * unit;
        unit /= 10;
    } while (TakeDigits(text, 1, &digit));
    return true;
}

bool TakeZone(std::string_view& text, int64_t* us) {
    if (text.empty() || Take(text, 'Z') || Take(text, 'z')) return true;
    Take(text, ' ');
    const int sign = text.starts_with('-') ? -1 : 1;
    int hour = 0, minute = 0;
    if ((!Take(text, '+') && !Take(text, '-')) || !TakeDigits(text, 2, &hour)) return false;
    Take(text, ':');
    if (!TakeDigits(text, 2, &minute) || hour > 23 || minute > 59) return false;
    *us -= sign * (hour * 60LL + minute) * 60'000'000;
    return true;
}

}  // namespace

std::optional<Date> ParseDate(std::string_view text) {
    int year = 0, month = 0, day = 0;
    if (!TakeDigits(text, 4, &year) || !Take(text, '-') || !TakeDigits(text, 2, &month) ||
        !Take(text, '-') || !TakeDigits(text, 2, &day))
        return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) return std::nullopt;
    Date result;
    result.whole_day = text.empty();
    int64_t clock = 0;
    if (!text.empty() && ((!Take(text, 'T') && !Take(text, 't') && !Take(text, ' ')) ||
                          !TakeClock(text, &clock) || !TakeZone(text, &clock) || !text.empty()))
        return std::nullopt;
    const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    result.us = static_cast<double>(days * 86'400'000'000 + clock);
    return result;
}

std::string FormatDate(double us) {
    // The years 0000 to 9999, which four digits can say.
    const double bounded = std::clamp(std::floor(us), -62'167'219'200e6, 253'402'300'799e6);
    const std::chrono::sys_time<std::chrono::microseconds> time(
        std::chrono::microseconds(static_cast<int64_t>(bounded)));
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char raw[64];
    std::snprintf(raw, sizeof(raw), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    std::string out = raw;
    if (const auto fraction = clock.subseconds().count(); fraction != 0) {
        std::snprintf(raw, sizeof(raw), ".%06d", static_cast<int>(fraction));
        out += raw;
        while (out.ends_with('0')) out.pop_back();
    }
    return out + "Z";
}

}  // namespace blasty::search::internal
