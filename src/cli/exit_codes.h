// Exit codes of `blasty` (docs/cli.md).
#pragma once

#include "base/status.h"

namespace blasty::cli {

enum ExitCode : int {
    kOk = 0,
    kFailure = 1,       // refused, failed, timed out
    kUsage = 2,         // the command line, a setting or an argument is wrong
    kDamage = 3,        // stored data is damaged
    kUnreachable = 4,   // no server there
    kNotFound = 5,      // topic, inbox, file or log does not exist
    kInterrupted = 130  // ended at once by a second signal
};

ExitCode ExitCodeOf(const Status& status);

}  // namespace blasty::cli
