// A progress bar with a rate on standard error, when that is a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blasty::cli {

class Progress {
  public:
    // `total` 0: unknown. `what` is counted: "messages".
    Progress(uint64_t total, std::string_view what);
    // Removes the bar.
    ~Progress();
    // Cheap: redraws a few times a second at most. `done` is measured like total, `count` is shown.
    void Update(uint64_t done, uint64_t count);

  private:
    const uint64_t total_;
    const std::string what_;
    const bool on_;
    int64_t started_us_, drawn_us_ = 0;
    uint32_t calls_ = 0;
};

// "[#######.....]  58 %  1,234 messages  410,000/s", without the line's control characters.
std::string ProgressLine(uint64_t done, uint64_t total, uint64_t count, std::string_view what,
                         int64_t elapsed_us);

}  // namespace blasty::cli
