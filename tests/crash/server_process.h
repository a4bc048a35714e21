// `blasty serve` as a child process that can be killed and started again on the same data.
#pragma once

#include <sys/types.h>

#include <string>

namespace blasty::crash {

class ServerProcess {
  public:
    // Starts nothing yet. The server's output goes to `directory`/server.log.
    ServerProcess(std::string binary, std::string directory);
    // Kills it.
    ~ServerProcess();
    // Starts the server and waits until it answers; false, with the reason on stderr, when it does
    // not within 60 s.
    bool Start();
    // SIGKILL, and waits until it is gone.
    void Kill();
    // SIGTERM; the exit code.
    int Terminate();
    std::string address() const;

  private:
    bool Answers() const;

    std::string binary_;
    std::string directory_;
    int port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace blasty::crash
