#include "search/internal/time_text.h"

#include <chrono>
#include <cstdio>

namespace blasty::search::internal {
namespace {

namespace chrono = std::chrono;

class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool Take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `digits` of them.
    bool Number(int digits, int* out) {
        *out = 0;
        for (int i = 0; i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return false;
            *out = *out * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return true;
    }
    // Digits behind a point, as microseconds; further ones are dropped.
    bool Fraction(int64_t* us) {
        int64_t unit = 100'000;
        bool any = false;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            *us += unit * (rest_.front() - '0');
            unit /= 10;
            any = true;
            rest_.remove_prefix(1);
        }
        return any;
    }
    bool done() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

bool ReadZone(Reader& in, int64_t* offset_us) {
    if (in.done() || in.Take('Z') || in.Take('z')) return in.done();
    in.Take(' ');
    const bool behind = in.Take('-');
    if (!behind && !in.Take('+')) return false;
    int hours = 0, minutes = 0;
    if (!in.Number(2, &hours)) return false;
    in.Take(':');
    if (!in.Number(2, &minutes) || hours > 23 || minutes > 59) return false;
    *offset_us = (hours * int64_t{60} + minutes) * 60'000'000 * (behind ? -1 : 1);
    return in.done();
}

}  // namespace

std::optional<TimeText> ParseTime(std::string_view text) {
    Reader in(text);
    int y = 0, m = 0, d = 0;
    if (!in.Number(4, &y) || !in.Take('-') || !in.Number(2, &m) || !in.Take('-') ||
        !in.Number(2, &d))
        return std::nullopt;
    const chrono::year_month_day date(chrono::year(y), chrono::month(static_cast<unsigned>(m)),
                                      chrono::day(static_cast<unsigned>(d)));
    if (!date.ok()) return std::nullopt;
    int64_t us =
        chrono::duration_cast<chrono::microseconds>(chrono::sys_days(date).time_since_epoch())
            .count();
    if (in.done()) return TimeText{.us = us, .date_only = true};
    int hour = 0, minute = 0, second = 0;
    int64_t fraction = 0, offset = 0;
    if (!in.Take('T') && !in.Take('t') && !in.Take(' ')) return std::nullopt;
    if (!in.Number(2, &hour) || !in.Take(':') || !in.Number(2, &minute)) return std::nullopt;
    const bool seconds = in.Take(':');
    if (seconds) {
        if (!in.Number(2, &second)) return std::nullopt;
        if (in.Take('.') && !in.Fraction(&fraction)) return std::nullopt;
    }
    if (hour > 23 || minute > 59 || second > 60 || !ReadZone(in, &offset)) return std::nullopt;
    us += ((hour * int64_t{60} + minute) * 60 + second) * 1'000'000 + fraction;
    return TimeText{.us = us - offset, .seconds = seconds};
}

std::string FormatTime(int64_t us) {
    const chrono::sys_time<chrono::microseconds> at{chrono::microseconds(us)};
    const auto days = chrono::floor<chrono::days>(at);
    const chrono::year_month_day date(days);
    const int64_t rest = (at - days).count();
    char raw[64];
    int size = std::snprintf(
        raw, sizeof(raw), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(rest / 3'600'000'000), static_cast<int>(rest / 60'000'000 % 60),
        static_cast<int>(rest / 1'000'000 % 60));
    std::string out(raw, static_cast<size_t>(size));
    if (const auto fraction = static_cast<int>(rest % 1'000'000); fraction != 0) {
        size = std::snprintf(raw, sizeof(raw), ".%06d", fraction);
        out.append(raw, static_cast<size_t>(size));
        while (out.back() == '0') out.pop_back();
    }
    return out + "Z";
}

}  // namespace blasty::search::internal
