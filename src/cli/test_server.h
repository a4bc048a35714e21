// For tests: a real server in this process, with a folder of its own, and a client of it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "client/client.h"
#include "server/server.h"

namespace blasty::cli {

constexpr int64_t kLongUs = 30'000'000;

class ServerFixture : public testing::Test {
  protected:
    ServerFixture() {
        char folder[] = "/tmp/blasty-server-test-XXXXXX";
        folder_ = mkdtemp(folder);
        options_.data = folder_ + "/data";
        options_.grpc = "127.0.0.1:0";
        options_.log_segment_bytes = 1 << 20;
    }
    ~ServerFixture() override {
        client_.reset();
        server_.reset();
        std::filesystem::remove_all(folder_);
    }
    // On the address of the one before, when there was one. The client stays.
    void Start() {
        auto server = server::Server::Start(options_);
        ASSERT_TRUE(server.ok()) << server.status();
        server_ = *std::move(server);
        options_.grpc = server_->address();
        if (client_) return;
        client_ =
            std::make_unique<client::Client>(client::ClientOptions{.server = server_->address()});
    }
    void Stop() {
        server_->Stop();
        server_.reset();
    }
    void Restart() {
        Stop();
        Start();
    }

    std::string folder_;
    server::ServeOptions options_;
    std::unique_ptr<server::Server> server_;
    std::unique_ptr<client::Client> client_;
};

}  // namespace blasty::cli
