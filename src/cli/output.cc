#include "cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/strings.h"
#include "base/utf8.h"
#include "cli/exit_codes.h"

namespace blasty::cli {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

// False at the first error; a closed pipe is one.
bool WriteAll(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        text.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

// The first error of standard output, other than that nobody reads it any more.
std::atomic<int> output_error = 0;

// The blocks that terminals draw two columns wide (East Asian Width W and F, without the rare).
bool IsWide(uint32_t code) {
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
           (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
           (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
}

bool IsCombining(uint32_t code) {
    return (code >= 0x300 && code <= 0x36f) || code == 0x200d || (code >= 0xfe00 && code <= 0xfe0f);
}

}  // namespace

ExitCode ExitCodeOf(const Status& status) {
    if (status.ok()) return kOk;
    const std::string reason = ReasonOf(status);
    if (reason == "SERVER_UNREACHABLE") return kUnreachable;
    if (reason == "INSECURE_ADDRESS") return kUsage;
    switch (status.code()) {
        case StatusCode::kInvalidArgument:
            return kUsage;
        case StatusCode::kDataLoss:
            return kDamage;
        case StatusCode::kNotFound:
            return kNotFound;
        default:
            return kFailure;
    }
}

void Output::Write(std::string_view text) {
    if (broken_) return;
    buffer_.append(text);
    if (buffer_.size() >= kBufferBytes) Flush();
}

bool Output::Flush() {
    if (!broken_ && !buffer_.empty() && !WriteAll(STDOUT_FILENO, buffer_)) {
        broken_ = true;
        int none = 0;
        if (errno != EPIPE) output_error.compare_exchange_strong(none, errno);
    }
    buffer_.clear();
    return !broken_;
}

Status OutputStatus() {
    const int error = output_error.load();
    if (error == 0) return OkStatus();
    return MakeError(StatusCode::kUnknown, "OUTPUT_FAILED",
                     StrCat("cannot write to standard output: ", std::strerror(error),
                            "; what was printed is not whole"));
}

void Note(std::string_view text) { WriteAll(STDERR_FILENO, StrCat("blasty: ", text, "\n")); }

int PrintError(const Status& status) {
    if (!status.ok()) Note(StrCat(MessageOf(status), " [", ReasonOf(status), "]"));
    return ExitCodeOf(status);
}

bool WantsColour(int fd) {
    const char* no = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return isatty(fd) == 1 && (no == nullptr || *no == 0) &&
           (term == nullptr || std::string_view(term) != "dumb");
}

std::string Paint(bool on, Colour colour, std::string_view text) {
    if (!on || colour == Colour::kNone) return std::string(text);
    constexpr std::string_view kCodes[] = {"0", "1", "2", "31", "32", "33", "34", "35", "36"};
    return StrCat("\x1b[", kCodes[static_cast<size_t>(colour)], "m", text, "\x1b[0m");
}

size_t DisplayWidth(std::string_view text) {
    size_t width = 0;
    while (!text.empty()) {
        const size_t length = std::max<size_t>(Utf8Length(text), 1);
        const auto lead = static_cast<unsigned char>(text[0]);
        uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (size_t i = 1; i < length; ++i)
            code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
        width += IsCombining(code) ? 0 : IsWide(code) ? 2 : 1;
        text.remove_prefix(length);
    }
    return width;
}

std::string Table::Text() const {
    std::vector<size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    std::string out;
    for (const auto& row : rows_) {
        for (size_t i = 0; i < row.size(); ++i) {
            const std::string pad(widths[i] - DisplayWidth(row[i]), ' ');
            const bool right = i < right_.size() && right_[i] == 'r';
            if (i > 0) out += "  ";
            if (right) out += pad;
            out += row[i];
            if (!right && i + 1 < row.size()) out += pad;
        }
        out += '\n';
    }
    return out;
}

}  // namespace blasty::cli
