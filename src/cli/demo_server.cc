#include "cli/demo_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "base/strings.h"
#include "io/file_system.h"

namespace blasty::cli {
namespace {

constexpr int64_t kStartTimeoutUs = 30'000'000;

Status Failed(std::string_view message) {
    return MakeError(StatusCode::kUnavailable, "DEMO_FAILED", message);
}

// The port in the line a server prints with --json; 0 when it is not there yet.
int PortIn(const std::string& text) {
    const size_t at = text.find("\"port\":");
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) return 0;
    int port = 0;
    std::from_chars(text.data() + at + 7, text.data() + text.size(), port);
    return port;
}

// Runs in the child between fork and exec: only calls that are safe there.
[[noreturn]] void Become(char* const* arguments, int out, int err, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    // Ctrl-C on the terminal is for the demo, which then ends the child.
    setpgid(0, 0);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv("/proc/self/exe", arguments);
    _exit(127);
}

// What came on `fd` until a port was in it, the other end closed, or time is up.
std::string ReadUntilPort(int fd) {
    std::string text;
    const int64_t end = SystemClock().MonotonicMicros() + kStartTimeoutUs;
    while (PortIn(text) == 0 && SystemClock().MonotonicMicros() < end) {
        pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, 100) <= 0) continue;
        char raw[1024];
        const ssize_t n = read(fd, raw, sizeof(raw));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        text.append(raw, static_cast<size_t>(n));
    }
    return text;
}

}  // namespace

Result<std::string> DemoServer::MakeFolder() {
    const char* temporary = std::getenv("TMPDIR");
    std::string folder =
        StrCat(temporary != nullptr && *temporary != 0 ? temporary : "/tmp", "/blasty-demo-XXXXXX");
    if (mkdtemp(folder.data()) == nullptr)
        return Failed(StrCat("cannot make a temporary folder ", folder, ": ", std::strerror(errno),
                             "; set TMPDIR to a folder that can be written"));
    return folder;
}

DemoServer::~DemoServer() {
    Kill();
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
}

std::string DemoServer::address() const { return StrCat("127.0.0.1:", port_); }

Status DemoServer::Start() {
    const std::string data = folder_ + "/data", listen = address(), errors = folder_ + "/errors";
    const char* arguments[] = {"blasty", "serve",        "--data", data.c_str(),
                               "--grpc", listen.c_str(), "--json", nullptr};
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) return Failed("cannot make a pipe");
    const int err = open(errors.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) Become(const_cast<char* const*>(arguments), pipe_fds[1], err, parent);
    close(pipe_fds[1]);
    close(err);
    if (pid_ < 0) {
        close(pipe_fds[0]);
        return Failed("cannot start a process");
    }
    const std::string said = ReadUntilPort(pipe_fds[0]);
    // Kept open, so that the server may print more; the kernel closes it with us.
    if (PortIn(said) == 0) {
        close(pipe_fds[0]);
        Kill();
        const auto text = io::ReadFile(io::PosixFileSystem(), errors, 1 << 16);
        return Failed(StrCat("the server did not start: ",
                             text.ok() && !text->empty() ? *text : "it said nothing"));
    }
    port_ = PortIn(said);
    return OkStatus();
}

void DemoServer::Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
}

}  // namespace blasty::cli
