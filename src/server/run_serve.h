// `blasty serve`: a server in the foreground, until a signal.
#pragma once

#include "base/status.h"
#include "server/config.h"

namespace blasty::server {

struct RunOptions {
    ServeOptions serve;
    bool json = false;  // one JSON object a line instead of text for people
};

// Runs on the main thread, before any other thread was started (it blocks signals for all of them).
// Prints to stdout where it listens and where data is; SIGINT or SIGTERM stop it cleanly, a second
// one ends the process at once with exit code 130.
Status RunServe(const RunOptions& options);

}  // namespace blasty::server
