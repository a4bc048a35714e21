#include "server/run_serve.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/strings.h"
#include "server/json_text.h"
#include "server/server.h"
#include "server/units.h"

namespace blasty::server {
namespace {

void Print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

// As the program was called: what is shown can be typed.
std::string_view Program() { return program_invocation_name; }

std::string Banner(Server& server, const ServeOptions& options) {
    const engine::EngineInfo info = server.engine().info();
    const std::string& address = server.address();
    const std::string flag = address == ServeOptions().grpc ? "" : " --server " + address;
    std::string out =
        StrCat("Blasty ", kVersion, " is running.\n\n  listens on  ", address, "\n  data in     ",
               server.data_directory(), "\n  holds       ", Counted(info.topics.topics, "topic"),
               ", ", Counted(info.topics.inboxes, "inbox", "inboxes"), ", ",
               FormatBytes(info.topics.log.stored_bytes), " of log\n");
    if (options.unsafe) out += "  UNSAFE      messages are acknowledged before the disk has them\n";
    if (options.insecure) out += "  INSECURE    anyone who reaches the address has full access\n";
    StrAppend(out, "\nTry it in two more terminals:\n\n  ", Program(), " sub hello", flag, "\n  ",
              Program(), " pub hello 'first message'", flag, "\n\nCtrl-C stops it.\n");
    return out;
}

void ExitAtOnce(int) { _exit(130); }

}  // namespace

Status RunServe(const RunOptions& options) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    BLASTY_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(options.serve));
    if (options.json) {
        Print(JsonObject()
                  .Add("event", "listening")
                  .Add("address", std::string_view(server->address()))
                  .Add("port", server->port())
                  .Add("data", std::string_view(server->data_directory()))
                  .Add("pid", static_cast<int64_t>(getpid()))
                  .Add("version", kVersion)
                  .Take() +
              "\n");
    } else {
        Print(Banner(*server, options.serve));
    }

    int signal = 0;
    while (sigwait(&signals, &signal) != 0) continue;
    if (!options.json) Print("\nStopping; once more to end at once.\n");
    // Threads of the server keep the signals blocked; only this one may be interrupted now.
    std::signal(SIGINT, ExitAtOnce);
    std::signal(SIGTERM, ExitAtOnce);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    server->Stop();
    Print(options.json ? JsonObject().Add("event", "stopped").Take() + "\n"
                       : std::string("Stopped. Everything acknowledged is on disk.\n"));
    return OkStatus();
}

}  // namespace blasty::server
