// The server of `blasty demo`: this program again, as a child process with a folder of its own.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace blasty::cli {

class DemoServer {
  public:
    // Makes a temporary folder. DEMO_FAILED (UNAVAILABLE) when that fails.
    static Result<std::string> MakeFolder();

    explicit DemoServer(std::string folder) : folder_(std::move(folder)) {}
    // Ends the child and removes the folder.
    ~DemoServer();
    DemoServer(const DemoServer&) = delete;
    DemoServer& operator=(const DemoServer&) = delete;

    // Starts the server and waits until it listens; the second time on the same port. DEMO_FAILED
    // with what the server said.
    Status Start();
    // kill -9, and waits until it is gone.
    void Kill();

    std::string address() const;
    pid_t pid() const { return pid_; }
    const std::string& folder() const { return folder_; }

  private:
    const std::string folder_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace blasty::cli
