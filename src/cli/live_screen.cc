#include "cli/live_screen.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
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

void LiveScreen::Apply(const v1::Event& event, int64_t now_us) {
    changed_ = true;
    sequence_ = std::max<uint64_t>(sequence_, event.sequence());
    switch (event.kind()) {
        case v1::Event::ROW:
            return Put(event, ' ', now_us);
        case v1::Event::ENTER:
            ++entered_;
            return Put(event, '+', now_us);
        case v1::Event::CHANGE:
            ++changed_count_;
            return Put(event, '~', now_us);
        case v1::Event::LEAVE:
            ++left_;
            return Leave(event, now_us);
        case v1::Event::COUNTS:
            return Count(event, now_us);
        case v1::Event::READY:
            ready_ = true;
            return;
        case v1::Event::RESET:
            Clear();
            live_ = 0;
            ready_ = false;
            return SetNote(StrCat("began anew: ", Printable(event.message(), 200)));
        default:
            return;
    }
}

void LiveScreen::SetNote(std::string note) {
    if (note == note_) return;
    note_ = std::move(note);
    changed_ = true;
}

}  // namespace blasty::cli
