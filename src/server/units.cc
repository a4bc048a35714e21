#include "server/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/strings.h"

namespace blasty::server {
namespace {

Status Invalid(std::string_view reason, std::string_view text, std::string_view rule) {
    return MakeError(StatusCode::kInvalidArgument, reason,
                     StrCat("'", Printable(text), "' ", rule));
}

// Takes a non-negative decimal number off the front.
bool TakeNumber(std::string_view& text, double* number) {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), *number, std::chars_format::fixed);
    if (error != std::errc() || *number < 0) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
}

std::string_view TakeLetters(std::string_view& text) {
    size_t n = 0;
    while (n < text.size() && ((text[n] | 0x20) >= 'a' && (text[n] | 0x20) <= 'z')) ++n;
    const std::string_view out = text.substr(0, n);
    text.remove_prefix(n);
    return out;
}

// Takes exactly `digits` digits off the front.
bool TakeDigits(std::string_view& text, size_t digits, int* number) {
    if (text.size() < digits) return false;
    *number = 0;
    for (size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        *number = *number * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return true;
}

bool Take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// "03:04", "03:04:05", "03:04:05.25".
bool TakeClock(std::string_view& text, std::tm* when, double* fraction) {
    if (!TakeDigits(text, 2, &when->tm_hour) || !Take(text, ':') ||
        !TakeDigits(text, 2, &when->tm_min))
        return false;
    if (when->tm_hour > 23 || when->tm_min > 59) return false;
    if (!Take(text, ':')) return true;
    if (!TakeDigits(text, 2, &when->tm_sec)) return false;
    if (!text.empty() && text.front() == '.') {
        std::string_view digits = text;
        if (!TakeNumber(digits, fraction)) return false;
        text = digits;
    }
    return when->tm_sec < 61;
}

// "", "Z", "+02:00".
bool TakeOffset(std::string_view& text, int* seconds) {
    if (text.empty() || Take(text, 'Z')) return true;
    const int sign = Take(text, '+') ? 1 : Take(text, '-') ? -1 : 0;
    int hours = 0, minutes = 0;
    if (sign == 0 || !TakeDigits(text, 2, &hours) || !Take(text, ':') ||
        !TakeDigits(text, 2, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

struct Unit {
    std::string_view name;
    int64_t us;
};
constexpr std::array<Unit, 8> kUnits = {{{"w", 604'800'000'000},
                                         {"d", 86'400'000'000},
                                         {"h", 3'600'000'000},
                                         {"m", 60'000'000},
                                         {"min", 60'000'000},
                                         {"s", 1'000'000},
                                         {"ms", 1000},
                                         {"us", 1}}};

std::string Shortened(double value) {
    char raw[32];
    const char* format = value < 9.995 && value != std::floor(value)   ? "%.2f"
                         : value < 99.95 && value != std::floor(value) ? "%.1f"
                                                                       : "%.0f";
    std::snprintf(raw, sizeof(raw), format, value);
    return raw;
}

}  // namespace

Result<uint64_t> ParseSize(std::string_view text) {
    constexpr std::string_view kRule = "is not a size; write for example 65536, 64KiB, 8MB or 1GiB";
    std::string_view rest = text;
    double number = 0;
    if (!TakeNumber(rest, &number)) return Invalid("INVALID_SIZE", text, kRule);
    while (Take(rest, ' ')) continue;
    const std::string_view unit = TakeLetters(rest);
    if (!rest.empty()) return Invalid("INVALID_SIZE", text, kRule);
    double factor = 1;
    if (!unit.empty() && unit != "B") {
        const size_t power = std::string_view("KMGTkmgt").find(unit.front());
        const std::string_view tail = unit.substr(1);
        if (power == std::string_view::npos || (tail != "" && tail != "B" && tail != "iB"))
            return Invalid("INVALID_SIZE", text, kRule);
        factor = std::pow(tail == "B" ? 1000.0 : 1024.0, static_cast<double>(power % 4 + 1));
    }
    if (number * factor > 9e18) return Invalid("INVALID_SIZE", text, "is too large a size");
    return static_cast<uint64_t>(std::llround(number * factor));
}

Result<int64_t> ParseDuration(std::string_view text) {
    constexpr std::string_view kRule =
        "is not a duration; write for example 250ms, 30s, 5m, 2h, 7d or 1h30m";
    if (text == "0") return int64_t{0};
    std::string_view rest = text;
    double total = 0;
    if (rest.empty()) return Invalid("INVALID_DURATION", text, kRule);
    while (!rest.empty()) {
        double number = 0;
        if (!TakeNumber(rest, &number)) return Invalid("INVALID_DURATION", text, kRule);
        while (Take(rest, ' ')) continue;
        const std::string_view name = TakeLetters(rest);
        while (Take(rest, ' ')) continue;
        double factor = 0;
        for (const Unit& unit : kUnits)
            if (unit.name == name) factor = static_cast<double>(unit.us);
        if (factor == 0) return Invalid("INVALID_DURATION", text, kRule);
        total += number * factor;
    }
    if (total > 9e18) return Invalid("INVALID_DURATION", text, "is too long a duration");
    return static_cast<int64_t>(std::llround(total));
}

Result<int64_t> ParseTime(std::string_view text, int64_t now_us) {
    constexpr std::string_view kRule =
        "is not a time; write for example 2026-01-02T03:04:05Z, 2026-01-02, @1700000000 (seconds "
        "since 1970) or -15m (before now)";
    const Status bad = Invalid("INVALID_TIME", text, kRule);
    std::string_view rest = text;
    double number = 0;
    if (Take(rest, '@')) {
        if (!TakeNumber(rest, &number) || !rest.empty() || number > 9e12) return bad;
        return static_cast<int64_t>(std::llround(number * 1e6));
    }
    if (Take(rest, '-')) {
        const Result<int64_t> before = ParseDuration(rest);
        return before.ok() ? Result<int64_t>(now_us - *before) : bad;
    }
    std::tm when = {};
    double fraction = 0;
    int offset = 0;
    if (!TakeDigits(rest, 4, &when.tm_year) || !Take(rest, '-') ||
        !TakeDigits(rest, 2, &when.tm_mon) || !Take(rest, '-') ||
        !TakeDigits(rest, 2, &when.tm_mday))
        return bad;
    if (when.tm_mon < 1 || when.tm_mon > 12 || when.tm_mday < 1 || when.tm_mday > 31) return bad;
    if ((Take(rest, 'T') || Take(rest, ' ')) && !TakeClock(rest, &when, &fraction)) return bad;
    if (!TakeOffset(rest, &offset) || !rest.empty()) return bad;
    when.tm_year -= 1900;
    when.tm_mon -= 1;
    const int64_t seconds = static_cast<int64_t>(timegm(&when)) - offset;
    return seconds * 1'000'000 + static_cast<int64_t>(std::llround(fraction * 1e6));
}

std::string FormatBytes(uint64_t bytes) {
    if (bytes < 1024) return StrCat(bytes, " B");
    double value = static_cast<double>(bytes);
    size_t power = 0;
    for (; value >= 1023.5 && power < 4; ++power) value /= 1024;
    constexpr std::array<std::string_view, 5> kNames = {"B", "KiB", "MiB", "GiB", "TiB"};
    return StrCat(Shortened(value), " ", kNames[power]);
}

std::string FormatDuration(int64_t us) {
    if (us <= 0) return "0 s";
    if (us < 1000) return StrCat(us, " us");
    if (us < 1'000'000) return StrCat(Shortened(static_cast<double>(us) / 1e3), " ms");
    if (us < 60'000'000) return StrCat(Shortened(static_cast<double>(us) / 1e6), " s");
    constexpr std::array<Unit, 4> kParts = {
        {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"min", 60'000'000}, {"s", 1'000'000}}};
    std::string out;
    int parts = 0;
    for (const Unit& unit : kParts) {
        if (us < unit.us || parts == 2) {
            if (parts > 0) break;
            continue;
        }
        StrAppend(out, out.empty() ? "" : " ", us / unit.us, " ", unit.name);
        us %= unit.us;
        ++parts;
    }
    return out;
}

std::string FormatTime(int64_t us) {
    int64_t seconds = us / 1'000'000, rest = us % 1'000'000;
    if (rest < 0) {
        rest += 1'000'000;
        --seconds;
    }
    const auto raw = static_cast<std::time_t>(seconds);
    std::tm when = {};
    gmtime_r(&raw, &when);
    char text[64];
    const size_t n = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &when);
    std::snprintf(text + n, sizeof(text) - n, ".%06dZ", static_cast<int>(rest));
    return text;
}

std::string FormatCount(uint64_t count) {
    std::string out = StrCat(count);
    for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
    return out;
}

std::string Counted(uint64_t count, std::string_view one, std::string_view many) {
    if (count == 1) return StrCat("1 ", one);
    if (!many.empty()) return StrCat(FormatCount(count), " ", many);
    return StrCat(FormatCount(count), " ", one, "s");
}

}  // namespace blasty::server
