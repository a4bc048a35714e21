// Frames as RFC 9113 has them, headers as RFC 7541 (literals only), messages as gRPC's protocol
// over HTTP/2 (a flag, a length, the bytes).
#include "bench/h2_readers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace blasty::bench {
namespace {

constexpr size_t kThreads = 2;
constexpr size_t kHeadBytes = 9;
constexpr size_t kFrameBytesMax = (1 << 24) - 1;
constexpr uint32_t kWindow = 0x7fffffff;
constexpr uint32_t kWindowFirst = 65535;  // of a connection, which no setting changes
constexpr uint32_t kRefill = 1 << 29;

enum Type : uint8_t { kData, kHeaders, kPriority, kReset, kSettings, kPush, kPing, kGoAway };
constexpr uint8_t kWindowUpdate = 8;
constexpr uint8_t kEndHeaders = 4, kEndStream = 1, kAck = 1, kPadded = 8;

void PutBig(std::string* out, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t Big(const char* at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(at[i]);
    return value;
}

void PutFrame(std::string* out, uint8_t type, uint8_t flags, uint32_t stream,
              std::string_view payload) {
    PutBig(out, payload.size(), 3);
    out->push_back(static_cast<char>(type));
    out->push_back(static_cast<char>(flags));
    PutBig(out, stream, 4);
    out->append(payload);
}

void PutWindow(std::string* out, uint32_t stream, uint32_t bytes) {
    std::string payload;
    PutBig(&payload, bytes, 4);
    PutFrame(out, kWindowUpdate, 0, stream, payload);
}

std::string Preface() {
    std::string out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    std::string settings;
    for (const auto& [id, value] : {std::pair<int, uint32_t>{4, kWindow}, {5, kFrameBytesMax}}) {
        PutBig(&settings, static_cast<uint64_t>(id), 2);
        PutBig(&settings, value, 4);
    }
    PutFrame(&out, kSettings, 0, 0, settings);
    PutWindow(&out, 0, kWindow - kWindowFirst);
    return out;
}

std::string RequestHeaders(const std::string& authority, const std::string& method) {
    const auto text = [](std::string_view value) {
        BLASTY_CHECK(value.size() < 127) << value;  // a longer one would need more bytes of length
        return std::string(1, static_cast<char>(value.size())) + std::string(value);
    };
    // :method POST and :scheme http are in the static table; of the others the names may be.
    return std::string("\x83\x86") + '\x04' + text(method) + '\x01' + text(authority) +
           std::string("\x0f\x10") + text("application/grpc") + '\0' + text("te") +
           text("trailers");
}

int Connect(const std::string& address) {
    const size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    BLASTY_CHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) == 1)
        << address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BLASTY_CHECK(fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0)
        << "cannot connect to " << address;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

}  // namespace

// Written by the thread that opens streams and by its reading thread, read by the latter.
class H2Readers::Connection {
  public:
    Connection(const std::string& address, const OnMessage& on_message)
        : fd(Connect(address)), on_message_(on_message) {
        Send(Preface());
    }
    ~Connection() { close(fd); }

    void Open(size_t number, const std::string& headers, std::string_view request) {
        std::string message(1, '\0'), out;
        PutBig(&message, request.size(), 4);
        message.append(request);
        MutexLock lock(mutex_);
        streams_.push_back(std::make_unique<Stream>(number));
        const auto id = static_cast<uint32_t>(2 * streams_.size() - 1);
        PutFrame(&out, kHeaders, kEndHeaders, id, headers);
        PutFrame(&out, kData, 0, id, message);
        SendLocked(out);
    }

    // What is there; false when the other side closed.
    void Receive() {
        constexpr size_t kReadBytes = 256 << 10;
        const size_t held = in_.size();
        in_.resize(held + kReadBytes);
        const ssize_t got = recv(fd, in_.data() + held, kReadBytes, 0);
        BLASTY_CHECK(got > 0) << "the server closed a connection";
        in_.resize(held + static_cast<size_t>(got));
        size_t at = 0;
        while (in_.size() - at >= kHeadBytes) {
            const size_t size = Big(&in_[at], 3);
            if (in_.size() - at < kHeadBytes + size) break;
            Take(static_cast<uint8_t>(in_[at + 3]), static_cast<uint8_t>(in_[at + 4]),
                 Big(&in_[at + 5], 4), {&in_[at + kHeadBytes], size});
            at += kHeadBytes + size;
        }
        in_.erase(0, at);
        if (!out_.empty()) Send(std::exchange(out_, {}));
    }

