#include "cli/live_screen.h"

#include <algorithm>

#include "cli/output.h"
#include "cli/value_text.h"

namespace blasty::cli {
namespace {

// Titles, rule, the count of the others, the command that goes on.
constexpr size_t kEndLinesAround = 5, kEndLinesMin = 15;

}  // namespace

size_t ScreenSize::EndRoom() const { return std::max(lines, kEndLinesMin) - kEndLinesAround; }

std::string Fitted(std::string_view text, size_t width, bool right) {
    std::string cut = CutToWidth(text, width);
    const std::string pad(width - std::min(width, DisplayWidth(cut)), ' ');
    return right ? pad + cut : cut + pad;
}

}  // namespace blasty::cli
