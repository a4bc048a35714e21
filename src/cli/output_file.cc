#include "cli/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/strings.h"

namespace blasty::cli {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

}  // namespace

OutputFile::~OutputFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(part_.c_str());
}

Status OutputFile::Failed(std::string_view what) const {
    return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                     StrCat("cannot ", what, " '", Printable(part_), "': ", std::strerror(errno)));
}

Status OutputFile::Open(const std::string& path, bool replace) {
    std::error_code error;
    if (!replace && std::filesystem::exists(path, error))
        return MakeError(
            StatusCode::kAlreadyExists, "FILE_EXISTS",
            StrCat("'", Printable(path), "' is there already; name another file, or say --force"));
    path_ = path;
    part_ = path + ".part";
    fd_ = open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd_ < 0 ? Failed("make") : OkStatus();
}

Status OutputFile::Flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t n = write(fd_, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Failed("write");
        rest.remove_prefix(static_cast<size_t>(n));
    }
    buffer_.clear();
    return OkStatus();
}

Status OutputFile::Write(std::string_view bytes) {
    buffer_.append(bytes);
    written_ += bytes.size();
    return buffer_.size() >= kBufferBytes ? Flush() : OkStatus();
}

Status OutputFile::Commit() {
    BLASTY_RETURN_IF_ERROR(Flush());
    if (fsync(fd_) != 0) return Failed("sync");
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return Failed("rename");
    close(fd_);
    fd_ = -1;
    return OkStatus();
}

}  // namespace blasty::cli