    const int fd;

  private:
    struct Stream {
        explicit Stream(size_t the_number) : number(the_number) {}
        const size_t number;
        std::string held;       // the beginning of a message
        uint32_t consumed = 0;  // since its window was refilled
    };

    void Take(uint8_t type, uint8_t flags, uint32_t id, std::string_view payload) {
        BLASTY_CHECK(type != kReset && type != kGoAway) << "the server ended a stream";
        if (type == kSettings && (flags & kAck) == 0) PutFrame(&out_, kSettings, kAck, 0, {});
        if (type == kPing && (flags & kAck) == 0) PutFrame(&out_, kPing, kAck, 0, payload);
        BLASTY_CHECK(type != kHeaders || (flags & kEndStream) == 0) << "the server refused a call";
        if (type != kData) return;
        BLASTY_CHECK((flags & (kPadded | kEndStream)) == 0);
        Stream* stream;
        {
            MutexLock lock(mutex_);
            stream = streams_[id / 2].get();
        }
        Refill(0, &consumed_, payload.size());
        Refill(id, &stream->consumed, payload.size());
        if (!stream->held.empty()) {
            stream->held.append(payload);
            std::string held = std::exchange(stream->held, {});
            stream->held = Messages(*stream, held);
        } else {
            stream->held = Messages(*stream, payload);
        }
    }

    // Hands out the messages; what is left.
    std::string Messages(const Stream& stream, std::string_view bytes) {
        constexpr size_t kPrefixBytes = 5;
        while (bytes.size() >= kPrefixBytes) {
            const size_t size = Big(&bytes[1], 4);
            if (bytes.size() < kPrefixBytes + size) break;
            on_message_(stream.number, bytes.substr(kPrefixBytes, size));
            bytes.remove_prefix(kPrefixBytes + size);
        }
        return std::string(bytes);
    }

    void Refill(uint32_t id, uint32_t* consumed, size_t bytes) {
        *consumed += static_cast<uint32_t>(bytes);
        if (*consumed >= kRefill) PutWindow(&out_, id, std::exchange(*consumed, 0));
    }

    void Send(const std::string& bytes) {
        MutexLock lock(mutex_);
        SendLocked(bytes);
    }
    void SendLocked(std::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        while (!bytes.empty()) {
            const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            BLASTY_CHECK(sent > 0) << "the server closed a connection";
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
    }

    const OnMessage& on_message_;
    std::string in_, out_;
    uint32_t consumed_ = 0;
    Mutex mutex_;
    std::vector<std::unique_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

H2Readers::H2Readers(const std::string& address, size_t connections, std::string method,
                     OnMessage on_message)
    : address_(address), method_(std::move(method)), on_message_(std::move(on_message)) {
    for (size_t i = 0; i < connections; ++i)
        connections_.push_back(std::make_unique<Connection>(address, on_message_));
    for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this, i] { Loop(i); });
}

H2Readers::~H2Readers() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
}

void H2Readers::Open(std::string_view request) {
    const size_t number = streams_++;
    connections_[number % connections_.size()]->Open(number, RequestHeaders(address_, method_),
                                                     request);
}

void H2Readers::Loop(size_t thread) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    BLASTY_CHECK(epoll >= 0);
    for (size_t i = thread; i < connections_.size(); i += kThreads) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = i;
        BLASTY_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, connections_[i]->fd, &wanted) == 0);
    }
    epoll_event events[64];
    while (!stopping_) {
        const int count = epoll_wait(epoll, events, 64, 50);
        for (int i = 0; i < count; ++i) connections_[events[i].data.u64]->Receive();
    }
    close(epoll);
}

}  // namespace blasty::bench
