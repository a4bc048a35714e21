// A connection to a Blasty server. Publishers, consumers and administration are made from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace blasty::client {

namespace internal {
struct Core;
}

struct ClientOptions {
    std::string server = "127.0.0.1:6868";
    // How long a call of Admin may take.
    int64_t call_timeout_us = 30'000'000;
    // The largest answer accepted; larger than the server's largest message.
    int receive_bytes_max = 160 << 20;
};

// Thread-safe. Connects when first used. What was made from it may outlive it.
//
// Errors of everything made from it are the server's, with its reason words, and in addition
// SERVER_UNREACHABLE (UNAVAILABLE) and DEADLINE_EXCEEDED.
class Client {
  public:
    explicit Client(const ClientOptions& options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    const std::string& server() const;
    const std::shared_ptr<internal::Core>& core() const { return core_; }

  private:
    std::shared_ptr<internal::Core> core_;
};

}  // namespace blasty::client
