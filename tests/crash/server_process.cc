#include "tests/crash/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/strings.h"
#include "blasty/v1/server.grpc.pb.h"

namespace blasty::crash {
namespace {

int FreePort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    return ok ? ntohs(address.sin_port) : 0;
}

}  // namespace

ServerProcess::ServerProcess(std::string binary, std::string directory)
    : binary_(std::move(binary)), directory_(std::move(directory)), port_(FreePort()) {}

ServerProcess::~ServerProcess() {
    if (pid_ > 0) Kill();
}

std::string ServerProcess::address() const { return StrCat("127.0.0.1:", port_); }

bool ServerProcess::Start() {
    const std::string data = directory_ + "/data", log = directory_ + "/server.log",
                      listen = address();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::execl(binary_.c_str(), binary_.c_str(), "serve", "--data", data.c_str(), "--grpc",
                listen.c_str(), nullptr);
        ::_exit(127);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            std::fprintf(stderr, "the server ended by itself (status %d); its output is in %s\n",
                         status, log.c_str());
            pid_ = -1;
            return false;
        }
        if (Answers()) return true;
        ::usleep(20'000);
    }
    std::fprintf(stderr, "the server does not answer; its output is in %s\n", log.c_str());
    return false;
}

bool ServerProcess::Answers() const {
    // A channel of its own: a shared one would remember its failures and back off.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto stub = v1::Server::NewStub(
        grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
    v1::ServerInfo info;
    return stub->GetInfo(&context, v1::GetInfoRequest(), &info).ok() && info.healthy();
}

void ServerProcess::Kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

int ServerProcess::Terminate() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace blasty::crash
