#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "base/strings.h"
#include "server/units.h"

namespace blasty::cli {

std::string ProgressLine(uint64_t done, uint64_t total, uint64_t count, std::string_view what,
                         int64_t elapsed_us) {
    std::string line;
    if (total > 0) {
        constexpr size_t kWidth = 28;
        done = std::min(done, total);
        const double share = static_cast<double>(done) / static_cast<double>(total);
        const auto filled = static_cast<size_t>(share * kWidth);
        const auto percent = static_cast<int>(share * 100);
        StrAppend(line, "[", std::string(filled, '#'), std::string(kWidth - filled, '.'), "] ",
                  percent < 10    ? "  "
                  : percent < 100 ? " "
                                  : "",
                  percent, " %  ");
    }
    const double seconds = static_cast<double>(std::max<int64_t>(elapsed_us, 1)) / 1e6;
    StrAppend(line, server::FormatCount(count), " ", what, "  ",
              server::FormatCount(static_cast<uint64_t>(static_cast<double>(count) / seconds)),
              "/s");
    return line;
}

Progress::Progress(uint64_t total, std::string_view what)
    : total_(total),
      what_(what),
      on_(isatty(STDERR_FILENO) == 1),
      started_us_(SystemClock().MonotonicMicros()) {}

Progress::~Progress() {
    if (on_ && drawn_us_ != 0) std::fputs("\r\x1b[K", stderr);
}

void Progress::Update(uint64_t done, uint64_t count) {
    if (!on_ || ++calls_ % 64 != 0) return;
    const int64_t now = SystemClock().MonotonicMicros();
    if (now - drawn_us_ < 80'000) return;
    drawn_us_ = now;
    const std::string line =
        StrCat("\r", ProgressLine(done, total_, count, what_, now - started_us_), "\x1b[K");
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
}

}  // namespace blasty::cli
