#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"

namespace blasty::cli {

void HoldStandardStreams() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // Opened the wrong way round, so that using it is an error. The lowest free number is `fd`,
        // since those below it are taken.
        (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

namespace {

// Before the constructors of shared libraries: that of libgrpc opens a descriptor already.
[[gnu::section(".preinit_array"), gnu::used]] void (*const hold_first)() = HoldStandardStreams;

}  // namespace

Status CheckStandardInput(std::string_view flag) {
    const int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY) return OkStatus();
    return MakeError(StatusCode::kInvalidArgument, "USAGE",
                     StrCat(flag, " -: standard input is closed; pipe something into the command, ",
                            "or name a file"));
}

Result<std::string> ReadStandardInput(uint64_t bytes_max) {
    constexpr size_t kStep = 256 << 10;
    std::string contents;
    while (true) {
        const size_t before = contents.size();
        contents.resize(before + kStep);
        const ssize_t n = read(STDIN_FILENO, contents.data() + before, kStep);
        contents.resize(before + static_cast<size_t>(n > 0 ? n : 0));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            return MakeError(StatusCode::kUnavailable, "IO_ERROR",
                             StrCat("cannot read standard input after ", contents.size(),
                                    " bytes: ", std::strerror(errno)));
        }
        if (n == 0) return contents;
        if (contents.size() > bytes_max) {
            return MakeError(StatusCode::kResourceExhausted, "FILE_TOO_LARGE",
                             StrCat("standard input has more than ", bytes_max,
                                    " bytes, no server takes that as one message; --lines - ",
                                    "publishes one a line"));
        }
    }
}

}  // namespace blasty::cli
