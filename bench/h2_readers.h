// Many streams that send one request and then only read, as many clients on machines of their own
// would hold them: a bare HTTP/2 client, since gRPC's own costs about as much as the server it
// would share the cores with.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace blasty::bench {

class H2Readers {
  public:
    // A message of a stream, whole. On the thread of the stream's connection.
    using OnMessage = std::function<void(size_t stream, std::string_view message)>;

    // `method` is "/package.Service/Method"; the streams are spread over `connections`. Ends the
    // program when something is not as it should be.
    H2Readers(const std::string& address, size_t connections, std::string method,
              OnMessage on_message);
    ~H2Readers();
    H2Readers(const H2Readers&) = delete;
    H2Readers& operator=(const H2Readers&) = delete;

    // From one thread. Streams are numbered from 0.
    void Open(std::string_view request);

  private:
    class Connection;
    void Loop(size_t thread);

    const std::string address_, method_;
    const OnMessage on_message_;
    std::atomic<bool> stopping_{false};
    std::vector<std::unique_ptr<Connection>> connections_;
    size_t streams_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace blasty::bench
