#include "cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"
#include "cli/standard_streams.h"

namespace blasty::cli {
namespace {

// More than the largest message a server can be told to take: handed out as it is, and refused
// there.
constexpr size_t kLineBytesMax = 256 << 20;

}  // namespace

LineReader::~LineReader() {
    if (fd_ > STDERR_FILENO) close(fd_);
}

Status LineReader::Open(const std::string& path) {
    if (path == "-") BLASTY_RETURN_IF_ERROR(CheckStandardInput("--lines"));
    name_ = path == "-" ? "standard input" : StrCat("'", Printable(path), "'");
    fd_ = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0)
        return MakeError(
            StatusCode::kNotFound, "FILE_NOT_FOUND",
            StrCat("cannot open ", name_, " to read lines from it: ", std::strerror(errno)));
    struct stat info = {};
    if (fstat(fd_, &info) != 0) return OkStatus();
    if (S_ISDIR(info.st_mode))
        return MakeError(StatusCode::kInvalidArgument, "USAGE", StrCat(name_, " is a directory"));
    regular_ = S_ISREG(info.st_mode);
    if (regular_) size_ = static_cast<uint64_t>(info.st_size);
    return OkStatus();
}

bool LineReader::Fill() {
    buffer_.erase(0, start_);
    start_ = 0;
    while (!stop_.load()) {
        pollfd wait = {fd_, POLLIN, 0};
        if (!regular_ && poll(&wait, 1, 100) <= 0) continue;
        const size_t before = buffer_.size();
        buffer_.resize(before + (256 << 10));
        const ssize_t n = ::read(fd_, buffer_.data() + before, 256 << 10);
        buffer_.resize(before + static_cast<size_t>(n > 0 ? n : 0));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            status_ = MakeError(
                StatusCode::kUnavailable, "IO_ERROR",
                StrCat("cannot read line ", lines_ + 1, " of ", name_, ": ", std::strerror(errno)));
        }
        ended_ = n <= 0;
        return n > 0;
    }
    return false;
}

bool LineReader::Next(std::string_view* line) {
    for (size_t searched = start_; !stop_.load();) {
        const size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            *line = std::string_view(buffer_).substr(start_, end - start_);
            read_ += line->size() + 1;
            start_ = end + 1;
            ++lines_;
            return true;
        }
        searched = buffer_.size() - start_;
        if (!ended_ && searched < kLineBytesMax && Fill()) continue;
        if (stop_.load() || !status_.ok() || start_ >= buffer_.size()) return false;
        *line = std::string_view(buffer_).substr(start_);
        read_ += line->size();
        start_ = buffer_.size();
        ++lines_;
        return true;
    }
    return false;
}

}  // namespace blasty::cli
