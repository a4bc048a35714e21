#include "rpc/internal/address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/strings.h"

namespace blasty::rpc {
namespace {

Status Invalid(const std::string& address, std::string_view why) {
    return MakeError(StatusCode::kInvalidArgument, "INVALID_ADDRESS",
                     StrCat("cannot listen on '", Printable(address), "': ", why,
                            "; give HOST:PORT, for example 127.0.0.1:6868 or [::1]:6868"));
}

// Binds and lets go again.
Status TryBind(const std::string& address, const addrinfo& where) {
    const int fd = socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return OkStatus();  // a family this machine lacks: gRPC tries the others
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int failure = 0;
    if (bind(fd, where.ai_addr, where.ai_addrlen) != 0 || listen(fd, 1) != 0) failure = errno;
    close(fd);
    if (failure == 0) return OkStatus();
    if (failure == EADDRINUSE) {
        return MakeError(StatusCode::kAlreadyExists, "ADDRESS_IN_USE",
                         StrCat("something listens on '", Printable(address),
                                "' already; stop it or choose another port"));
    }
    return Invalid(address, std::strerror(failure));
}

}  // namespace

Status CheckListenAddress(const std::string& address) {
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos) return Invalid(address, "the port is missing");
    std::string host = address.substr(0, colon);
    const std::string port = address.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || error != std::errc() || end != port.data() + port.size() ||
        number > 65'535) {
        return Invalid(address, "the port is not a number from 0 to 65535");
    }
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string::npos) {
        return Invalid(address, "an IPv6 address stands in brackets");
    }
    if (host.empty()) return Invalid(address, "the host is missing (0.0.0.0 means every one)");
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (failure != 0) return Invalid(address, gai_strerror(failure));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
    Status refused;
    bool bound = false;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        const Status status = TryBind(address, *each);
        if (ReasonOf(status) == "ADDRESS_IN_USE") return status;
        if (status.ok()) bound = true;
        if (!status.ok()) refused = status;
    }
    return bound ? OkStatus() : refused;
}

}  // namespace blasty::rpc
